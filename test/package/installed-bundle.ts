import fs from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { root } from './npm';

/**
 * Puts gdws, as it is in `src`, into the node_modules of a folder, with the addon of the checkout, and links these packages or scopes of
 * the checkout beside it.
 */
export function installBundle(folder: string, packages: readonly string[]): void {
  const modules = path.join(folder, 'node_modules');
  const installed = path.join(modules, 'gdws');
  buildSync({
    entryPoints: [path.join(root, 'src/index.ts')],
    outfile: path.join(installed, 'index.js'),
    bundle: true,
    platform: 'node',
  });
  fs.symlinkSync(path.join(root, 'build', 'Release', 'gdws.node'), path.join(installed, 'gdws.node'));
  for (const name of packages) fs.symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name));
}
