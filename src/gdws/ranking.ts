import { rank, type ConvolutionShape } from './shape';

/**
 * The components (channel, i) of a layer in descending order of energy.
 *
 * ONNX's pointwise convolution needs the same number of kernels in every group. Therefore the choice is a number n of *steps*:
 * step n keeps the n-th best component of every group. Without groups a step is one component.
 */
export interface Ranking {
  readonly shape: ConvolutionShape;
  /** Number of steps: all components of a group. */
  readonly steps: number;
  /** (groups, steps): component `channel·rank + i` that each step takes in each group. */
  readonly order: Int32Array;
  /** (steps + 1): `errors[n]` is e² after n steps. Non-increasing and convex; the last is 0. */
  readonly errors: Float64Array;
}

/** Ranks the components of a layer by their energies α_c σ²_{c,i}, (C, rank), descending in each channel. */
export function rankComponents(shape: ConvolutionShape, energies: Float64Array): Ranking {
  const steps = (shape.inputChannels / shape.groups) * rank(shape);
  const order = new Int32Array(shape.groups * steps);
  const gains = new Float64Array(steps);
  for (let group = 0; group < shape.groups; ++group) {
    const ofGroup = order.subarray(group * steps, (group + 1) * steps);
    // Equal energies stay in order, so that a channel's first components are taken first.
    ofGroup.forEach((_, i) => (ofGroup[i] = group * steps + i));
    ofGroup.sort((a, b) => energies[b]! - energies[a]! || a - b);
    ofGroup.forEach((component, step) => (gains[step]! += energies[component]!));
  }
  const errors = new Float64Array(steps + 1);
  for (let step = steps - 1; step >= 0; --step) errors[step] = errors[step + 1]! + gains[step]!;
  return { shape, steps, order, errors };
}

/** G after `steps` steps. */
export function kernelCount(ranking: Ranking, steps: number): number {
  return steps * ranking.shape.groups;
}

/** g_c of every channel after `steps` steps. */
export function kernelsOfChannels(ranking: Ranking, steps: number): Int32Array {
  const counts = new Int32Array(ranking.shape.inputChannels);
  const ofChannel = rank(ranking.shape);
  for (let group = 0; group < ranking.shape.groups; ++group) {
    for (let step = 0; step < steps; ++step) {
      counts[Math.floor(ranking.order[group * ranking.steps + step]! / ofChannel)]! += 1;
    }
  }
  return counts;
}
