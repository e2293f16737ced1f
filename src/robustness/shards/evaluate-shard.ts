import { GdwsError } from '../../base/errors';
import { callback, checkOptions, listOf, object, pickOptions, type OptionTable } from '../../base/options';
import type { ImageSet } from '../../data/image-set';
import { evaluate } from '../evaluate';
import { evaluateOptions } from '../evaluate-options';
import type { Candidate, EvaluateOptions, EvaluationProgress, NaturalCandidate } from '../evaluation';
import { groupSize } from '../groups';
import type { AttackSettings, SquareSettings } from '../settings';
import { joined, outcomesOf, type Outcomes } from './outcomes';
import { checkShard, imagesOfShard, type Shard } from './shard';

/** Options of the evaluation of a shard. */
export interface ShardOptions extends Omit<EvaluateOptions, 'firstImage' | 'starts' | 'onProgress'> {
  /** What `onFinished` got in a run of this shard that was ended: these images are not evaluated again. */
  readonly finished?: readonly Outcomes[];
  /** Called with the outcomes of each group of images; the next group waits for its promise. */
  onFinished?(outcomes: Outcomes): void | Promise<void>;
  /** Called after every pass through a network. */
  onProgress?(progress: ShardProgress): void;
}

/** Progress of a shard; `done`, `total` and `broken` are of the group at work. */
export interface ShardProgress extends EvaluationProgress {
  /** Images of the shard that are finished. */
  readonly finishedImages: number;
  /** All images of the shard. */
  readonly imagesOfShard: number;
}

const shardOptions: OptionTable<ShardOptions> = {
  ...evaluateOptions,
  finished: listOf(object, 'an array of outcomes'),
  onFinished: callback,
};

/**
 * Evaluates one of several shards of the images, as {@link evaluate} does on all of them: {@link mergeShards} of all shards has the
 * same outcomes and statistics, to the digit, on processors with the same instruction set and with as many threads.
 *
 * @param images all images, of all shards
 * @throws {GdwsError} what {@link evaluate} throws, before any work is done; ARGUMENT_INVALID for a shard that there is not, and for
 *   `finished` outcomes of another one
 */
export function evaluateShard(
  candidates: readonly Candidate[],
  images: ImageSet,
  settings: AttackSettings,
  shard: Shard,
  options?: ShardOptions,
): Promise<Outcomes>;
export function evaluateShard(
  candidates: readonly NaturalCandidate[],
  images: ImageSet,
  settings: SquareSettings | undefined,
  shard: Shard,
  options?: ShardOptions,
): Promise<Outcomes>;
export async function evaluateShard(
  candidates: readonly NaturalCandidate[],
  images: ImageSet,
  settings: AttackSettings | undefined,
  shard: Shard,
  options: ShardOptions = {},
): Promise<Outcomes> {
  checkOptions(options, shardOptions);
  checkShard(shard);
  const { finished = [], batchSize = 32 } = options;
  const { begin, end } = imagesOfShard(shard, images.length, batchSize);
  const parts = [...finished];
  const together = groupSize(batchSize);
  const { images: before } = joined(parts, begin, images.length);
  if (begin + before > end || (begin + before < end && before % together !== 0)) {
    throw new GdwsError('ARGUMENT_INVALID', `${before} images are finished of a shard of ${end - begin}.`, {
      remedy: 'Give what onFinished got in a run with the same shard and batch size.',
    });
  }
  for (let first = begin + before; first < end; first += together) {
    const next = Math.min(end, first + together);
    const { images: pixels, labels } = images.batch(first, next);
    const found = await evaluate(
      candidates as readonly Candidate[],
      pixels.data as Float32Array,
      labels,
      settings as AttackSettings,
      {
        ...pickOptions<EvaluateOptions>(evaluateOptions, { ...options, onProgress: undefined }),
        firstImage: first,
        onProgress: (progress) =>
          options.onProgress?.({ ...progress, finishedImages: first - begin, imagesOfShard: end - begin }),
      },
    );
    const outcomes = outcomesOf(found, first, next - first, images.length);
    await options.onFinished?.(outcomes);
    parts.push(outcomes);
  }
  return joined(parts, begin, images.length);
}
