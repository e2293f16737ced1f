import { GdwsError } from '../base/errors';
import { checkOptions } from '../base/options';
import { checkImages } from './attack';
import { compareOutcomes } from './comparison';
import { evaluateAttacked } from './evaluate-attacked';
import { evaluateOptions } from './evaluate-options';
import type {
  Candidate,
  EvaluateOptions,
  Evaluation,
  NaturalCandidate,
  NaturalEvaluation,
  NaturalReport,
} from './evaluation';
import { naturalOutcomes } from './natural';
import { LogitQueries } from './queries';
import type { AttackSettings, SquareSettings } from './settings';
import { sum } from './statistics/sum';
import { proportion } from './statistics/wilson';

export type * from './evaluation';
export type { WayAccuracy, WayReport } from './ways';

/**
 * Natural and robust accuracy of classifiers on the same images, with 95 % Wilson intervals; without an attack, natural accuracy
 * alone.
 *
 * Rounding hides gradients. So where the attack uses them, a quantized classifier must also withstand the images made on the candidates
 * that are not quantized, and, as all others beside it, the attack square; `ways` has each alone.
 *
 * @param images (N x C x H x W), in [0, 1]
 * @param labels the class of each image
 * @throws {GdwsError} what {@link attack} throws, before any work is done; ARGUMENT_INVALID without candidates
 */
export function evaluate(
  candidates: readonly Candidate[],
  images: Float32Array,
  labels: ArrayLike<number>,
  settings: AttackSettings,
  options?: EvaluateOptions,
): Promise<Evaluation>;
export function evaluate(
  candidates: readonly NaturalCandidate[],
  images: Float32Array,
  labels: ArrayLike<number>,
  settings: SquareSettings,
  options?: EvaluateOptions,
): Promise<Evaluation>;
export function evaluate(
  candidates: readonly NaturalCandidate[],
  images: Float32Array,
  labels: ArrayLike<number>,
  settings?: undefined,
  options?: EvaluateOptions,
): Promise<NaturalEvaluation>;
export async function evaluate(
  candidates: readonly NaturalCandidate[],
  images: Float32Array,
  labels: ArrayLike<number>,
  settings?: AttackSettings,
  options: EvaluateOptions = {},
): Promise<Evaluation | NaturalEvaluation> {
  checkOptions(options, evaluateOptions);
  checkSubjects(candidates, images, labels, options.firstImage);
  if (settings) return evaluateAttacked(candidates, { images, labels }, settings, options);
  const idle = (['transfer', 'transferFrom', 'squareQueries'] as const).find((name) => options[name]);
  if (idle) {
    throw new GdwsError('ARGUMENT_INVALID', `${idle} is asked for without an attack.`, {
      remedy: 'What is tried on the others are the images that an attack makes: name one.',
    });
  }
  const reports: NaturalReport[] = [];
  for (const candidate of candidates) reports.push(await evaluateNaturally(candidate, images, labels, options));
  const [first, ...others] = reports as [NaturalReport, ...NaturalReport[]];
  return {
    candidates: reports,
    comparisons: others.map((other) => ({
      from: first.name,
      to: other.name,
      natural: compareOutcomes(first.correct, other.correct),
    })),
  };
}

function checkSubjects(
  candidates: readonly NaturalCandidate[],
  images: Float32Array,
  labels: ArrayLike<number>,
  firstImage?: number,
): void {
  if (candidates.length === 0 || labels.length === 0) {
    throw new GdwsError('ARGUMENT_INVALID', `there are no ${labels.length === 0 ? 'images' : 'classifiers'}.`);
  }
  for (const { classifier } of candidates) checkImages(classifier, images, labels, firstImage);
}

async function evaluateNaturally(
  { name, classifier }: NaturalCandidate,
  images: Float32Array,
  labels: ArrayLike<number>,
  options: EvaluateOptions,
): Promise<NaturalReport> {
  const { batchSize = 32, signal } = options;
  const began = performance.now();
  const total = labels.length;
  const seconds = (): number => (performance.now() - began) / 1000;
  const queries = new LogitQueries(classifier, batchSize, signal);
  const correct = await naturalOutcomes(queries, images, labels, batchSize, (outcomes) => {
    const done = outcomes.length;
    const { passes } = queries;
    options.onProgress?.({
      ...{ classifier: name, done, total, broken: done - sum(outcomes), passes },
      imagesPerSecond: done / seconds(),
    });
  });
  const elapsed = seconds();
  return {
    name,
    natural: proportion(sum(correct), total),
    correct,
    passes: queries.passes,
    seconds: elapsed,
    imagesPerSecond: total / elapsed,
  };
}
