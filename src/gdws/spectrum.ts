import { GdwsError, type ErrorCode, type ErrorDetails } from '../errors';
import { native, type NativeLayer } from '../native';
import { rank, taps, type ConvolutionShape } from './shape';

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
    throw placed(cause, weights, shape, place);
  }
}

/** What the addon calls a layer. */
export function nativeLayer(shape: ConvolutionShape): NativeLayer {
  const { outputChannels, inputChannels, groups } = shape;
  return { outputChannels, inputChannels, groups, taps: taps(shape) };
}

function placed(cause: unknown, weights: Float32Array, shape: ConvolutionShape, place: ErrorDetails): GdwsError {
  const { code = 'INTERNAL', index, message } = cause as { code?: ErrorCode; index?: number; message: string };
  if (index === undefined) return new GdwsError(code, `${message}.`, { ...place, cause });
  const dims = [shape.outputChannels, shape.inputChannels / shape.groups, ...shape.kernel];
  return new GdwsError(code, `the weight at [${position(index, dims).join(', ')}] is ${weights[index]}.`, {
    ...place,
    shape: dims,
    remedy: 'GDWS needs finite weights; exclude the layer, or export the model again from a training that converged.',
  });
}

function position(index: number, dims: readonly number[]): number[] {
  const place: number[] = [];
  for (const dim of dims.toReversed()) {
    place.unshift(index % dim);
    index = Math.floor(index / dim);
  }
  return place;
}

/** α_c σ²_{c,i} of every component, (C, rank): what the weighted error e² grows by when it is dropped. */
export function energies(spectrum: Spectrum, alpha?: ArrayLike<number>): Float64Array {
  const ofChannel = rank(spectrum.shape);
  return spectrum.singularValues.map((value, index) => (alpha?.[Math.floor(index / ofChannel)] ?? 1) * value * value);
}
