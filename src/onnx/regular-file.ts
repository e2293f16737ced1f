import fs from 'node:fs';

/** Why a file is not read. */
export class Refusal extends Error {}

/** Opening never waits for the writer of a pipe; Windows has no such flag, and no pipes among files. */
const flags = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

/**
 * Opens a file to read it. What is no regular file is refused before it is opened, because opening a device may do
 * something, and again after, because it may have been swapped between.
 *
 * @throws Refusal, and what the system says
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

/** Is given memory that a file is about to be read to, and was not touched yet. */
export type BeforeReading = (memory: Uint8Array) => void;

/**
 * The bytes of an open file, which is closed whatever happens.
 *
 * @param check is told how many bytes there are before they are read
 * @throws Refusal where the file becomes shorter, RangeError where there is no room, and what `check` throws
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
