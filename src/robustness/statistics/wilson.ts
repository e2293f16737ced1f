/** A share of a sample, with the confidence interval of the share of the population. */
export interface Proportion {
  /** Members of the sample that count. */
  readonly successes: number;
  /** Size of the sample. */
  readonly trials: number;
  /** successes / trials; NaN without trials. */
  readonly value: number;
  /** Lower end of the interval; 0 without trials. */
  readonly lower: number;
  /** Upper end of the interval; 1 without trials. */
  readonly upper: number;
}

/** The 97.5 % quantile of the normal distribution. */
const quantile = 1.959963984540054;

/** A share and its 95 % score interval (Wilson, Probable inference, JASA 1927), without continuity correction. */
export function proportion(successes: number, trials: number): Proportion {
  if (trials === 0) return { successes, trials, value: NaN, lower: 0, upper: 1 };
  const value = successes / trials;
  const square = quantile * quantile;
  const center = (successes + square / 2) / (trials + square);
  const half = (quantile / (trials + square)) * Math.sqrt(trials * value * (1 - value) + square / 4);
  // Exactly 0 and 1 at the ends, without rounding errors.
  return {
    successes,
    trials,
    value,
    lower: successes === 0 ? 0 : center - half,
    upper: successes === trials ? 1 : center + half,
  };
}
