import type { ConvolutionShape } from './shape';

/**
 * The weights with every output channel scaled to the same size, so that an error counts relative to the output it spoils,
 * as in a network with normalisations. Folded batch normalisations then do not matter, either. Output channels without
 * weights stay.
 */
export function balanceOutputs(weights: Float32Array, shape: ConvolutionShape): Float32Array {
  const length = weights.length / shape.outputChannels;
  const balanced = new Float32Array(weights.length);
  for (let output = 0; output < shape.outputChannels; ++output) {
    const row = weights.subarray(output * length, (output + 1) * length);
    const energy = row.reduce((sum, weight) => sum + weight * weight, 0);
    const scale = energy > 0 ? 1 / Math.sqrt(energy) : 0;
    row.forEach((weight, i) => (balanced[output * length + i] = weight * scale));
  }
  return balanced;
}
