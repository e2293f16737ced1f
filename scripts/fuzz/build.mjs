// How the programs of the fuzzer are built, by Clang.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Runs a command in the terminal's sight, and gives its status. */
export function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env });
  if (error) throw error;
  return status;
}

export function mustRun(command, args, env) {
  const status = run(command, args, env);
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
}

/** Clang's C++ compiler, and what is appended to the names of LLVM's tools of the same version. */
export function findClang() {
  const found = ['clang++', 'clang++-14'].find((name) => spawnSync(name, ['--version']).status === 0);
  if (!found) throw new Error('The fuzzer is built by Clang, which is not installed (Debian: clang, libomp-dev).');
  return { compiler: found, suffix: found.replace('clang++', '') };
}

/** Builds a target of CMakeLists.txt in `folder`, and gives the path of the program. */
export function build(folder, target, options) {
  if (!existsSync(path.join(folder, 'CMakeCache.txt'))) {
    const compiler = `-DCMAKE_CXX_COMPILER=${findClang().compiler}`;
    mustRun('cmake', ['-S', '.', '-B', folder, compiler, '-DGDWS_TESTS=ON', ...options]);
  }
  mustRun('cmake', ['--build', folder, '--parallel', '2', '--target', target]);
  return path.join(folder, target);
}
