import { createRequire } from 'node:module';
import { GdwsError } from '../base/errors';
import { libcOfProcess } from './libc';
import { buildCommand } from './remedies';

/**
 * Loads an addon.
 *
 * @param file its absolute path
 * @returns what it exports
 * @throws GdwsError ADDON_MISSING
 */
export function loadAddon(file: string): unknown {
  try {
    // Not by this file's own `require`: bundlers would look for the addon themselves, and in ES modules there is none.
    return withBriefSpinning(() => createRequire(file)(entryOf(file)) as unknown);
  } catch (cause) {
    const { message } = cause as Error;
    const needed = glibcNeeded(message);
    if (needed) {
      const found = libcOfProcess()?.version;
      throw new GdwsError(
        'ADDON_MISSING',
        `the addon needs glibc ${needed} or newer, and this system has ${found ? `glibc ${found}` : 'another'}: ${message}.`,
        {
          file,
          remedy: `Run it on a newer system, or build the addon on this one (needs CMake and GCC or Clang for C++20): ${buildCommand}`,
          cause,
        },
      );
    }
    throw new GdwsError('ADDON_MISSING', `the addon cannot be loaded: ${message}.`, {
      file,
      remedy: `Build it on this machine (needs CMake and GCC or Clang for C++20): ${buildCommand}`,
      cause,
    });
  }
}

/** What Node loads for an addon: WebAssembly has a module beside it, which gives it Node-API. */
function entryOf(file: string): string {
  return file.endsWith('.wasm') ? file.replace(/\.wasm$/, '.cjs') : file;
}

/** The version of glibc whose absence is why a library was not loaded; undefined where that is not why. */
function glibcNeeded(message: string): string | undefined {
  return /version [`'"]GLIBC_([\d.]+)['"`]? not found/.exec(message)?.[1];
}

/**
 * Loads the addon so that OpenMP's waiting threads sleep soon. GCC's runtime lets them spin for about 15 ms, which takes
 * processors from the JavaScript thread and from the threads that are waited for; five thousand turns (about 200 µs) are
 * enough between two operations, and between two runs of a loop. The runtime reads its environment only when it is loaded;
 * variables of the user take precedence.
 */
function withBriefSpinning<T>(load: () => T): T {
  const { env } = process;
  if (env.GOMP_SPINCOUNT !== undefined || env.OMP_WAIT_POLICY !== undefined) return load();
  env.GOMP_SPINCOUNT = '5000';
  try {
    return load();
  } finally {
    delete env.GOMP_SPINCOUNT;
  }
}
