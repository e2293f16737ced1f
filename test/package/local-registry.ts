import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { npm, pack, root, type Packed } from './npm';

/** A registry of packages on this machine. */
export interface LocalRegistry {
  /** Of gdws, last, and of its addons, whose files are in folders of the registry's: `<folder>/gdws`, `<folder>/linux-x64`. */
  readonly packed: readonly Packed[];
  /**
   * Installs from it in a folder that has a package.json, with scripts blocked.
   *
   * @param options of npm; by default `--include=optional`: the addon is, all else that is optional is not there
   */
  install(where: string, options?: readonly string[]): void;
  stop(): void;
}

/**
 * Serves gdws, its addons and what it needs.
 *
 * @param folder to write to; it is made
 * @param targets whose addons are served; by default this machine's
 * @param others folders of further packages
 */
export async function startRegistry(
  folder: string,
  { targets, others = [] }: { readonly targets?: readonly string[]; readonly others?: readonly string[] } = {},
): Promise<LocalRegistry> {
  fs.mkdirSync(folder, { recursive: true });
  const packed = pack(folder, { targets });
  const own = packed.map(({ name, filename }) => {
    return { tarball: filename, manifest: manifestOf(path.join(folder, path.basename(name))) };
  });
  const needed = ['onnxruntime-common', '@bufbuild/protobuf'].map((name) => path.join(root, 'node_modules', name));
  const given = [...needed, ...others].map((source) => {
    const json = npm(['pack', source, '--ignore-scripts', '--pack-destination', folder], folder);
    return { manifest: manifestOf(source), tarball: (JSON.parse(json) as [{ filename: string }])[0].filename };
  });
  fs.writeFileSync(path.join(folder, 'packages.json'), JSON.stringify([...own, ...given]));
  const server = spawn(process.execPath, [path.join(__dirname, 'registry.mjs'), folder]);
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const settings = ['--registry', line.toString().trim(), '--cache', path.join(folder, 'cache')];
  return {
    packed,
    install: (where, options = ['--include=optional']) =>
      void npm(['install', '--ignore-scripts', ...settings, ...options], where),
    stop: () => void server.kill(),
  };
}

function manifestOf(folder: string): unknown {
  return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
}
