import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
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
 * As {@link writeWhole}, synchronously, for a file that is no link.
 *
 * @throws GdwsError OUTPUT_UNWRITABLE
 */
export function writeWholeSync(file: string, text: string): void {
  const beside = besideOf(file);
  try {
    writeFileSync(beside, text, { flag: 'wx' });
    renameSync(beside, file);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw unwritable(file, cause as Error);
  }
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
      const beside = besideOf(target);
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
    throw unwritable(current, cause as Error);
  }
}

function besideOf(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}.tmp`);
}

function unwritable(file: string, cause: Error): GdwsError {
  return new GdwsError('OUTPUT_UNWRITABLE', `the file cannot be written: ${cause.message}.`, {
    file,
    remedy: 'Does the folder exist, and may you write there?',
    cause,
  });
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
