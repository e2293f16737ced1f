import fs from 'node:fs';
import path from 'node:path';
import { folderOf } from '../base/bundled';

/** The folder of this file; where it is part of a bundle, that of the bundle. */
export const here = folderOf(() => __dirname);

/** The folder of the package gdws, if this file is not part of a bundle. */
export const packageFolder = path.join(here, '..', '..');

/** What is known of gdws itself; undefined where it is part of a bundle. */
export function ownManifest(): Manifest | undefined {
  const manifest = manifestIn(packageFolder);
  return manifest?.name === 'gdws' ? manifest : undefined;
}

export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  /** In a checkout. */
  readonly private?: boolean;
}

/** The package.json of a folder; undefined where there is none. */
export function manifestIn(folder: string): Manifest | undefined {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}
