import fs from 'node:fs/promises';
import path from 'node:path';
import { GdwsError, type ErrorDetails } from '../errors';

/** Node reads at most 2 GiB at once. */
const chunkBytes = 2 ** 30;

/**
 * The bytes of a file that a model names.
 *
 * @param location relative to the folder, which it may not lead out of
 * @throws GdwsError EXTERNAL_DATA
 */
export async function readWithin(folder: string, location: string, at: ErrorDetails): Promise<Uint8Array> {
  try {
    return await readRegularFile(await resolveWithin(folder, location));
  } catch (cause) {
    const summary = cause instanceof Refusal ? cause.message : `cannot be read: ${(cause as Error).message}`;
    const remedy = 'Put the data in the folder of the model.';
    throw new GdwsError('EXTERNAL_DATA', `'${location}' ${summary}.`, { ...at, remedy, cause });
  }
}

class Refusal extends Error {}

async function resolveWithin(folder: string, location: string): Promise<string> {
  if (path.isAbsolute(location) || path.win32.isAbsolute(location) || location.includes('\0')) {
    throw new Refusal('is not a path relative to the model');
  }
  // Before anything is looked up, so that not even the existence of files elsewhere can be probed.
  if (leavesFolder(path.normalize(location))) throw new Refusal('lies outside the folder of the model');
  // Links are resolved before the second comparison, so that none leads out.
  const root = await fs.realpath(folder);
  const target = await fs.realpath(path.join(root, location));
  if (leavesFolder(path.relative(root, target)))
    throw new Refusal('is a link that leads out of the folder of the model');
  return target;
}

function leavesFolder(relative: string): boolean {
  return relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
}

async function readRegularFile(file: string): Promise<Uint8Array> {
  // Opening a pipe would wait for a writer that may never come.
  if (!(await fs.stat(file)).isFile()) throw new Refusal('is no regular file');
  const handle = await fs.open(file, 'r');
  try {
    const bytes = new Uint8Array((await handle.stat()).size);
    let read = 0;
    while (read < bytes.length) {
      const { bytesRead } = await handle.read(bytes, read, Math.min(chunkBytes, bytes.length - read), read);
      if (bytesRead === 0) throw new Refusal('became shorter while it was read');
      read += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
