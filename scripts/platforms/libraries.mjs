// What a package of an addon is made from besides gdws itself, and the licences that ask to be carried with it.

const own = 'scripts/platforms/licences';

/**
 * `isIn(addon, target)` looks at the bytes of the addon, since a platform can be built by several compilers. `licence` is an SPDX
 * expression, `files` are relative to the repository. libstdc++ and libgcc are left out: GCC's Runtime Library Exception asks
 * nothing where they are linked statically.
 */
const libraries = [
  {
    name: 'Eigen',
    licence: 'MPL-2.0 AND Apache-2.0',
    source:
      'https://eigen.tuxfamily.org, version 3.4.0; the headers are in native/third_party/Eigen of the package gdws',
    files: ['native/third_party/Eigen/COPYING.MPL2', 'native/third_party/Eigen/COPYING.APACHE'],
    isIn: () => true,
  },
  {
    name: 'node-addon-api',
    licence: 'MIT',
    source: 'https://github.com/nodejs/node-addon-api',
    files: [`${own}/node-addon-api.txt`],
    isIn: () => true,
  },
  {
    name: 'libgomp',
    licence: 'GPL-3.0-or-later WITH GCC-exception-3.1',
    source:
      'https://gcc.gnu.org/git/gcc.git, folder libgomp; libgomp.so.1 is an unchanged copy, of the compiler that made the addon',
    files: ['native/third_party/libgomp/COPYING3', 'native/third_party/libgomp/COPYING.RUNTIME'],
    isIn: (addon) => addon.includes('libgomp.so.1'),
    companion: 'libgomp.so.1',
  },
  {
    // The names of types in namespace std::__1, which is libc++'s.
    name: 'LLVM (libc++, libc++abi, libunwind)',
    licence: 'Apache-2.0 WITH LLVM-exception',
    source: 'https://github.com/llvm/llvm-project',
    files: [`${own}/LLVM.txt`],
    isIn: (addon) => addon.includes('St3__1'),
  },
  {
    name: 'Zig (compiler-rt)',
    licence: 'MIT',
    source: 'https://ziglang.org',
    files: [`${own}/Zig.txt`],
    isIn: (addon) => addon.includes('St3__1'),
  },
  {
    name: 'emnapi',
    licence: 'MIT',
    source: 'https://github.com/toyobayashi/emnapi',
    files: [`${own}/emnapi.txt`],
    isIn: (addon, target) => target.name === 'wasm32',
  },
  {
    name: 'wasi-libc',
    licence: 'MIT AND BSD-2-Clause',
    source: 'https://github.com/WebAssembly/wasi-libc',
    files: [`${own}/wasi-libc.txt`],
    isIn: (addon, target) => target.name === 'wasm32',
  },
  {
    // This and the next are in browser.mjs.
    name: '@bufbuild/protobuf',
    licence: 'Apache-2.0 AND BSD-3-Clause',
    source: 'https://github.com/bufbuild/protobuf-es',
    files: ['native/third_party/Eigen/COPYING.APACHE', `${own}/protobuf-es.txt`],
    isIn: (addon, target) => target.name === 'wasm32',
  },
  {
    name: 'onnxruntime-common',
    licence: 'MIT',
    source: 'https://github.com/microsoft/onnxruntime, folder js/common',
    files: [`${own}/onnxruntime-common.txt`],
    isIn: (addon, target) => target.name === 'wasm32',
  },
  {
    name: 'mingw-w64',
    licence: 'ZPL-2.1',
    source: 'https://www.mingw-w64.org',
    files: [`${own}/mingw-w64.txt`],
    isIn: (addon, target) => target.os === 'win32',
  },
];

/** The libraries in an addon, given its bytes. */
export function librariesIn(addon, target) {
  return libraries.filter(({ isIn }) => isIn(addon, target));
}
