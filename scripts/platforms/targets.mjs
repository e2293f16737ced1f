// The platforms that a package @gdws/<name> is published for. src/addon/platform-packages.ts has the same names.

/**
 * `os`, `cpu` and `libc` are npm's: https://docs.npmjs.com/cli/configuring-npm/package-json#os. `zigTarget` is the -target of Zig's
 * compiler, with the oldest C library or system that the addon runs on; `system` is CMake's name. `vectorCompiler` compiles the vector
 * units, where it is not Zig's.
 */
export const targets = [
  {
    name: 'linux-x64',
    os: 'linux',
    cpu: 'x64',
    libc: 'glibc',
    title: 'Linux on x86-64, with glibc',
    zigTarget: 'x86_64-linux-gnu.2.28',
    vectorCompiler: 'g++',
    system: 'Linux',
  },
  {
    name: 'linux-arm64',
    os: 'linux',
    cpu: 'arm64',
    libc: 'glibc',
    title: 'Linux on ARM64, with glibc',
    zigTarget: 'aarch64-linux-gnu.2.28',
    vectorCompiler: 'aarch64-linux-gnu-g++',
    system: 'Linux',
  },
  {
    name: 'linuxmusl-x64',
    os: 'linux',
    cpu: 'x64',
    libc: 'musl',
    title: 'Linux on x86-64, with musl',
    zigTarget: 'x86_64-linux-musl',
    vectorCompiler: 'g++',
    system: 'Linux',
  },
  {
    name: 'linuxmusl-arm64',
    os: 'linux',
    cpu: 'arm64',
    libc: 'musl',
    title: 'Linux on ARM64, with musl',
    zigTarget: 'aarch64-linux-musl',
    vectorCompiler: 'aarch64-linux-gnu-g++',
    system: 'Linux',
  },
  {
    name: 'win32-x64',
    os: 'win32',
    cpu: 'x64',
    title: 'Windows on x86-64',
    zigTarget: 'x86_64-windows-gnu',
    system: 'Windows',
  },
  {
    name: 'win32-arm64',
    os: 'win32',
    cpu: 'arm64',
    title: 'Windows on ARM64',
    zigTarget: 'aarch64-windows-gnu',
    system: 'Windows',
  },
  {
    name: 'darwin-arm64',
    os: 'darwin',
    cpu: 'arm64',
    title: 'macOS on ARM64',
    zigTarget: 'aarch64-macos.11.0',
    system: 'Darwin',
  },
  {
    name: 'darwin-x64',
    os: 'darwin',
    cpu: 'x64',
    title: 'macOS on x86-64',
    zigTarget: 'x86_64-macos.11.0',
    system: 'Darwin',
  },
];

/** For browsers, and for what none of the targets fits: emnapi's, which is Node-API in JavaScript. Installed by who wants it. */
export const webAssembly = {
  name: 'wasm32',
  title: 'WebAssembly (SIMD128, one thread)',
  zigTarget: 'wasm32-wasi',
  system: 'Generic',
};

/** All that a package is published of. */
export const published = [...targets, webAssembly];

/** The one of that name; throws where there is none. */
export function publishedOf(name) {
  const target = published.find((one) => one.name === name);
  if (!target)
    throw new Error(`There is no target ${name}; there are ${published.map(({ name }) => name).join(', ')}.`);
  return target;
}

/** The file that is the addon of a target. */
export function addonFile(target) {
  return target === webAssembly ? 'gdws.wasm' : 'gdws.node';
}

/** The target that this machine is, by the C library of Node; undefined where there is none. */
export function targetOfMachine() {
  const libc = process.platform === 'linux' ? libcOfNode() : undefined;
  return targets.find(({ os, cpu, ...one }) => os === process.platform && cpu === process.arch && one.libc === libc);
}

function libcOfNode() {
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
}
