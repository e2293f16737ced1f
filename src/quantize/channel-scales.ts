import type { WeightRows } from './product-weights';
import { leastErrorScale, squaredStepError } from './uniform-scale';
import { byteLimits } from '../program/byte-quantization';

/** What is known of a product that reads the channels. */
export interface ReaderStatistics {
  readonly weights: WeightRows;
  /** For each channel that it reads, that of the product before which it holds. */
  readonly channels: Int32Array;
  /** The least and the largest number of each channel that it reads. */
  readonly least: Float64Array;
  readonly most: Float64Array;
  /** Their mean squares. */
  readonly squares: Float64Array;
  /** Numbers of each channel, drawn at random, as many of each. */
  readonly numbers: Float32Array;
}

/** Exponents that are tried, of the ranges of the channels and of the weights that read them. */
const exponents = [0, 0.25, 0.5, 0.75, 1];

/** Scales are applied where they leave at most this share of the error. */
const clearlyLess = 0.8;

/** Scales are from 2^-24 to 2^24: channels of still less give nothing beside the others. */
const largestShift = 24;

/**
 * What the channels between two products should be divided by, so that the error of the products that read them is least: powers of
 * two, among r^a / w^b, r being a channel's range and w the largest of the weights that read it, each as a share of those of all
 * channels.
 *
 * The product before has weights with a scale for each channel, so that its error stays as it is. That of an output of a reader is
 * Σ w² s² E(x/s - q(x/s))² + δ²/12 Σ E x² / s², with the bytes q(x/s), and δ the step of the integers of w·s; it counts as a share of
 * what the output gives, Σ w² E x².
 *
 * @param count of the channels
 * @returns `undefined` where none make the error clearly less
 * @see Nagel et al., Data-free quantization through weight equalization and bias correction, ICCV 2019, arXiv 1906.04721; Xiao et al.,
 *   SmoothQuant, ICML 2023, arXiv 2211.10438
 */
export function channelScales(count: number, statistics: readonly ReaderStatistics[]): Float64Array | undefined {
  const readers = statistics.map(summedWeights);
  const error = (scales: Float64Array) => readers.reduce((sum, reader) => sum + errorOf(reader, scales), 0);
  const ranges = sharesOf(count, readers, rangesOf);
  const weights = sharesOf(count, readers, largestWeights);
  let best: Float64Array | undefined;
  let smallest = clearlyLess * error(new Float64Array(count).fill(1));
  for (const a of exponents) {
    for (const b of exponents) {
      const scales = ranges.map((range, c) => powerOfTwo(a * Math.log2(range) - b * Math.log2(weights[c]!)));
      const own = error(scales);
      if (own < smallest) [best, smallest] = [scales, own];
    }
  }
  return best;
}

function powerOfTwo(exponent: number): number {
  return 2 ** Math.min(Math.max(Math.round(exponent), -largestShift), largestShift);
}

/** A reader's weights, its taps summed up. */
interface SummedWeights extends ReaderStatistics {
  /** Channels that an output reads. */
  readonly perGroup: number;
  readonly taps: number;
  /** (M, C / groups): sums of squares. */
  readonly energies: Float64Array;
  /** (M, C / groups): the largest, without sign. */
  readonly largest: Float64Array;
}

function summedWeights(reader: ReaderStatistics): SummedWeights {
  const { rows, outputs, groups } = reader.weights;
  const perGroup = reader.channels.length / groups;
  const taps = rows.length / outputs / perGroup;
  const [energies, largest] = [new Float64Array(outputs * perGroup), new Float64Array(outputs * perGroup)];
  for (let i = 0; i < rows.length; ++i) {
    const at = Math.floor(i / taps);
    energies[at]! += rows[i]! ** 2;
    largest[at] = Math.max(largest[at]!, Math.abs(rows[i]!));
  }
  return { ...reader, perGroup, taps, energies, largest };
}

/** The first of the channels that an output reads. */
function firstChannel({ weights: { groups, outputs }, perGroup }: SummedWeights, output: number): number {
  return Math.floor((output * groups) / outputs) * perGroup;
}

