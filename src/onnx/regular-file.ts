import fs from 'node:fs';

/** Why a file is not read. */
export class Refusal extends Error {}

/** Opening a pipe must not wait for its writer; Windows has neither the flag nor pipes in folders. */
const flags = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

/**
 * Opens a file to read it. Other than regular files are refused before opening, because opening a device may have side effects,
 * and again after, because the file may have been replaced in between.
 *
 * @throws Refusal, and errors of the system
 */
export function openRegularSync(file: string): number {
  requireRegular(fs.statSync(file));
  const descriptor = fs.openSync(file, flags);
  try {
    requireRegular(fs.fstatSync(descriptor));
    return descriptor;
  } catch (error) {
    fs.closeSync(descriptor);
    throw error;
  }
}

/** As {@link openRegularSync}. */
export async function openRegular(file: string): Promise<fs.promises.FileHandle> {
  requireRegular(await fs.promises.stat(file));
  const handle = await fs.promises.open(file, flags);
  try {
    requireRegular(await handle.stat());
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function requireRegular(stats: fs.Stats): void {
  if (!stats.isFile()) throw new Refusal('it is no regular file');
}

/** Node reads at most 2 GiB at once. */
export const chunkBytes = 2 ** 30;

/** Called with untouched memory before a file is read to it. */
export type BeforeReading = (memory: Uint8Array) => void;

/**
 * The bytes of an open file, which is closed in any case.
 *
 * @param check called with the number of bytes before they are read
 * @throws Refusal where the file becomes shorter, RangeError where there is no memory, and errors of `check`
 */
export async function readAndClose(
  handle: fs.promises.FileHandle,
  check: (bytes: number) => void,
  beforeReading: BeforeReading = () => undefined,
): Promise<Uint8Array> {
  try {
    const { size } = await handle.stat();
    check(size);
    const bytes = new Uint8Array(size);
    beforeReading(bytes);
    for (let read = 0; read < size;) {
      const { bytesRead } = await handle.read(bytes, read, Math.min(chunkBytes, size - read), read);
      if (bytesRead === 0) throw new Refusal('it became shorter while it was read');
      read += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
