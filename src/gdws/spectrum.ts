import { native } from '../addon/native';
import type { ErrorDetails } from '../base/errors';
import { nativeLayer, withPlace } from './native-layer';
import { rank, type ConvolutionShape } from './shape';

/** Singular value decompositions of the blocks W_c (M / groups × K²) of one layer. */
export interface Spectrum {
  readonly shape: ConvolutionShape;
  /** (C, rank): σ of every channel, descending. */
  readonly singularValues: Float64Array;
  /** (C, rank, K²): the right singular vectors, which are the depthwise kernels. */
  readonly rightVectors: Float64Array;
}

/**
 * Decomposes all channels of a layer, off the JavaScript thread, in C++ over `threads` threads.
 *
 * @param weights (M, C / groups, ...kernel), row-major; copied
 * @param place of errors
 * @throws {GdwsError} MODEL_INVALID where a weight is NaN or infinite; OUT_OF_MEMORY
 */
export async function decompose(
  weights: Float32Array,
  shape: ConvolutionShape,
  threads: number,
  place: ErrorDetails = {},
): Promise<Spectrum> {
  try {
    const decomposition = await native().decompose(weights, nativeLayer(shape), threads);
    return { shape, ...decomposition };
  } catch (cause) {
    throw withPlace(cause, weights, shape, place);
  }
}

/** Rounding error of weights in single precision, as a share of their energy. */
const rounding = 2 ** -48;

/**
 * α_c σ²_{c,i} of every component, (C, rank): the growth of the weighted error e² when it is dropped. 0 beyond the numerical rank
 * of a channel's weights, which are in single precision.
 */
export function energies({ shape, singularValues }: Spectrum, alpha?: ArrayLike<number>): Float64Array {
  const ofChannel = rank(shape);
  const result = new Float64Array(singularValues.length);
  for (let channel = 0; channel < shape.inputChannels; ++channel) {
    const first = channel * ofChannel;
    const squares = singularValues.subarray(first, first + ofChannel).map((value) => value * value);
    const negligible = rounding * squares.reduce((sum, square) => sum + square, 0);
    squares.forEach((square, i) => {
      if (square > negligible) result[first + i] = (alpha?.[channel] ?? 1) * square;
    });
  }
  return result;
}
