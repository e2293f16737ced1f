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
