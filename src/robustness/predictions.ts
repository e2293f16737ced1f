import { isDistribution, softmaxOf } from '../data/top-k';
import { rows } from '../gradient/rows';
import { predictedClass } from './classifier';
import type { LogitQueries } from './queries';

/** What a classifier says of an image. */
export interface ClassProbabilities {
  /** The predicted class; -1 where a logit is NaN. */
  readonly class: number;
  /** Of each class. */
  readonly probabilities: Float64Array;
}

/**
 * The predictions of a classifier, with their probabilities.
 *
 * @param images (N x C x H x W), in [0, 1]
 * @throws {GdwsError} ABORTED
 */
export async function predictions(
  queries: LogitQueries,
  images: Float32Array,
  count: number,
): Promise<ClassProbabilities[]> {
  const logits = await queries.logits(rows(images, images.length / count));
  return logits.map((row) => ({ class: predictedClass(row), probabilities: probabilities(row) }));
}

/** The softmax of a row of logits; a row that is probabilities already, as of networks that end with a softmax, as it is. */
export function probabilities(row: Float32Array): Float64Array {
  return Float64Array.from(row, isDistribution(row) ? (value) => Math.max(value, 0) : softmaxOf(row));
}
