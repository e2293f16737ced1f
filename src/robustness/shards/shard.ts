import { GdwsError } from '../../base/errors';
import { checkOptions, integer, required, type OptionTable } from '../../base/options';
import { groupSize } from '../groups';

/** One of several parts of a set of images, which are evaluated apart. */
export interface Shard {
  /** From 1 on. */
  readonly number: number;
  /** Number of all parts. */
  readonly of: number;
}

const shardFields: OptionTable<Shard> = { number: required(integer(1)), of: required(integer(1)) };

/** @throws {GdwsError} ARGUMENT_INVALID */
export function checkShard(shard: Shard): void {
  checkOptions(shard, shardFields, 'shard');
  if (shard.number > shard.of) {
    throw new GdwsError('ARGUMENT_INVALID', `there is no shard ${shard.number} of ${shard.of}.`, {
      remedy: 'Shards are numbered from 1 on: 1/16 is the first of 16, 16/16 the last.',
    });
  }
}

/**
 * The images `begin` to `end` (exclusive) of a shard: consecutive whole groups, as evenly as these can be divided. There are none where
 * there are fewer groups than shards.
 *
 * @param total number of all images
 */
export function imagesOfShard({ number, of }: Shard, total: number, batchSize: number): { begin: number; end: number } {
  const size = groupSize(batchSize);
  const groups = Math.ceil(total / size);
  const boundary = (shards: number): number => Math.min(total, Math.floor((shards * groups) / of) * size);
  return { begin: boundary(number - 1), end: boundary(number) };
}
