import fs from 'node:fs/promises';
import path from 'node:path';
import { GdwsError, type ErrorDetails } from '../base/errors';
import { openRegular, readAndClose, Refusal, type BeforeReading } from './regular-file';

/** A file that a model names. */
interface NamedFile {
  readonly folder: string;
  /** Relative to the folder; must not leave it. */
  readonly location: string;
  /** Where it is named, for errors. */
  readonly at: ErrorDetails;
  /** Called with the number of bytes before they are read. */
  readonly check: (bytes: number) => void;
  readonly beforeReading?: BeforeReading;
}

/**
 * The bytes of a file that a model names.
 * @throws GdwsError EXTERNAL_DATA, and what `check` throws
 */
export async function readWithin({ folder, location, at, check, beforeReading }: NamedFile): Promise<Uint8Array> {
  try {
    return await readAndClose(await openWithin(folder, location), check, beforeReading);
  } catch (cause) {
    if (cause instanceof GdwsError) throw cause;
    if (cause instanceof RangeError)
      throw new GdwsError('OUT_OF_MEMORY', `there is no room for '${location}'.`, { ...at, cause });
    const why = (cause as Error).message;
    const remedy = 'Put the data in the folder of the model.';
    throw new GdwsError('EXTERNAL_DATA', `'${location}' cannot be read: ${why}.`, { ...at, remedy, cause });
  }
}

async function openWithin(folder: string, location: string): Promise<fs.FileHandle> {
  const target = await resolveWithin(folder, location);
  const handle = await openRegular(target);
  try {
    // The opened file must be the resolved one: links may have been changed in between.
    const [opened, there] = [await handle.stat({ bigint: true }), await fs.stat(target, { bigint: true })];
    const isSame = opened.dev === there.dev && opened.ino === there.ino;
    if (!isSame || (await resolveWithin(folder, location)) !== target)
      throw new Refusal('it was swapped while it was opened');
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function resolveWithin(folder: string, location: string): Promise<string> {
  if (path.isAbsolute(location) || path.win32.isAbsolute(location) || location.includes('\0')) {
    throw new Refusal('it is not a path relative to the model');
  }
  // Before any access, so that a model cannot probe the existence of other files.
  if (leavesFolder(path.normalize(location))) throw new Refusal('it lies outside the folder of the model');
  // A second comparison after links are resolved.
  const root = await fs.realpath(folder);
  const target = await fs.realpath(path.join(root, location));
  if (leavesFolder(path.relative(root, target)))
    throw new Refusal('it is a link that leads out of the folder of the model');
  return target;
}

function leavesFolder(relative: string): boolean {
  return relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
}
