import fs from 'node:fs/promises';
import path from 'node:path';
import { GdwsError } from '../errors';

/**
 * Checks where a result is to go before work is spent on it: the folder exists, and the place is neither a folder nor
 * the model that is read.
 *
 * @throws GdwsError OUTPUT_UNWRITABLE, ARGUMENT_INVALID
 */
export async function checkDestination(file: string, source: string): Promise<void> {
  const folder = path.dirname(path.resolve(file));
  try {
    await fs.access(folder, fs.constants.W_OK);
  } catch (cause) {
    throw new GdwsError('OUTPUT_UNWRITABLE', `the folder cannot be written to: ${(cause as Error).message}.`, {
      file,
      cause,
    });
  }
  const present = await fs.stat(file).catch(() => undefined);
  if (present?.isDirectory()) {
    throw new GdwsError('OUTPUT_UNWRITABLE', 'this is a folder.', { file, remedy: 'Give the name of a file.' });
  }
  const model = await fs.stat(source).catch(() => undefined);
  if (present && model && present.ino === model.ino && present.dev === model.dev) {
    throw new GdwsError('ARGUMENT_INVALID', 'the output is the model itself.', { file, remedy: 'Give another name.' });
  }
}
