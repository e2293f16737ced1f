/** Drop of accuracy from one classifier to another on the same points, as a share of the points. */
export interface PairedDrop {
  /** Points that the first gets right and the second does not. */
  readonly lost: number;
  /** Points that the second gets right and the first does not. */
  readonly gained: number;
  /** All points. */
  readonly trials: number;
  /** (lost - gained) / trials. */
  readonly estimate: number;
  /** Upper bound of the drop of the population, at the given confidence. */
  readonly atMost: number;
  /** Confidence of `atMost`, above 0 and below 1. */
  readonly confidence: number;
}

/**
 * The drop with its one-sided upper bound: the interval for a difference of paired proportions of Agresti and Min (Simple
 * improved confidence intervals for comparing matched proportions, Statistics in Medicine 2005), who add half a point to
 * each of the four kinds of pairs.
 *
 * @param confidence above 0 and below 1
 */
export function pairedDrop(lost: number, gained: number, trials: number, confidence: number): PairedDrop {
  const points = trials + 2;
  const center = (lost - gained) / points;
  const variance = ((lost + gained + 1) / points - center * center) / points;
  const atMost = Math.min(1, center + normalQuantile(confidence) * Math.sqrt(variance));
  return { lost, gained, trials, estimate: trials === 0 ? 0 : (lost - gained) / trials, atMost, confidence };
}

/** x with Φ(x) = p, by bisection. */
export function normalQuantile(p: number): number {
  let [low, high] = [-40, 40];
  for (let step = 0; step < 200 && high - low > 1e-13; ++step) {
    const middle = (low + high) / 2;
    if (normalDistribution(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Φ(x), by the series of Marsaglia (Evaluating the normal distribution, 2004). */
function normalDistribution(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  let [sum, term] = [x, x];
  for (let n = 3; Math.abs(term) > 1e-17 * Math.abs(sum); n += 2) {
    term *= (x * x) / n;
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
}
