import type { ImageSet } from '../data/image-set';
import { rows } from '../gradient/rows';
import type { Classifier } from '../robustness/classifier';

/** Images that go through a classifier at once, where it does not declare that. */
export const imagesAtOnce = 32;

/** Logits of each image. */
export async function logitsOf(
  classifier: Classifier,
  images: ImageSet,
  batchSize = imagesAtOnce,
): Promise<Float32Array[]> {
  const logits: Float32Array[] = [];
  for (const batch of images.batches(batchSize)) {
    const own = await classifier.logits(batch.images.data as Float32Array, batch.labels.length);
    logits.push(...rows(Float32Array.from(own), classifier.classes));
  }
  return logits;
}
