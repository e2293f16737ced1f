import { rows } from '../gradient/rows';
import { predictedClass } from './classifier';
import type { LogitQueries } from './queries';

/**
 * 1 for each image that a classifier gets right without an attack.
 *
 * @param images (N x C x H x W), in [0, 1]
 * @param together images that are queried for at a time; all by default
 * @param onDone called each time with the outcomes so far
 * @throws {GdwsError} ABORTED
 */
export async function naturalOutcomes(
  queries: LogitQueries,
  images: Float32Array,
  labels: ArrayLike<number>,
  together = labels.length,
  onDone: (outcomes: Uint8Array) => void = () => undefined,
): Promise<Uint8Array> {
  const right = new Uint8Array(labels.length);
  const all = rows(images, images.length / labels.length);
  for (let begin = 0; begin < labels.length; begin += together) {
    const logits = await queries.logits(all.slice(begin, begin + together));
    logits.forEach((row, index) => (right[begin + index] = predictedClass(row) === labels[begin + index] ? 1 : 0));
    onDone(right.subarray(0, begin + logits.length));
  }
  return right;
}
