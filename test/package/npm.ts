import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

export const root = path.join(__dirname, '../..');

export interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Runs a program in a folder; its output, or an error with what it said. */
export function run(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): string {
  return execFileSync(program, args, {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, NODE_PATH: '', ...env },
  });
}

/** The bytes of all files in a folder. */
export function sizeOf(where: string): number {
  const files = fs.readdirSync(where, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return files.reduce((sum, file) => sum + fs.statSync(path.join(file.parentPath, file.name)).size, 0);
}

/** What users may have set for themselves, and what would spoil the tests were it to count. */
const userSettings = {
  npm_config_ignore_scripts: 'true',
  npm_config_foreground_scripts: 'true',
  npm_config_dry_run: 'true',
  npm_config_json: 'false',
  npm_config_omit: 'optional',
  npm_config_bin_links: 'false',
  npm_config_install_strategy: 'linked',
  npm_config_global: 'true',
  npm_config_loglevel: 'silly',
};

/**
 * Runs npm; only what concerns the network is the user's to say. What the scripts of the package print is kept apart,
 * so that stdout is npm's.
 */
export function npm(args: readonly string[], cwd: string): string {
  const settings = ['--dry-run=false', '--foreground-scripts=false', '--bin-links', '--install-strategy=hoisted'];
  const output = ['--json', '--global=false', '--no-audit', '--no-fund', '--loglevel=error'];
  return run('npm', [...args, ...settings, ...output], cwd, userSettings);
}

/**
 * Packs gdws and the addons of some targets into a folder, as they are published; by default that of this machine. With `addons`, a
 * folder of others, all targets. The tarball of gdws is the last.
 */
export function pack(
  folder: string,
  { targets = ['this'], addons }: { readonly targets?: readonly string[]; readonly addons?: string } = {},
): Packed[] {
  const chosen = addons === undefined ? ['--targets', targets.join(',')] : ['--addons', addons];
  const script = path.join(root, 'scripts/platforms/pack.mjs');
  return JSON.parse(
    run(process.execPath, [script, ...chosen, '--out', folder, '--json'], root, userSettings),
  ) as Packed[];
}
