import { native, type NativePointwise } from '../addon/native';
import { fromFloat32, toFloat32 } from '../onnx/floats';
import type { Layer } from './layers';
import { nativeLayer, withPlace } from './native-layer';
import { kernelsOfChannels, type Ranking } from './ranking';
import { rank, taps, type ConvolutionShape } from './shape';
import type { Spectrum } from './spectrum';

/** The two stages of a GDWS convolution. */
export interface Stages {
  /** g_c of every input channel. */
  readonly counts: Int32Array;
  /** (G, K²), the kernels of channel 0 first, as the layer's type stores them. */
  readonly kernels: Float32Array;
  /** (M, G / groups) */
  readonly pointwise: Float32Array;
  /** ‖W_c - Q_c‖² of every channel. */
  readonly errors: Float64Array;
}

/** The kernels that the first `steps` steps of a ranking take. */
export function chosenKernels(
  { type, shape }: Layer,
  { rightVectors }: Spectrum,
  ranking: Ranking,
  steps: number,
): Pick<Stages, 'counts' | 'kernels'> {
  const counts = kernelsOfChannels(ranking, steps);
  const kernels = new Float32Array(steps * shape.groups * taps(shape));
  const ofChannel = rank(shape) * taps(shape);
  let end = 0;
  counts.forEach((count, channel) => {
    const first = channel * ofChannel;
    kernels.set(rightVectors.subarray(first, first + count * taps(shape)), end);
    end += count * taps(shape);
  });
  return { counts, kernels: toFloat32(fromFloat32(type, [], kernels)) };
}

/** The stages with the pointwise weights of the least error: W_c v for each kernel v of channel c. */
export async function nearestStages(
  layer: Layer,
  spectrum: Spectrum,
  ranking: Ranking,
  steps: number,
  threads: number,
): Promise<Stages> {
  const { name, weights, shape } = layer;
  const { counts, kernels } = chosenKernels(layer, spectrum, ranking, steps);
  let nearest: NativePointwise;
  try {
    // For the kernels as they are stored, rounded.
    nearest = await native().pointwiseWeights(weights, nativeLayer(shape), threads, counts, kernels);
  } catch (cause) {
    throw withPlace(cause, weights, shape, { node: name, operator: 'Conv' });
  }
  return { counts, kernels, pointwise: nearest.weights, errors: nearest.errors };
}

/** ‖W_c - Q_c‖² of every channel, Q_c being the block that the stages make. */
export function blockErrors(
  weights: Float32Array,
  shape: ConvolutionShape,
  { counts, kernels, pointwise }: Omit<Stages, 'errors'>,
): Float64Array {
  const { inputChannels, outputChannels, groups } = shape;
  const [perGroup, rows, size] = [inputChannels / groups, outputChannels / groups, taps(shape)];
  const features = kernels.length / size / groups;
  const errors = new Float64Array(inputChannels);
  let first = 0;
  counts.forEach((count, channel) => {
    const group = Math.floor(channel / perGroup);
    for (let row = 0; row < rows; ++row) {
      const output = group * rows + row;
      const block = (output * perGroup + (channel % perGroup)) * size;
      for (let tap = 0; tap < size; ++tap) {
        let left = weights[block + tap]!;
        for (let i = 0; i < count; ++i) {
          left -= pointwise[output * features + first - group * features + i]! * kernels[(first + i) * size + tap]!;
        }
        errors[channel]! += left * left;
      }
    }
    first += count;
  });
  return errors;
}
