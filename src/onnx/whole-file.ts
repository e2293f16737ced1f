import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { GdwsError } from '../base/errors';

/** A file to write, in consecutive parts. */
export interface FileParts {
  readonly file: string;
  readonly parts: readonly (Uint8Array | string)[];
}

/** Writes a file atomically: to a temporary file beside its place, which is then renamed. On failure nothing is left. */
export async function writeWhole(file: string, bytes: Uint8Array | string): Promise<void> {
  await writeTogether([{ file, parts: [bytes] }]);
}

/**
 * Writes files that belong together: all of them to temporary files beside their places, which are then renamed in order. On
 * failure no new file is left.
 *
 * @throws GdwsError OUTPUT_UNWRITABLE
 */
export async function writeTogether(files: readonly FileParts[]): Promise<void> {
  const written: { beside: string; target: string; isNew: boolean }[] = [];
  const moved: string[] = [];
  let current = '';
  try {
    for (const { file, parts } of files) {
      current = file;
      const { target, isNew } = await targetOf(file);
      const beside = path.join(path.dirname(target), `.${path.basename(target)}.${randomUUID()}.tmp`);
      written.push({ beside, target, isNew });
      await writeNew(beside, parts);
    }
    for (const { beside, target, isNew } of written) {
      current = target;
      await fs.rename(beside, target);
      if (isNew) moved.push(target);
    }
  } catch (cause) {
    for (const left of [...moved, ...written.map(({ beside }) => beside)]) {
      await fs.rm(left, { force: true }).catch(() => undefined);
    }
    throw new GdwsError('OUTPUT_UNWRITABLE', `the file cannot be written: ${(cause as Error).message}.`, {
      file: current,
      remedy: 'Does the folder exist, and may you write there?',
      cause,
    });
  }
}

/** The path to be written: that of the target where it is a link. Refuses an existing folder or device. */
async function targetOf(file: string): Promise<{ target: string; isNew: boolean }> {
  const target = await fs.realpath(file).catch(() => file);
  const found = await fs.stat(target).catch(() => undefined);
  if (found && !found.isFile()) throw new Error('there is something at this place that is no regular file');
  return { target, isNew: !found };
}

async function writeNew(file: string, parts: FileParts['parts']): Promise<void> {
  const handle = await fs.open(file, 'wx');
  try {
    for (const part of parts) await handle.writeFile(part);
  } finally {
    await handle.close();
  }
}
