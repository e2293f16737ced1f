import { roundHalfToEven } from '../base/rounding';
import { byteLimits, type ByteType, type UniformQuantization } from '../program/byte-quantization';

/** Numbers of a tensor, to choose its scale by. */
export interface TensorSample {
  /** Of all numbers. */
  readonly least: number;
  readonly most: number;
  /** Some of them, drawn at random. */
  readonly numbers: Float32Array;
}

/** Shares of the range that are tried. */
const shares = [1, 0.97, 0.94, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3];

/** Scales below this would be no normal numbers in float32, or quotients by them would not be finite. */
const leastScale = 2 ** -120;

/**
 * The quantization of a tensor with the least mean squared error on a sample, among the range of all its numbers and shares of it.
 */
export function leastErrorScale({ least, most, numbers }: TensorSample, type: ByteType = 'uint8'): UniformQuantization {
  let best: UniformQuantization | undefined;
  let smallest = Infinity;
  for (const share of shares) {
    const quantization = rangeScale(share * Math.min(least, 0), share * Math.max(most, 0), type);
    const error = squaredError(numbers, quantization);
    if (error < smallest) [best, smallest] = [quantization, error];
  }
  return best ?? rangeScale(Math.min(least, 0), Math.max(most, 0), type);
}

/** The quantization whose bytes span a range, which holds 0; 0 has a byte. */
export function rangeScale(least: number, most: number, type: ByteType): UniformQuantization {
  const limits = byteLimits[type];
  // Any scale has a byte for zeros. This one is of the size that tensors of networks have.
  const range = most - least || 1;
  const scale = Math.fround(Math.max(range / (limits.most - limits.least), leastScale));
  const zeroPoint = Math.min(Math.max(roundHalfToEven(limits.least - least / scale), limits.least), limits.most);
  return { type, scale, zeroPoint };
}

function squaredError(numbers: Float32Array, { type, scale, zeroPoint }: UniformQuantization): number {
  const limits = byteLimits[type];
  const [low, high] = [limits.least - zeroPoint, limits.most - zeroPoint];
  let sum = 0;
  for (let i = 0; i < numbers.length; ++i) sum += squaredStepError(numbers[i]! / scale, low, high);
  return sum * scale * scale;
}

/** Added to a float64 and subtracted again, this leaves the nearest integer. */
const roundingShift = 1.5 * 2 ** 52;

/** (x - q)², q being the nearest integer from `low` to `high`. Without calls: millions of numbers are rounded so. */
export function squaredStepError(x: number, low: number, high: number): number {
  const nearest = x < low ? low : x > high ? high : x + roundingShift - roundingShift;
  return (x - nearest) * (x - nearest);
}