/** Mean over the outputs, as a share of what each gives. */
function errorOf(reader: SummedWeights, scales: Float64Array): number {
  const { channels, squares, perGroup, taps, energies, largest } = reader;
  const { outputs } = reader.weights;
  const rounding = roundingErrors(reader, scales);
  let sum = 0;
  for (let m = 0; m < outputs; ++m) {
    const first = firstChannel(reader, m);
    let [activations, weights, most, signal] = [0, 0, 0, 0];
    for (let i = 0; i < perGroup; ++i) {
      const at = m * perGroup + i;
      const square = squares[first + i]!;
      const scale = scales[channels[first + i]!]!;
      activations += energies[at]! * rounding[first + i]!;
      weights += (taps * square) / (scale * scale);
      most = Math.max(most, largest[at]! * scale);
      signal += energies[at]! * square;
    }
    if (signal > 0) sum += (activations + ((most / 127) ** 2 / 12) * weights) / signal;
  }
  return sum / outputs;
}

/** Mean squared error of each channel, by bytes of what it is when it is divided by its scale. */
function roundingErrors({ channels, least, most, numbers }: ReaderStatistics, scales: Float64Array): Float64Array {
  const perChannel = numbers.length / channels.length;
  const scaled = new Float32Array(numbers.length);
  let [low, high] = [0, 0];
  channels.forEach((channel, j) => {
    const scale = scales[channel]!;
    low = Math.min(low, least[j]! / scale);
    high = Math.max(high, most[j]! / scale);
    for (let i = j * perChannel; i < (j + 1) * perChannel; ++i) scaled[i] = numbers[i]! / scale;
  });
  const { type, scale: step, zeroPoint } = leastErrorScale({ least: low, most: high, numbers: scaled });
  const limits = byteLimits[type];
  const errors = new Float64Array(channels.length);
  channels.forEach((channel, j) => {
    for (let i = j * perChannel; i < (j + 1) * perChannel; ++i) {
      errors[j]! += squaredStepError(scaled[i]! / step, limits.least - zeroPoint, limits.most - zeroPoint);
    }
    errors[j]! *= (step * scales[channel]!) ** 2 / perChannel;
  });
  return errors;
}

/** The range of each channel that a reader reads, as a share of that of all. */
function rangesOf(reader: SummedWeights): Float64Array {
  const spans = reader.most.map((most, j) => Math.max(most, 0) - Math.min(reader.least[j]!, 0));
  const widest = spans.reduce((most, one) => Math.max(most, one), 0);
  return spans.map((span) => (widest > 0 ? span / widest : 0));
}

/** The largest weight that reads each channel, as a share of the largest of the same output. */
function largestWeights(reader: SummedWeights): Float64Array {
  const { channels, weights, perGroup, largest } = reader;
  const shares = new Float64Array(channels.length);
  for (let m = 0; m < weights.outputs; ++m) {
    const own = largest.subarray(m * perGroup, (m + 1) * perGroup);
    const most = own.reduce((most, one) => Math.max(most, one), 0);
    const first = firstChannel(reader, m);
    if (most > 0) own.forEach((one, i) => (shares[first + i] = Math.max(shares[first + i]!, one / most)));
  }
  return shares;
}

/** The largest share of each channel among all that read it. One that has none gets the geometric mean of the others. */
function sharesOf(
  count: number,
  readers: readonly SummedWeights[],
  sharesIn: (reader: SummedWeights) => Float64Array,
): Float64Array {
  const shares = new Float64Array(count);
  for (const reader of readers) {
    sharesIn(reader).forEach((share, j) => {
      const channel = reader.channels[j]!;
      shares[channel] = Math.max(shares[channel]!, share);
    });
  }
  const given = shares.filter((share) => share > 0);
  const mean = given.reduce((sum, share) => sum + Math.log2(share), 0) / Math.max(given.length, 1);
  return shares.map((share) => share || 2 ** mean);
}
