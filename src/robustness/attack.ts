import { GdwsError } from '../base/errors';
import { callback, checkOptions, instanceOf, integer, signal as signalOption, type OptionTable } from '../base/options';
import { rows } from '../gradient/rows';
import { attackerOf } from './attacks';
import { isDifferentiable, predictedClass, type Classifier, type LogitsClassifier } from './classifier';
import { groupSize } from './groups';
import type { Outcome, Point } from './point';
import { Queries, type Passes } from './queries';
import { RandomStream } from './random-stream';
import type { AttackSettings, SquareSettings } from './settings';

/** How an attack is run; only `seed` and `firstImage` affect the result. */
export interface AttackOptions {
  /** A run is repeated exactly by its seed (default 0). */
  readonly seed?: number;
  /** Number of the first image in its data set (default 0), for the same results as in an attack on the whole set. */
  readonly firstImage?: number;
  /** Images that go through the network at once (default 32). */
  readonly batchSize?: number;
  /** Stops with code ABORTED before the next pass through the network. */
  readonly signal?: AbortSignal;
  /**
   * (N x C x H x W), within the attack's bound around the images: where the first run of PGD begins.
   *
   * @internal
   */
  readonly starts?: Float32Array;
  /** Called after every pass through the network. */
  onProgress?(progress: AttackProgress): void;
}

export const attackOptions: OptionTable<AttackOptions> = {
  seed: integer(),
  firstImage: integer(),
  batchSize: integer(1),
  signal: signalOption,
  starts: instanceOf(Float32Array, 'a Float32Array'),
  onProgress: callback,
};

/** Progress of an attack. */
export interface AttackProgress {
  /** Images that are done. */
  readonly done: number;
  /** All images. */
  readonly total: number;
  /** Number of done images that are misclassified, after the attack or without it. */
  readonly broken: number;
  /** How often images went through the network so far. */
  readonly passes: Passes;
}

/** Result of an attack. */
export interface AttackResult {
  /**
   * (N x C x H x W). The perturbed images: misclassified where one was found, otherwise those of the smallest margin; the original
   * images where the network is wrong without an attack.
   */
  readonly images: Float32Array;
  /** 1 for each image that the network classifies right without an attack. */
  readonly correct: Uint8Array;
  /** 1 for each image that it still classifies right after the attack. */
  readonly standing: Uint8Array;
  /** How often images went through the network. */
  readonly passes: Passes;
}

/**
 * Attacks the images that the classifier classifies correctly.
 *
 * @param images (N x C x H x W), in [0, 1]
 * @param labels the class of each
 * @throws {GdwsError} ARGUMENT_INVALID for settings, labels or pixels that make no sense, and for an attack by gradients on a
 *   classifier without them, SHAPE_MISMATCH for images of the wrong length (all before any work is done), ABORTED
 */
export function attack(
  classifier: Classifier,
  images: Float32Array,
  labels: ArrayLike<number>,
  settings: AttackSettings,
  options?: AttackOptions,
): Promise<AttackResult>;
export function attack(
  classifier: LogitsClassifier,
  images: Float32Array,
  labels: ArrayLike<number>,
  settings: SquareSettings,
  options?: AttackOptions,
): Promise<AttackResult>;
export async function attack(
  classifier: LogitsClassifier,
  images: Float32Array,
  labels: ArrayLike<number>,
  settings: AttackSettings,
  options: AttackOptions = {},
): Promise<AttackResult> {
  checkOptions(options, attackOptions);
  const { seed = 0, firstImage = 0, batchSize = 32, signal } = options;
  const size = classifier.imageDims.reduce((product, dim) => product * dim, 1);
  const attacker = attackerOf(settings, size);
  checkGradients(classifier, settings);
  checkImages(classifier, images, labels, firstImage);

  const total = labels.length;
  const result = { images: images.slice(), correct: new Uint8Array(total), standing: new Uint8Array(total) };
  let done = 0;
  let broken = 0;
  const queries: Queries = new Queries(classifier as Classifier, batchSize, signal, () =>
    options.onProgress?.({ done, total, broken, passes: queries.passes }),
  );
  const originals = rows(images, size);
  const starts = options.starts && rows(options.starts, size);
  const perturbed = rows(result.images, size);
  const together = groupSize(batchSize);
  for (let begin = 0; begin < total; begin += together) {
    const end = Math.min(total, begin + together);
    const logits = await queries.logits(originals.slice(begin, end));
    const positions: number[] = [];
    const points: Point[] = [];
    for (let position = begin; position < end; ++position) {
      const own = logits[position - begin]!;
      if (predictedClass(own) !== labels[position]) continue;
      result.correct[position] = 1;
      positions.push(position);
      const random = new RandomStream(seed, firstImage + position);
      const [image, label, start] = [originals[position]!, labels[position]!, starts?.[position]];
      points.push({ image, label, logits: own, random, start });
    }
    const outcomes: Outcome[] = points.length > 0 ? await attacker(queries, points) : [];
    outcomes.forEach((outcome, index) => {
      const position = positions[index]!;
      perturbed[position]!.set(outcome.image);
      result.standing[position] = outcome.broken ? 0 : 1;
    });
    done = end;
    broken += end - begin - outcomes.filter((outcome) => !outcome.broken).length;
    options.onProgress?.({ done, total, broken, passes: queries.passes });
  }
  return { ...result, passes: queries.passes };
}

/** @throws {GdwsError} ARGUMENT_INVALID where the attack needs gradients that the classifier does not give */
export function checkGradients(classifier: LogitsClassifier, { attack: name }: AttackSettings): void {
  if (isDifferentiable(classifier) || name === 'square') return;
  throw new GdwsError('ARGUMENT_INVALID', `the attack ${name} needs gradients, which the classifier does not give.`, {
    remedy: 'Make the classifier by sessionClassifier, or take the attack square.',
  });
}

/**
 * @param firstImage number of the first image, for errors
 * @throws {GdwsError} SHAPE_MISMATCH, ARGUMENT_INVALID
 */
export function checkImages(
  { classes, imageDims }: LogitsClassifier,
  images: Float32Array,
  labels: ArrayLike<number>,
  firstImage = 0,
): void {
  const size = imageDims.reduce((product, dim) => product * dim, 1);
  if (images.length !== labels.length * size) {
    throw new GdwsError('SHAPE_MISMATCH', `there are ${images.length} pixels for ${labels.length} labels.`, {
      shape: [labels.length, ...imageDims],
      remedy: `Each image has ${size} pixels.`,
    });
  }
  for (let index = 0; index < labels.length; ++index) {
    const label = labels[index]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new GdwsError('ARGUMENT_INVALID', `image ${firstImage + index} has label ${label}.`, {
        remedy: `The classifier has classes 0 to ${classes - 1}.`,
      });
    }
  }
  for (let index = 0; index < images.length; ++index) {
    if (!(images[index]! >= 0 && images[index]! <= 1)) {
      const image = firstImage + Math.floor(index / size);
      throw new GdwsError('ARGUMENT_INVALID', `image ${image} has a pixel of ${images[index]!}.`, {
        remedy:
          'Pixels are in [0, 1]; a mean and std that the network expects are given apart from the images (normalized).',
      });
    }
  }
}
