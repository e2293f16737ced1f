// Builds the addon to build/Release/gdws.node: by cmake-js where CMake is installed, else by node-gyp.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function hasCMake() {
  return spawnSync('cmake', ['--version'], { stdio: 'ignore' }).status === 0;
}

const wanted = process.argv[2] ?? (hasCMake() ? 'cmake' : 'gyp');
if (wanted === 'cmake') {
  run('npx', ['--no-install', 'cmake-js', 'compile', '--out', 'build', ...process.argv.slice(3)]);
} else {
  // A Node installation usually carries its own headers, which saves node-gyp from downloading them.
  const prefix = path.dirname(path.dirname(process.execPath));
  const nodedir = existsSync(path.join(prefix, 'include/node/node_api.h')) ? ['--nodedir', prefix] : [];
  run('npx', ['--no-install', 'node-gyp', 'configure', 'build', '--jobs', 'max', ...nodedir, ...process.argv.slice(3)]);
}
