import type { ImageSet } from '../data/image-set';
import type { Normalization } from '../robustness/normalized';
import { openLogitsClassifier } from '../robustness/open-classifier';
import { predictions, type ClassProbabilities } from '../robustness/predictions';
import { LogitQueries } from '../robustness/queries';
import { pngOf } from './png';
import type { ChangedPrediction, ChangedPredictions, Prediction } from './report';

/** Images that are shown. */
const mostExamples = 12;
/** Larger pictures are shown smaller. */
const mostPixels = 224;

interface PredictionOptions {
  readonly normalization?: Normalization;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * The images that two networks classify differently, and as examples those where the probability of the first one's class falls most.
 *
 * @throws {GdwsError} ABORTED, and what a session throws
 */
export async function changedPredictions(
  dense: string | Uint8Array,
  chosen: string | Uint8Array,
  images: ImageSet,
  options: PredictionOptions,
): Promise<ChangedPredictions> {
  const before = await predictionsOf(dense, images, options);
  const after = await predictionsOf(chosen, images, options);
  const changed = before.flatMap((own, image) => {
    const other = after[image]!;
    if (own.class === other.class) return [];
    const label = images.labels[image]!;
    return [{ image, label, own, other, fall: probabilityOf(own, own.class) - probabilityOf(other, own.class) }];
  });
  const examples = [...changed]
    .sort((one, two) => two.fall - one.fall)
    .slice(0, mostExamples)
    .map(({ image, label, own, other }): ChangedPrediction => {
      return { image, label, dense: predictionOf(own), chosen: predictionOf(other), png: pictureOf(images, image) };
    });
  return {
    count: changed.length,
    lost: changed.filter(({ label, own }) => own.class === label).length,
    gained: changed.filter(({ label, other }) => other.class === label).length,
    examples,
  };
}

async function predictionsOf(
  model: string | Uint8Array,
  images: ImageSet,
  { normalization, threads, signal }: PredictionOptions,
): Promise<ClassProbabilities[]> {
  const { classifier, release } = await openLogitsClassifier(model, images.dims, { normalization, threads });
  try {
    const pixels = images.batch(0, images.length).images.data as Float32Array;
    return await predictions(new LogitQueries(classifier, 32, signal), pixels, images.length);
  } finally {
    await release();
  }
}

function predictionOf(one: ClassProbabilities): Prediction {
  return { class: one.class, probability: probabilityOf(one, one.class) };
}

/** 0 of no class, and where the logits are no numbers. */
function probabilityOf({ probabilities }: ClassProbabilities, found: number): number {
  return probabilities[found] || 0;
}

/** A picture as the base64 of a PNG file; of a large one each pixel is one of every `step` in both directions. */
function pictureOf(images: ImageSet, index: number): string {
  const [channels, height, width] = images.dims;
  const pixels = images.batch(index, index + 1).images.data as Float32Array;
  const step = Math.ceil(Math.max(height, width) / mostPixels);
  const [rows, columns] = [Math.ceil(height / step), Math.ceil(width / step)];
  const smaller = new Float32Array(channels * rows * columns);
  for (let c = 0, at = 0; c < channels; ++c) {
    for (let y = 0; y < height; y += step) {
      for (let x = 0; x < width; x += step) smaller[at++] = pixels[(c * height + y) * width + x]!;
    }
  }
  return pngOf(smaller, [channels, rows, columns]).toString('base64');
}
