import { ImageSet } from '../data/image-set';
import type { ModelProto } from '../onnx/onnx_pb';
import { predictedClass, type Classifier } from '../robustness/classifier';
import type { Normalization } from '../robustness/normalized';
import { openClassifier } from '../robustness/open-classifier';
import type { AttackSettings } from '../robustness/settings';
import { logitsOf } from './logits';
import { perturbedBy } from './perturb';

export interface AdversarialOptions {
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Batch size of the model, where it is fixed. */
  readonly declaredBatch?: number;
  /** The images perturbed on a similar network, from which PGD goes on. */
  readonly starts?: ImageSet;
  onProgress?(done: number, total: number): void;
}

/** How classifiers are opened. */
export interface OpenOptions {
  readonly normalization?: Normalization;
  readonly threads: number;
}

/** What `use` makes of a model as a classifier of images of these dims, open meanwhile. */
export async function withClassifier<Result>(
  model: ModelProto,
  dims: readonly number[],
  options: OpenOptions,
  use: (classifier: Classifier) => Promise<Result>,
): Promise<Result> {
  const { classifier, release } = await openClassifier(model, dims, options);
  try {
    return await use(classifier);
  } finally {
    await release();
  }
}

/** The images, labelled with the classes that a model predicts. */
export async function predicted(
  classifier: Classifier,
  images: ImageSet,
  { declaredBatch }: Pick<AdversarialOptions, 'declaredBatch'>,
): Promise<ImageSet> {
  const logits = await logitsOf(classifier, images, declaredBatch);
  const labels = logits.map((row) => Math.max(0, predictedClass(row)));
  return new ImageSet(images.dims, images.pixels, labels);
}

/** The images perturbed by an attack on a model, towards classes other than their labels. */
export async function adversarialImages(
  classifier: Classifier,
  images: ImageSet,
  attack: AttackSettings,
  options: AdversarialOptions,
): Promise<ImageSet> {
  const source = perturbedBy(classifier, images, attack, options.declaredBatch, options);
  const pixels = new Float32Array(images.length * images.dims.reduce((product, dim) => product * dim, 1));
  const size = pixels.length / images.length;
  for (let begin = 0; begin < images.length; begin += source.groupSize) {
    const end = Math.min(images.length, begin + source.groupSize);
    pixels.set(await source.images(begin, end, () => undefined), begin * size);
    options.onProgress?.(end, images.length);
  }
  return new ImageSet(images.dims, pixels, images.labels);
}

/** All images of two sets, which have the same size. */
export function joined(first: ImageSet, second: ImageSet): ImageSet {
  const parts = [first, second].map((set) => set.batch(0, set.length).images.data as Float32Array);
  const pixels = new Float32Array(parts[0]!.length + parts[1]!.length);
  pixels.set(parts[0]!);
  pixels.set(parts[1]!, parts[0]!.length);
  return new ImageSet(first.dims, pixels, [...first.labels, ...second.labels]);
}
