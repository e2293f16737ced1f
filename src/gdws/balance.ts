import type { ConvolutionShape } from './shape';

/**
 * The weights with every output channel scaled to the same norm, so that errors are relative to their output, as in a network
 * with normalisations. Then folded batch normalisations make no difference. Output channels of zeros stay, and so do those with
 * weights that are not finite, which the decomposition refuses.
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
