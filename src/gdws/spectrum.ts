import type { ErrorDetails } from '../errors';
import { native } from '../native';
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
 * @param place what an error names
 * @throws {GdwsError} MODEL_INVALID where a weight is NaN or infinite; OUT_OF_MEMORY
 */
export async function decompose(
  weights: Float32Array,
  shape: ConvolutionShape,
  threads: number,
  place: ErrorDetails = {},
): Promise<Spectrum> {
  try {
    const decomposition = await native.decompose(weights, nativeLayer(shape), threads);
    return { shape, ...decomposition };
  } catch (cause) {
    throw withPlace(cause, weights, shape, place);
  }
}

/** α_c σ²_{c,i} of every component, (C, rank): what the weighted error e² grows by when it is dropped. */
export function energies(spectrum: Spectrum, alpha?: ArrayLike<number>): Float64Array {
  const ofChannel = rank(spectrum.shape);
  return spectrum.singularValues.map((value, index) => (alpha?.[Math.floor(index / ofChannel)] ?? 1) * value * value);
}
