import fs from 'node:fs/promises';
import { GdwsError } from '../base/errors';

/**
 * The bytes of a data file.
 *
 * @throws GdwsError DATA_UNREADABLE
 */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await fs.readFile(file);
  } catch (cause) {
    throw new GdwsError('DATA_UNREADABLE', `the file cannot be read: ${(cause as Error).message}.`, { file, cause });
  }
}

/** Larger than any list of labels; and far below the longest string. */
const mostText = 2 ** 26;

/**
 * The text of a data file.
 *
 * @throws GdwsError DATA_UNREADABLE
 */
export async function readText(file: string): Promise<string> {
  const bytes = await readBytes(file);
  if (bytes.length > mostText) {
    throw new GdwsError('DATA_UNREADABLE', `the file has ${bytes.length} bytes; a list has ${mostText} at most.`, {
      file,
    });
  }
  return Buffer.from(bytes).toString('utf8');
}
