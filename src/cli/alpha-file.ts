import fs from 'node:fs/promises';
import path from 'node:path';
import { GdwsError } from '../base/errors';
import type { PrepareOptions } from '../compress/options';
import { prepareCompression } from '../compress/prepare';
import { npzEncoder, readNpz } from '../data/npz';
import { writeWhole } from '../onnx/whole-file';

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
    throw new GdwsError('DATA_UNREADABLE', 'this is not an object with an array of numbers for each layer.', {
      file,
      remedy: 'Write {"layer name": [α of each input channel, ...], ...}.',
    });
  }
  return document;
}

/**
 * Weight-error vectors of a model's layers, from such a file. Every layer that may be replaced needs one: the default α of 1
 * cannot be compared with measured ones.
 *
 * @throws GdwsError DATA_UNREADABLE, DEPENDENCY_MISSING; ARGUMENT_INVALID where the file is that of another model, or of fewer
 *   layers; MODEL_* for a bad model
 */
export async function alphaFor(
  model: string,
  file: string,
  options: Pick<PrepareOptions, 'include' | 'exclude' | 'firstLayer'>,
): Promise<Record<string, ArrayLike<number>>> {
  const alpha = await readAlphaFile(file);
  const missing = (await prepareCompression(model, { ...options, alpha })).unweighted();
  if (missing.length === 0) return alpha;
  const names = `${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} others` : ''}`;
  throw new GdwsError('ARGUMENT_INVALID', `there is no weight-error vector of ${names}, which may be replaced.`, {
    file,
    remedy:
      'Measure them with gdws alpha, with the same --include, --exclude and --first-layer, or leave these layers as they are: --exclude.',
  });
}

/**
 * A function that writes weight-error vectors to such a file, whole or not at all.
 *
 * @throws GdwsError ARGUMENT_INVALID for a file of another kind, DEPENDENCY_MISSING; the function throws OUTPUT_UNWRITABLE
 */
export async function alphaWriter(file: string): Promise<(alpha: ReadonlyMap<string, Float64Array>) => Promise<void>> {
  switch (path.extname(file)) {
    case '.json':
      return (alpha) => {
        const lines = [...alpha].map(([layer, values]) => `  ${JSON.stringify(layer)}: ${JSON.stringify([...values])}`);
        return writeWhole(file, `{\n${lines.join(',\n')}\n}\n`);
      };
    case '.npz': {
      const encode = await npzEncoder();
      return (alpha) =>
        writeWhole(
          file,
          encode([...alpha].map(([layer, data]) => [layer, { type: 'float64', dims: [data.length], data }])),
        );
    }
    default:
      throw new GdwsError('ARGUMENT_INVALID', 'it is not said in which form to write this file.', {
        file,
        remedy: 'Name it .json or .npz.',
      });
  }
}

function isAlpha(document: unknown): document is Record<string, number[]> {
  return (
    typeof document === 'object' &&
    document !== null &&
    !Array.isArray(document) &&
    Object.values(document).every((list) => Array.isArray(list) && list.every((value) => typeof value === 'number'))
  );
}
