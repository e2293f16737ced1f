import { native } from '../addon/native';
import type { ErrorDetails } from '../base/errors';
import { nativeLayer, withPlace } from './native-layer';
import type { ConvolutionShape } from './shape';
import type { Spectrum } from './spectrum';

/** Second moments of a layer's inputs and outputs; copied. */
interface Moments {
  /** (C, K², K²): Σ_c, of the patches of each input channel; may be singular. */
  readonly patches: Float64Array;
  /** (groups, M / groups, M / groups): H of the outputs of each group; the identity if absent. */
  readonly fisher?: Float64Array;
}

/**
 * Decomposes all channels of a layer, weighted by its measured inputs and outputs: H^½ W_c Σ_c^½ instead of W_c. Off the JavaScript thread, in C++ over `threads` threads.
 *
 * In the spectrum, σ² is the growth of the layer's loss, tr(H ΔW Σ_c ΔWᵀ), when the component is dropped, and
 * `rightVectors` are the depthwise kernels v_iᵀ Σ_c^{-½}, of unit length but not orthogonal to each other: their pointwise
 * weights are not W_c v, but those of least squares. Where σ is 0 (a dead channel, a direction without energy) the kernel
 * is all zeros.
 *
 * @param weights (M, C / groups, ...kernel), row-major; copied
 * @param place of errors
 * @throws {GdwsError} MODEL_INVALID where a weight is NaN or infinite; ARGUMENT_INVALID where a matrix has another size, is
 *   not finite, not symmetric or clearly indefinite; OUT_OF_MEMORY
 */
export async function decomposeWhitened(
  { weights, shape }: { readonly weights: Float32Array; readonly shape: ConvolutionShape },
  { patches, fisher }: Moments,
  threads: number,
  place: ErrorDetails = {},
): Promise<Spectrum> {
  try {
    const layer = nativeLayer(shape);
    const { singularValues, kernels } = await native().decomposeWhitened(weights, layer, threads, patches, fisher);
    return { shape, singularValues, rightVectors: kernels };
  } catch (cause) {
    throw withPlace(cause, weights, shape, place);
  }
}
