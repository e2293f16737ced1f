import { GdwsError } from '../base/errors';
import { checkOptions, group, listOf, number, required } from '../base/options';
import type { Classifier, LogitsClassifier } from './classifier';

/** Normalization of a network's input: (pixel - mean) / std, one number for each channel or one for all. */
export interface Normalization {
  /** The subtrahend, in the scale of pixels from 0 to 1. */
  readonly mean: readonly number[];
  /** The divisor, above 0. */
  readonly std: readonly number[];
}

const channelNumbers = required(listOf(number(), 'an array of numbers, one or one for each channel'));
const normalizationOptions = { mean: channelNumbers, std: channelNumbers };

/** The option `normalization`. */
export const normalizationOption = group<Normalization>(normalizationOptions);

/**
 * A function that normalizes images in [0, 1].
 *
 * @param dims (C, H, W) of an image
 * @throws {GdwsError} ARGUMENT_INVALID for numbers that do not fit the channels, or a std that is not above 0
 */
export function normalizer(dims: readonly number[], normalization: Normalization) {
  const { scale, shift, channelOf } = affine(dims, normalization);
  return (images: Float32Array): Float32Array =>
    images.map((value, index) => value * scale[channelOf(index)]! + shift[channelOf(index)]!);
}

/**
 * A classifier of images in [0, 1] from one of normalized images. Its gradients are with respect to the images in [0, 1].
 *
 * @throws {GdwsError} ARGUMENT_INVALID for numbers that do not fit the channels, or a std that is not above 0
 */
export function normalized(classifier: Classifier, normalization: Normalization): Classifier {
  const { scale, channelOf } = affine(classifier.imageDims, normalization);
  const normalize = normalizer(classifier.imageDims, normalization);
  return {
    ...normalizedLogits(classifier, normalization),
    quantized: classifier.quantized,
    async gradient(images, count, cotangent) {
      const { logits, gradient } = await classifier.gradient(normalize(images), count, cotangent);
      return { logits, gradient: gradient.map((value, index) => value * scale[channelOf(index)]!) };
    },
  };
}

/** As {@link normalized}, for a classifier without gradients. */
export function normalizedLogits(classifier: LogitsClassifier, normalization: Normalization): LogitsClassifier {
  const normalize = normalizer(classifier.imageDims, normalization);
  return {
    classes: classifier.classes,
    imageDims: classifier.imageDims,
    mostImages: classifier.mostImages,
    logits: (images, count) => classifier.logits(normalize(images), count),
  };
}

/** Each channel's scale and shift, and the channel of each pixel. */
function affine(dims: readonly number[], normalization: Normalization) {
  checkOptions(normalization, normalizationOptions, 'normalization');
  const { mean, std } = normalization;
  const [channels = 1] = dims;
  const plane = dims.reduce((product, dim) => product * dim, 1) / channels;
  const scale = perChannel('std', std, channels).map((value) => 1 / value);
  const shift = perChannel('mean', mean, channels).map((value, channel) => -value * scale[channel]!);
  if (!scale.every((value) => value > 0 && Number.isFinite(value))) {
    throw new GdwsError('ARGUMENT_INVALID', `std is ${std.join(', ')}.`, { remedy: 'Every std is above 0.' });
  }
  return { scale, shift, channelOf: (index: number) => Math.floor(index / plane) % channels };
}

function perChannel(name: string, values: readonly number[], channels: number): number[] {
  if (!values.every(Number.isFinite) || (values.length !== channels && values.length !== 1)) {
    throw new GdwsError('ARGUMENT_INVALID', `${name} is ${values.join(', ') || 'empty'}.`, {
      remedy: `Give one number, or one for each of the ${channels} channels.`,
    });
  }
  return Array.from({ length: channels }, (_, channel) => values[values.length === 1 ? 0 : channel]!);
}
