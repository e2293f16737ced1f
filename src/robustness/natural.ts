import { rows } from '../gradient/rows';
import { predictedClass } from './classifier';
import type { LogitQueries } from './queries';

/**
 * 1 for each image that a classifier gets right without an attack.
 *
 * @param images (N x C x H x W), in [0, 1]
 * @throws {GdwsError} ABORTED
 */
export async function naturalOutcomes(
  queries: LogitQueries,
  images: Float32Array,
  labels: ArrayLike<number>,
): Promise<Uint8Array> {
  const logits = await queries.logits(rows(images, images.length / labels.length));
  return Uint8Array.from(logits, (row, image) => (predictedClass(row) === labels[image] ? 1 : 0));
}
