// How each platform's addon is compiled. The names are those of the platforms' packages.

/** `zigTarget` is the compiler's -target, with the oldest C library that the addon runs on; `system` is CMake's name. */
export const toolchains = [
  { name: 'linux-x64', zigTarget: 'x86_64-linux-gnu.2.28', system: 'Linux' },
  { name: 'linux-arm64', zigTarget: 'aarch64-linux-gnu.2.28', system: 'Linux' },
  { name: 'linuxmusl-x64', zigTarget: 'x86_64-linux-musl', system: 'Linux' },
  { name: 'linuxmusl-arm64', zigTarget: 'aarch64-linux-musl', system: 'Linux' },
  { name: 'win32-x64', zigTarget: 'x86_64-windows-gnu', system: 'Windows' },
  { name: 'win32-arm64', zigTarget: 'aarch64-windows-gnu', system: 'Windows' },
  { name: 'darwin-arm64', zigTarget: 'aarch64-macos.11.0', system: 'Darwin' },
  { name: 'darwin-x64', zigTarget: 'x86_64-macos.11.0', system: 'Darwin' },
];
