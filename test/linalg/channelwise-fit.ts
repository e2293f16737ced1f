import { eigen } from './jacobi';
import { solve, squareRoot, times, transpose } from './matrices';

/** The regression that the stages of a layer are fitted to; without a ridge. */
export interface ChannelwiseProblem {
  readonly channels: number;
  readonly taps: number;
  readonly outputs: number;
  readonly patches: Float64Array;
  readonly cross: Float64Array;
  readonly fisher: Float64Array;
}

/**
 * The block that each channel has after the sweeps: rank-limited least squares of what the others leave, one channel after the
 * other, written down as it is defined. Every channel keeps `count` kernels, and outputs are weighted by H.
 *
 * @param blocks (outputs, channels · taps) to begin with
 */
export function sweptBlocks(problem: ChannelwiseProblem, blocks: Float64Array, count: number): Float64Array {
  const { channels, taps, outputs, patches, cross, fisher } = problem;
  const size = channels * taps;
  const part = (matrix: Float64Array, rows: number, firstRow: number, channel: number) =>
    Float64Array.from({ length: rows * taps }, (_, i) => {
      return matrix[(firstRow + Math.floor(i / taps)) * size + channel * taps + (i % taps)]!;
    });
  const energyOf = (channel: number) => {
    const block = part(blocks, outputs, 0, channel);
    const weighted = times(
      fisher,
      times(block, part(patches, taps, channel * taps, channel), outputs, taps),
      outputs,
      outputs,
    );
    return weighted.reduce((sum, value, i) => sum + value * block[i]!, 0);
  };
  const energies = Array.from({ length: channels }, (_, channel) => energyOf(channel));
  const order = energies.map((_, channel) => channel).sort((a, b) => energies[b]! - energies[a]!);
  for (const channel of order) {
    const others = blocks.map((value, i) => (Math.floor((i % size) / taps) === channel ? 0 : value));
    const explained = times(others, patches, outputs, size);
    const left = part(
      cross.map((value, i) => value - explained[i]!),
      outputs,
      0,
      channel,
    );
    const moment = part(patches, taps, channel * taps, channel);
    const whole = transpose(solve(moment, transpose(left, outputs), taps), taps);
    // The best of rank `count` in the norm of H and the moment: onto the first eigenvectors v of R Rᵀ, R = left moment^-½,
    // in the norm of H; these are the eigenvectors of left moment^-1 leftᵀ H.
    const { vectors } = eigen(
      symmetric(fisher, times(whole, transpose(left, outputs), outputs, taps), outputs),
      outputs,
    );
    const basis = vectors.slice(0, count);
    const root = squareRoot(fisher, outputs);
    const rooted = times(root, whole, outputs, outputs);
    const projected = new Float64Array(outputs * taps);
    for (const vector of basis) {
      const row = times(vector, rooted, 1, outputs);
      vector.forEach((v, output) => row.forEach((value, tap) => (projected[output * taps + tap]! += v * value)));
    }
    const block = solve(root, projected, outputs);
    block.forEach((value, i) => {
      blocks[Math.floor(i / taps) * size + channel * taps + (i % taps)] = value;
    });
  }
  return blocks;
}

/** H^½ M H^½. */
function symmetric(fisher: Float64Array, matrix: Float64Array, n: number): Float64Array {
  const root = squareRoot(fisher, n);
  const product = times(times(root, matrix, n, n), root, n, n);
  return product.map((value, i) => (value + product[(i % n) * n + Math.floor(i / n)]!) / 2);
}
