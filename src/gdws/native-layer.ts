import type { NativeLayer } from '../addon/native';
import { GdwsError, type ErrorCode, type ErrorDetails } from '../base/errors';
import { taps, type ConvolutionShape } from './shape';

/** The dimensions of a layer, as the addon takes them. */
export function nativeLayer(shape: ConvolutionShape): NativeLayer {
  const { outputChannels, inputChannels, groups } = shape;
  return { outputChannels, inputChannels, groups, taps: taps(shape) };
}

/** The addon's error about a layer, with its place. */
export function withPlace(
  cause: unknown,
  weights: Float32Array,
  shape: ConvolutionShape,
  place: ErrorDetails,
): GdwsError {
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
