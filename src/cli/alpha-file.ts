import fs from 'node:fs/promises';
import { readNpz } from '../data/npz';
import { GdwsError } from '../errors';

/**
 * Weight-error vectors by layer name, from a JSON object of arrays of numbers or from an .npz archive of arrays.
 *
 * @throws GdwsError DATA_UNREADABLE, DEPENDENCY_MISSING
 */
export async function readAlphaFile(file: string): Promise<Record<string, ArrayLike<number>>> {
  if (file.endsWith('.npz')) {
    const arrays = await readNpz(file);
    return Object.fromEntries(
      [...arrays].map(([layer, { data }]) => [layer, Array.from(data as Iterable<number | bigint>, Number)]),
    );
  }
  let document: unknown;
  try {
    document = JSON.parse(await fs.readFile(file, 'utf8'));
  } catch (cause) {
    throw new GdwsError('DATA_UNREADABLE', `the file cannot be read: ${(cause as Error).message}.`, { file, cause });
  }
  if (!isAlpha(document)) {
    throw new GdwsError('DATA_UNREADABLE', 'this is not an object of arrays of numbers.', {
      file,
      remedy: 'Write {"layer name": [α of each input channel, ...], ...}.',
    });
  }
  return document;
}

function isAlpha(document: unknown): document is Record<string, number[]> {
  return (
    typeof document === 'object' &&
    document !== null &&
    Object.values(document).every((list) => Array.isArray(list) && list.every((value) => typeof value === 'number'))
  );
}
