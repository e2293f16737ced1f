// Compiles the addon of a target by CMake and Zig.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

function run(command, args, env) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}

/**
 * Configures a build of the sources in `root` to `folder`.
 *
 * @param {{ zig: string, env: NodeJS.ProcessEnv }} compiler
 */
export function configure({ zigTarget, system, vectorCompiler }, root, folder, { zig, env }) {
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
  run('cmake', ['-S', root, '-B', folder, ...options], env);
}

/** Builds the addon in a folder that was configured. */
export function compile(folder, jobs, { env }) {
  run('cmake', ['--build', folder, '--target', 'gdws', '--parallel', String(jobs)], env);
}
