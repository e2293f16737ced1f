import { GdwsError } from '../../base/errors';
import { compareOutcomes } from '../comparison';
import type { CandidateComparison, CandidateReport, NaturalComparison, NaturalReport, Transfer } from '../evaluation';
import { sum } from '../statistics/sum';
import { proportion } from '../statistics/wilson';
import { checkOutcomes, fromDigits, joined, type ModelOutcomes, type Outcomes } from './outcomes';

/** Report of a candidate, without the perturbed images; what belongs to an attack is absent without one. */
export type MergedReport = NaturalReport & Partial<Pick<CandidateReport, 'robust' | 'standing' | 'ways'>>;

/** An evaluation that is put together from shards; what belongs to an attack is absent without one. */
export interface MergedEvaluation {
  /** A report of each, in the order given. */
  readonly candidates: readonly MergedReport[];
  /** The first candidate against each other one. */
  readonly comparisons: readonly (NaturalComparison & Partial<CandidateComparison>)[];
  /** Every ordered pair, if asked for. */
  readonly transfers?: readonly Transfer[];
}

/**
 * The evaluation of all images, from the outcomes of all shards in any order. `seconds` are the sum of theirs.
 *
 * @throws {GdwsError} ARGUMENT_INVALID where images are missing or occur twice, and for outcomes of different classifiers or attacks
 */
export function mergeShards(shards: readonly Outcomes[]): MergedEvaluation {
  for (const shard of shards) checkOutcomes(shard);
  const inOrder = shards.filter(({ images }) => images > 0).sort((one, other) => one.first - other.first);
  const total = inOrder[0]?.total ?? 0;
  const { images, models, transfers } = joined(inOrder, 0, total);
  if (total === 0 || images < total) {
    throw new GdwsError('ARGUMENT_INVALID', `there are outcomes of ${images} images, of ${total}.`, {
      remedy: 'Give those of all images, each once.',
    });
  }
  const candidates = models.map((model) => reportOf(model, total));
  const [first, ...others] = candidates as [MergedReport, ...MergedReport[]];
  return {
    candidates,
    comparisons: others.map((other) => ({
      from: first.name,
      to: other.name,
      natural: compareOutcomes(first.correct, other.correct),
      ...(first.standing && other.standing && { robust: compareOutcomes(first.standing, other.standing) }),
    })),
    transfers: transfers?.map(({ madeOn, triedOn, robust, shared, transferred }) => ({
      ...{ madeOn, triedOn },
      robust: proportion(robust, total),
      transferred: proportion(transferred, shared),
    })),
  };
}

function reportOf({ name, correct, standing, ways, passes, seconds }: ModelOutcomes, total: number): MergedReport {
  const share = (outcomes: Uint8Array) => proportion(sum(outcomes), total);
  const [right, left] = [fromDigits(correct), standing === undefined ? undefined : fromDigits(standing)];
  return {
    name,
    natural: share(right),
    correct: right,
    ...(left && { robust: share(left), standing: left }),
    ways: ways?.map(({ attack, norm, madeOn, standing: text }) => {
      const own = fromDigits(text);
      return { attack, norm, madeOn, robust: share(own), standing: own };
    }),
    passes,
    seconds,
    imagesPerSecond: total / seconds,
  };
}
