/**
 * The `fraction`-quantile of numbers in ascending order, linear between neighbours (the default of numpy and R, type 7).
 * NaN for none.
 */
export function quantile(ascending: ArrayLike<number>, fraction: number): number {
  if (ascending.length === 0) return NaN;
  const position = fraction * (ascending.length - 1);
  const below = ascending[Math.floor(position)]!;
  const above = ascending[Math.ceil(position)]!;
  return below + (above - below) * (position - Math.floor(position));
}

/** Median, quartiles and extremes of some numbers. */
export interface Distribution {
  /** How many numbers there are; without any, the other fields are NaN. */
  readonly count: number;
  /** The smallest. */
  readonly minimum: number;
  /** The 25 % quantile. */
  readonly lowerQuartile: number;
  /** The 50 % quantile. */
  readonly median: number;
  /** The 75 % quantile. */
  readonly upperQuartile: number;
  /** The largest. */
  readonly maximum: number;
}

/** Describes `numbers`, in any order. */
export function describe(numbers: Iterable<number>): Distribution {
  const ascending = Float64Array.from(numbers).sort();
  return {
    count: ascending.length,
    minimum: quantile(ascending, 0),
    lowerQuartile: quantile(ascending, 0.25),
    median: quantile(ascending, 0.5),
    upperQuartile: quantile(ascending, 0.75),
    maximum: quantile(ascending, 1),
  };
}

/** Ratio of two times, from samples that were taken in turn. */
export interface Ratio {
  /** Median of the first by median of the second. */
  readonly ofMedians: number;
  /** Of the quotients within each round: load that slows both cancels. */
  readonly ofPairs: Distribution;
}

/** Compares samples of which the i-th of each was taken in the same round. */
export function ratio(first: readonly number[], second: readonly number[]): Ratio {
  if (first.length !== second.length) throw new RangeError('ratio: the samples are not in pairs.');
  return {
    ofMedians: describe(first).median / describe(second).median,
    ofPairs: describe(first.map((time, round) => time / second[round]!)),
  };
}
