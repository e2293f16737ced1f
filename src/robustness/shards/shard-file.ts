import fs from 'node:fs/promises';
import { GdwsError } from '../../base/errors';
import { writeWhole } from '../../onnx/whole-file';
import { differenceOf, type Conditions } from './conditions';
import { checkOutcomes, type Outcomes } from './outcomes';
import { sealed, unsealed } from './sealed';
import { checkShard, imagesOfShard, type Shard } from './shard';

/** Which shard, of which evaluation. */
export interface ShardOrigin {
  readonly shard: Shard;
  readonly conditions: Conditions;
}

/** What the file of a finished shard holds. */
export interface FinishedShard extends ShardOrigin {
  readonly outcomes: Outcomes;
}

const format = 'gdws evaluation shard 1';

/** @throws {GdwsError} OUTPUT_UNWRITABLE */
export async function writeShard(file: string, { shard, conditions, outcomes }: FinishedShard): Promise<void> {
  await writeWhole(file, sealed({ format, shard, conditions, outcomes }));
}

/**
 * The finished shard in a file; `undefined` where there is no file.
 *
 * @throws {GdwsError} DATA_UNREADABLE for any other file
 */
export async function readShard(file: string): Promise<FinishedShard | undefined> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new GdwsError('DATA_UNREADABLE', `the file cannot be read: ${(cause as Error).message}.`, { file, cause });
  }
  const content = unsealed(text) as (FinishedShard & { format: unknown }) | null | undefined;
  if (content?.format !== format) {
    throw new GdwsError('DATA_UNREADABLE', 'this is no shard of an evaluation, or was changed.', {
      file,
      remedy: 'Give the files that evaluate --shard wrote; to evaluate a shard again, remove its file.',
    });
  }
  const { shard, conditions, outcomes } = content;
  try {
    checkShard(shard);
    checkOutcomes(outcomes);
    checkExtent(shard, conditions, outcomes);
  } catch (cause) {
    throw new GdwsError('DATA_UNREADABLE', `the shard makes no sense: ${(cause as Error).message}`, { file, cause });
  }
  return { shard, conditions, outcomes };
}

function checkExtent(shard: Shard, { data, batch }: Conditions, { first, images, total }: Outcomes): void {
  const { begin, end } = imagesOfShard(shard, data.images, batch);
  if (total === data.images && first === begin && images === end - begin) return;
  throw new GdwsError('ARGUMENT_INVALID', `it has images ${first} to ${first + images} of ${total}.`);
}

/**
 * Checks that two files are of one evaluation.
 *
 * @param name of the other file
 * @param otherwise what else can be done, for the remedy
 * @throws {GdwsError} ARGUMENT_INVALID, with what differs
 */
export function checkSameEvaluation(
  file: string,
  own: ShardOrigin,
  name: string,
  other: ShardOrigin,
  otherwise = '',
): void {
  const difference = differenceOf(own.conditions, other.conditions);
  if (difference) {
    const { what, remedy } = difference;
    throw new GdwsError('ARGUMENT_INVALID', `it differs from ${name} in this: ${what}.`, {
      file,
      remedy: `${remedy} ${otherwise}`.trim(),
    });
  }
  if (own.shard.of === other.shard.of) return;
  throw new GdwsError(
    'ARGUMENT_INVALID',
    `it is one of ${own.shard.of} shards, and ${name} one of ${other.shard.of}.`,
    {
      file,
      remedy: `Divide the images into one number of shards. ${otherwise}`.trim(),
    },
  );
}

/**
 * The finished shards in files, in order.
 *
 * @throws {GdwsError} DATA_UNREADABLE; ARGUMENT_INVALID where one is missing or there twice, or they are of different evaluations
 */
export async function readAllShards(files: readonly [string, ...string[]]): Promise<FinishedShard[]> {
  const read: { file: string; own: FinishedShard }[] = [];
  for (const file of files) {
    const own = await readShard(file);
    if (!own) throw new GdwsError('DATA_UNREADABLE', 'there is no such file.', { file });
    read.push({ file, own });
  }
  const [first, ...others] = read as [(typeof read)[0], ...typeof read];
  for (const { file, own } of others) checkSameEvaluation(file, own, first.file, first.own);
  const { of } = first.own.shard;
  return Array.from({ length: of }, (_, index) => {
    const [one, again] = read.filter(({ own }) => own.shard.number === index + 1);
    if (one && !again) return one.own;
    const shard = `${index + 1}/${of}`;
    if (!one) {
      throw new GdwsError('ARGUMENT_INVALID', `shard ${shard} is missing.`, {
        remedy: `Evaluate it, with the options of the others: --shard ${shard}.`,
      });
    }
    throw new GdwsError('ARGUMENT_INVALID', `this is shard ${shard}, as is ${one.file}.`, {
      file: again!.file,
      remedy: 'Give each shard once.',
    });
  });
}
