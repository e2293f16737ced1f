/**
 * Two-sided p-value of McNemar's exact test: of the points that two classifiers differ on, `lost` went one way and `gained`
 * the other; the probability of a split at least as uneven if both ways were equally likely (McNemar, Psychometrika 1947; the
 * exact binomial form).
 */
export function mcnemar(lost: number, gained: number): number {
  const count = lost + gained;
  const least = Math.min(lost, gained);
  // By the logarithms of binomial probabilities, which do not underflow.
  let logarithm = -count * Math.LN2;
  let tail = 0;
  for (let successes = 0; successes <= least; ++successes) {
    tail += Math.exp(logarithm);
    logarithm += Math.log((count - successes) / (successes + 1));
  }
  return Math.min(1, 2 * tail);
}
