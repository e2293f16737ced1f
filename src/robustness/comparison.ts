import { mcnemar } from './statistics/mcnemar';

/** How the outcomes of two classifiers on the same points differ. */
export interface OutcomeComparison {
  /** Points that the first gets right and the second does not. */
  readonly lost: number;
  /** Points that the second gets right and the first does not. */
  readonly gained: number;
  /** Two-sided p-value of McNemar's exact test that both are equally good. */
  readonly pValue: number;
}

/** Compares point by point; 1 is right, 0 wrong. */
export function compareOutcomes(first: Uint8Array, second: Uint8Array): OutcomeComparison {
  const lost = first.filter((right, point) => right && !second[point]).length;
  const gained = second.filter((right, point) => right && !first[point]).length;
  return { lost, gained, pValue: mcnemar(lost, gained) };
}
