import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

/** Programs that run Node of other platforms, as scripts/platforms/node.mjs knows them. */
const emulators: Readonly<Record<string, readonly string[]>> = {
  'linux-arm64': ['/usr/bin/qemu-aarch64'],
  'linuxmusl-x64': ['/lib/ld-musl-x86_64.so.1'],
  'win32-x64': ['/usr/bin/wine', '/usr/bin/wine64'],
};

/** The folder of an addon that `npm run build:platforms` made, whether it is there or not. */
export const builtFolder = (name: string) => path.join(root, 'build/platforms', name);

/** Platforms that are emulated here, and whose addon is built. The others are named on stderr. */
export function emulatedPlatforms(what: string): string[] {
  return Object.entries(emulators).flatMap(([name, programs]) => {
    const isThere = fs.existsSync(path.join(builtFolder(name), 'gdws.node'));
    if (isThere && programs.some((file) => fs.existsSync(file))) return [name];
    console.warn(`Skipped, since it is not built or not emulated: ${name}, ${what}.`);
    return [];
  });
}
