import type { Ranking } from './ranking';

/**
 * Least-complexity GDWS of one layer (the paper's algorithm 2): the fewest steps whose weighted error e² is at most `beta`.
 * Exact, since components are dropped in ascending order of their energy.
 */
export function lego(ranking: Ranking, beta: number): number {
  let enough = ranking.steps;
  let tooFew = -1;
  while (enough - tooFew > 1) {
    const middle = (enough + tooFew) >> 1;
    if (ranking.errors[middle]! <= beta) enough = middle;
    else tooFew = middle;
  }
  return enough;
}
