import type { Ranking } from './ranking';

/**
 * Minimum-error GDWS of one layer (the paper's algorithm 1): the steps to take for the least weighted error e² with at most
 * `kernels` = Γ depthwise kernels in all. Exact, since the error left is the sum of the components not kept.
 */
export function mego(ranking: Ranking, kernels: number): number {
  return Math.max(0, Math.min(ranking.steps, Math.floor(kernels / ranking.shape.groups)));
}
