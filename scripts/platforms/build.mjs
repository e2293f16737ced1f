// Builds the addon for other platforms, on Linux for x86-64, to build/platforms/<name>/gdws.node, or gdws.wasm and what loads it:
//   npm run build:platforms [-- --targets linux-x64,win32-x64] [--jobs 2]
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { published, webAssembly } from './targets.mjs';
import { bundleWasm } from './wasm.mjs';
import { installZig, zigEnvironment } from './zig.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const builds = path.join(root, 'build/platforms');

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}

function build(zig, { name, zigTarget, system, vectorCompiler }, jobs) {
  const folder = path.join(builds, name);
  const definitions = {
    CMAKE_TOOLCHAIN_FILE: path.join(root, 'cmake/zig.cmake'),
    CMAKE_BUILD_TYPE: 'Release',
    GDWS_OPENMP: 'OFF',
    GDWS_ZIG: zig,
    GDWS_ZIG_TARGET: zigTarget,
    GDWS_SYSTEM: system,
    GDWS_VECTOR_COMPILER: vectorCompiler ?? '',
    // Zig has a cache of its own, and ccache does not know its command.
    CCACHE: '',
  };
  const options = Object.entries(definitions).map(([key, value]) => `-D${key}=${value}`);
  run('cmake', ['-S', root, '-B', folder, ...options], { env: zigEnvironment });
  run('cmake', ['--build', folder, '--target', 'gdws', '--parallel', jobs], { env: zigEnvironment });
}

const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: published.map(({ name }) => name).join(',') },
    jobs: { type: 'string', default: String(os.availableParallelism()) },
  },
});
if (process.platform !== 'linux' || process.arch !== 'x64') {
  throw new Error('The compiler that is installed for this runs on Linux for x86-64.');
}
const wanted = values.targets.split(',').map((name) => {
  const found = published.find((target) => target.name === name);
  if (!found) throw new Error(`No target ${name}. There are: ${published.map((one) => one.name).join(', ')}`);
  return found;
});
const zig = installZig();
for (const target of wanted) {
  build(zig, target, values.jobs);
  if (target === webAssembly) bundleWasm(path.join(builds, target.name));
}
