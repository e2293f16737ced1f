import fs from 'node:fs/promises';
import path from 'node:path';
import { GdwsError } from '../base/errors';
import { isSameFile } from '../onnx/same-file';

/**
 * Checks the path of a result before the work begins: its folder exists, and it is neither a folder nor the model or another
 * input file.
 *
 * @throws GdwsError OUTPUT_UNWRITABLE, ARGUMENT_INVALID
 */
export async function checkDestination(
  file: string,
  model: string,
  ...others: readonly (string | undefined)[]
): Promise<void> {
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
  if (await isSameFile(file, model)) {
    throw new GdwsError('ARGUMENT_INVALID', 'the output is the model itself.', { file, remedy: 'Give another name.' });
  }
  for (const source of others) {
    if (source === undefined || !(await isSameFile(file, source))) continue;
    throw new GdwsError('ARGUMENT_INVALID', `the output is what is read: ${source}.`, {
      file,
      remedy: 'Give another name.',
    });
  }
}
