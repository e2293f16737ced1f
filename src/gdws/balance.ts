import type { ConvolutionShape } from './shape';

/**
 * The weights with every output channel scaled to the same size, so that an error counts relative to the output it spoils,
 * as in a network with normalisations. Folded batch normalisations then do not matter, either. Output channels without
 * weights stay, and so do those with weights that are not finite: the decomposition names them.
 */
export function balanceOutputs(weights: Float32Array, shape: ConvolutionShape): Float32Array {
  const length = weights.length / shape.outputChannels;
  const balanced = new Float32Array(weights.length);
  for (let output = 0; output < shape.outputChannels; ++output) {
    const [first, end] = [output * length, (output + 1) * length];
    let energy = 0;
    for (let i = first; i < end; ++i) energy += weights[i]! * weights[i]!;
    const scale = energy > 0 && energy < Infinity ? 1 / Math.sqrt(energy) : 1;
    for (let i = first; i < end; ++i) balanced[i] = weights[i]! * scale;
  }
  return balanced;
}
