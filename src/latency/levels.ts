import { denseWeights, gdwsWeights } from '../gdws/cost';
import { kernelsOfChannels, rankComponents } from '../gdws/ranking';
import { rank, type ConvolutionShape } from '../gdws/shape';

/**
 * How many depthwise kernels layers are timed with, as shares of those with which GDWS has the multiply-accumulates of the
 * standard convolution: closest where GDWS is worth while.
 */
export const levels = [0, 1 / 16, 1 / 8, 3 / 16, 1 / 4, 3 / 8, 1 / 2, 3 / 4, 1] as const;

/** Kernels in each group at a level, at least one. */
export function stepsAt(shape: ConvolutionShape, level: number): number {
  const most = (shape.inputChannels / shape.groups) * rank(shape);
  const breakEven = denseWeights(shape) / gdwsWeights(shape, shape.groups);
  return Math.max(1, Math.min(most, Math.round(level * breakEven)));
}

/**
 * g_c of every channel, as uneven as in compressed networks, for times depend on that: the ranking of made-up spectra that
 * fall in each channel, and are a hundred times as strong in some as in others.
 */
export function unevenCounts(shape: ConvolutionShape, steps: number): Int32Array {
  const ofChannel = rank(shape);
  const energies = new Float64Array(shape.inputChannels * ofChannel);
  for (let channel = 0; channel < shape.inputChannels; ++channel) {
    // Weyl's sequence: spread evenly, and never regular.
    const spread = (channel * goldenRatio) % 1;
    for (let i = 0; i < ofChannel; ++i) energies[channel * ofChannel + i] = 100 ** spread * decay ** i;
  }
  return kernelsOfChannels(rankComponents(shape, energies), steps);
}

const goldenRatio = (Math.sqrt(5) - 1) / 2;
const decay = 0.4;
