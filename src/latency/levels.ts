import { denseWeights, gdwsWeights } from '../gdws/cost';
import { kernelsOfChannels, rankComponents } from '../gdws/ranking';
import { rank, type ConvolutionShape } from '../gdws/shape';

/**
 * Numbers of depthwise kernels to time, as shares of the number at which GDWS has the multiply-accumulates of the standard
 * convolution: densest where GDWS saves most.
 */
export const levels = [0, 1 / 16, 1 / 8, 3 / 16, 1 / 4, 3 / 8, 1 / 2, 3 / 4, 1] as const;

/** Kernels in each group at a level, at least one. */
export function stepsAt(shape: ConvolutionShape, level: number): number {
  const most = (shape.inputChannels / shape.groups) * rank(shape);
  const breakEven = denseWeights(shape) / gdwsWeights(shape, shape.groups);
  return Math.max(1, Math.min(most, Math.round(level * breakEven)));
}

/**
 * g_c of every channel, as uneven as in compressed networks, since times depend on it: the ranking of synthetic spectra that decay
 * in each channel, and differ by up to a factor of 100 between channels.
 */
export function unevenCounts(shape: ConvolutionShape, steps: number): Int32Array {
  const ofChannel = rank(shape);
  const energies = new Float64Array(shape.inputChannels * ofChannel);
  for (let channel = 0; channel < shape.inputChannels; ++channel) {
    // Weyl's sequence: evenly distributed, without a period.
    const spread = (channel * goldenRatio) % 1;
    for (let i = 0; i < ofChannel; ++i) energies[channel * ofChannel + i] = 100 ** spread * decay ** i;
  }
  return kernelsOfChannels(rankComponents(shape, energies), steps);
}

const goldenRatio = (Math.sqrt(5) - 1) / 2;
const decay = 0.4;
