/** Depthwise kernels in integers whose features are bytes of one scale. */
export interface IntegerKernels {
  /** (G, K²), from -127 to 127. */
  readonly numbers: Int8Array;
  /** A power of two for each kernel. */
  readonly scales: Float32Array;
  /** What the features of each kernel were multiplied by: the pointwise weights that read them are to be divided by it. */
  readonly factors: Float64Array;
}

/** The zero point of features, which are as often negative as positive. */
export const featureZeroPoint = 128;

/** The largest feature of bytes, less the zero point. */
const largest = 127;

/**
 * Scales depthwise kernels so that the features of each span all bytes, at the scale of the map that they read. Nothing nonlinear
 * stands between the two stages of a GDWS convolution, so that each kernel may be multiplied by any factor and its pointwise column
 * divided by it. The factors are such that an integer kernel times a power of two gives the feature: then a shift rounds it.
 *
 * @param kernels (G, K²)
 * @param ranges the largest feature of each kernel, without sign
 * @param scale of the map
 */
export function integerKernels(kernels: Float32Array, ranges: Float64Array, scale: number): IntegerKernels {
  const count = ranges.length;
  const size = kernels.length / count;
  const numbers = new Int8Array(kernels.length);
  const scales = new Float32Array(count);
  const factors = new Float64Array(count);
  for (let k = 0; k < count; ++k) {
    const own = kernels.subarray(k * size, (k + 1) * size);
    const most = own.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
    // A kernel that gives nothing stays 0.
    const range = ranges[k]! > 0 ? ranges[k]! : most * scale;
    const shift = most > 0 ? Math.max(0, Math.floor(Math.log2(range / (scale * most)))) : 0;
    scales[k] = 2 ** -shift;
    // Integers that span as much as they can, and give features that do.
    const multiplier = most > 0 ? Math.min((largest * 2 ** shift * scale) / range, largest / most) : 1;
    factors[k] = multiplier * scales[k]!;
    own.forEach((one, tap) => (numbers[k * size + tap] = Math.round(one * multiplier)));
  }
  return { numbers, scales, factors };
}
