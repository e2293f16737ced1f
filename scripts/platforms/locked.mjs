// Packages that are no dependencies of this one, at versions that a folder beside this file locks.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const lock = 'package-lock.json';

/**
 * Installs what the folder `name` locks to build/<name>, unless it is there already, and returns the path of its node_modules. Packages of
 * other platforms are installed, too; none of their scripts run.
 */
export function installLocked(name) {
  const locked = path.join(import.meta.dirname, name);
  const folder = path.join(import.meta.dirname, '../../build', name);
  // npm writes it at the end.
  const installed = path.join(folder, 'node_modules/.package-lock.json');
  const isCurrent =
    existsSync(installed) && readFileSync(path.join(folder, lock)).equals(readFileSync(path.join(locked, lock)));
  if (!isCurrent) {
    mkdirSync(folder, { recursive: true });
    for (const file of ['package.json', lock]) copyFileSync(path.join(locked, file), path.join(folder, file));
    const words = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--force'];
    const { status } = spawnSync('npm', words, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error(`npm ${words.join(' ')} in ${folder} ended with ${status}`);
  }
  return path.join(folder, 'node_modules');
}
