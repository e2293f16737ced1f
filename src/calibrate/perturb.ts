import type { ImageSet } from '../data/image-set';
import type { ModelProto } from '../onnx/onnx_pb';
import { attack, checkImages } from '../robustness/attack';
import { attackerOf } from '../robustness/attacks';
import type { Classifier } from '../robustness/classifier';
import type { Normalization } from '../robustness/normalized';
import { openClassifier } from '../robustness/open-classifier';
import type { AttackSettings } from '../robustness/settings';
import { thorough } from '../robustness/ways';
import { imagesAtOnce } from './logits';

/** Limits of the images whose attacks keep state in memory at once, and of their pixels. */
const maxImages = 256;
const maxPixels = 2 ** 24;

/** How images are perturbed. */
interface PerturbOptions {
  readonly normalization?: Normalization;
  readonly seed?: number;
  readonly threads?: number;
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
  /** Perturbed images, as many, from which PGD goes on. */
  readonly starts?: ImageSet;
}

/** Where images come from, group by group. */
export interface ImageSource {
  /** Images to request at once. */
  readonly groupSize: number;
  /** Images `begin` to `end`, (end - begin, C, H, W) in [0, 1]. */
  images(begin: number, end: number, onProgress: () => void): Promise<Float32Array>;
  release(): Promise<void>;
}

/** The images as they are. */
export function cleanImages(images: ImageSet, groupSize: number): ImageSource {
  return {
    groupSize,
    images: (begin, end) => Promise.resolve(pixelsOf(images, begin, end)),
    release: () => Promise.resolve(),
  };
}

/**
 * Perturbs images by an attack on the model, whose batch size may be fixed.
 *
 * @throws GdwsError what opening the model and `attack` throw; labels, pixels and settings are checked here
 */
export async function perturbedImages(
  source: string | Uint8Array | ModelProto,
  images: ImageSet,
  settings: AttackSettings,
  declaredBatch: number | undefined,
  options: PerturbOptions,
): Promise<ImageSource> {
  attackerOf(thorough(settings), lengthOf(images));
  const { classifier, release } = await openClassifier(source, images.dims, options);
  return { ...perturbedBy(classifier, images, settings, declaredBatch, options), release };
}

/** As {@link perturbedImages}, of a model that is open, and stays so. */
export function perturbedBy(
  classifier: Classifier,
  images: ImageSet,
  settings: AttackSettings,
  declaredBatch: number | undefined,
  { seed, batchSize: wanted = imagesAtOnce, signal, starts: all }: PerturbOptions,
): ImageSource {
  const batchSize = declaredBatch ?? wanted;
  const batches = Math.floor(Math.min(maxImages, maxPixels / lengthOf(images)) / batchSize);
  const groupSize = batchSize * Math.max(1, batches);
  for (let begin = 0; begin < images.length; begin += groupSize) {
    const end = Math.min(images.length, begin + groupSize);
    checkImages(classifier, pixelsOf(images, begin, end), images.labels.subarray(begin, end));
  }
  return {
    groupSize,
    async images(begin, end, onProgress) {
      const labels = images.labels.subarray(begin, end);
      const starts = all && pixelsOf(all, begin, end);
      const options = { seed, firstImage: begin, batchSize, signal, starts, onProgress };
      return (await attack(classifier, pixelsOf(images, begin, end), labels, thorough(settings), options)).images;
    },
    release: () => Promise.resolve(),
  };
}

function lengthOf({ dims }: ImageSet): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

function pixelsOf(images: ImageSet, begin: number, end: number): Float32Array {
  return images.batch(begin, end).images.data as Float32Array;
}
