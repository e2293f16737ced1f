import { GdwsError } from '../base/errors';
import { boolean, callback, checkOptions, pickOptions, type OptionTable } from '../base/options';
import { rows } from '../gradient/rows';
import { attack, attackOptions, checkImages, type AttackOptions } from './attack';
import { predictedClass, type Classifier, type LogitsClassifier } from './classifier';
import { compareOutcomes, type OutcomeComparison } from './comparison';
import { naturalOutcomes } from './natural';
import { LogitQueries, Queries, type Passes } from './queries';
import type { AttackSettings } from './settings';
import { proportion, type Proportion } from './statistics/wilson';

/** A classifier and its name in reports. */
export interface Candidate {
  /** Its name in reports. */
  readonly name: string;
  /** The classifier to attack and evaluate. */
  readonly classifier: Classifier;
}

/** A classifier that is evaluated without an attack. */
export interface NaturalCandidate {
  /** Its name in reports. */
  readonly name: string;
  /** The classifier to evaluate. */
  readonly classifier: LogitsClassifier;
}

/** Options of an evaluation, besides the attack. */
export interface EvaluateOptions extends Omit<AttackOptions, 'onProgress'> {
  /** Whether images made on each classifier are also tried on the others (default false). */
  readonly transfer?: boolean;
  /** Called after every pass through a network. */
  onProgress?(progress: EvaluationProgress): void;
}

const evaluateOptions: OptionTable<EvaluateOptions> = { ...attackOptions, transfer: boolean, onProgress: callback };

/** Progress of an evaluation. */
export interface EvaluationProgress {
  /** Name of the classifier at work. */
  readonly classifier: string;
  /** Its images that are done. */
  readonly done: number;
  /** All of its images. */
  readonly total: number;
  /** Number of done images that it gets wrong, attacked or not. */
  readonly broken: number;
  /** Of this classifier so far. */
  readonly passes: Passes;
  /** Images of this classifier per second, on average so far. */
  readonly imagesPerSecond: number;
}

/** Accuracy of one classifier. */
export interface NaturalReport {
  /** Name of the candidate. */
  readonly name: string;
  /** Share classified right without an attack. */
  readonly natural: Proportion;
  /** 1 for each image classified right without an attack. */
  readonly correct: Uint8Array;
  /** How often images went through the network. */
  readonly passes: Passes;
  /** Total time of the candidate. */
  readonly seconds: number;
  /** All images by `seconds`. */
  readonly imagesPerSecond: number;
}

/** Accuracy of one classifier, natural and under the attack. */
export interface CandidateReport extends NaturalReport {
  /** Share classified right without an attack and after it. */
  readonly robust: Proportion;
  /** 1 for each image still classified right after it. */
  readonly standing: Uint8Array;
  /** The perturbed images (N x C x H x W); see {@link AttackResult.images}. */
  readonly images: Float32Array;
}

/** How two classifiers differ without an attack, point by point. */
export interface NaturalComparison {
  /** Name of the first candidate. */
  readonly from: string;
  /** Name of the other candidate. */
  readonly to: string;
  /** Without an attack. */
  readonly natural: OutcomeComparison;
}

/** How two classifiers differ, point by point. */
export interface CandidateComparison extends NaturalComparison {
  /** Without an attack and after it. */
  readonly robust: OutcomeComparison;
}

/** Result of images that were made on one classifier and given to another. */
export interface Transfer {
  /** Name of the candidate that was attacked. */
  readonly madeOn: string;
  /** Name of the candidate that was given the images. */
  readonly triedOn: string;
  /** Share that the other classifier gets right without an attack and with these images. */
  readonly robust: Proportion;
  /** Of the images that both get right and that break the first, the share that break the other. */
  readonly transferred: Proportion;
}

/** Result of an evaluation. */
export interface Evaluation {
  /** A report of each, in the order given. */
  readonly candidates: readonly CandidateReport[];
  /** The first candidate against each other one. */
  readonly comparisons: readonly CandidateComparison[];
  /** Every ordered pair, if asked for. */
  readonly transfers: readonly Transfer[];
}

/** Result of an evaluation without an attack. */
export interface NaturalEvaluation {
  /** A report of each, in the order given. */
  readonly candidates: readonly NaturalReport[];
  /** The first candidate against each other one. */
  readonly comparisons: readonly NaturalComparison[];
}

/**
 * Natural and robust accuracy of classifiers on the same images, with 95 % Wilson intervals; without an attack, natural accuracy
 * alone.
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
  checkSubjects(candidates, images, labels);
  if (settings) return evaluateAttacked(candidates as readonly Candidate[], images, labels, settings, options);
  if (options.transfer) {
    throw new GdwsError('ARGUMENT_INVALID', 'transfer is asked for without an attack.', {
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

function checkSubjects(candidates: readonly NaturalCandidate[], images: Float32Array, labels: ArrayLike<number>): void {
  if (candidates.length === 0 || labels.length === 0) {
    throw new GdwsError('ARGUMENT_INVALID', `there are no ${labels.length === 0 ? 'images' : 'classifiers'}.`);
  }
  for (const { classifier } of candidates) checkImages(classifier, images, labels);
}

async function evaluateAttacked(
  candidates: readonly Candidate[],
  images: Float32Array,
  labels: ArrayLike<number>,
  settings: AttackSettings,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const reports: CandidateReport[] = [];
  for (const candidate of candidates) reports.push(await evaluateOne(candidate, images, labels, settings, options));
  const [first, ...others] = reports as [CandidateReport, ...CandidateReport[]];
  return {
    candidates: reports,
    comparisons: others.map((other) => ({
      from: first.name,
      to: other.name,
      natural: compareOutcomes(first.correct, other.correct),
      robust: compareOutcomes(first.standing, other.standing),
    })),
    transfers: options.transfer ? await tryOnOthers(candidates, reports, labels, options) : [],
  };
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
  const correct = new Uint8Array(total);
  const size = images.length / total;
  for (let begin = 0; begin < total; begin += batchSize) {
    const done = Math.min(total, begin + batchSize);
    const part = Array.from({ length: done - begin }, (_, index) => labels[begin + index]!);
    correct.set(await naturalOutcomes(queries, images.subarray(begin * size, done * size), part), begin);
    const broken = done - sum(correct.subarray(0, done));
    const { passes } = queries;
    options.onProgress?.({ classifier: name, done, total, broken, passes, imagesPerSecond: done / seconds() });
  }
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

async function evaluateOne(
  { name, classifier }: Candidate,
  images: Float32Array,
  labels: ArrayLike<number>,
  settings: AttackSettings,
  options: EvaluateOptions,
): Promise<CandidateReport> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const result = await attack(classifier, images, labels, settings, {
    ...pickOptions<AttackOptions>(attackOptions, { ...options, onProgress: undefined }),
    onProgress: (progress) =>
      options.onProgress?.({ ...progress, classifier: name, imagesPerSecond: progress.done / seconds() }),
  });
  const elapsed = seconds();
  return {
    name,
    natural: proportion(sum(result.correct), labels.length),
    robust: proportion(sum(result.standing), labels.length),
    ...result,
    seconds: elapsed,
    imagesPerSecond: labels.length / elapsed,
  };
}

async function tryOnOthers(
  candidates: readonly Candidate[],
  reports: readonly CandidateReport[],
  labels: ArrayLike<number>,
  { batchSize = 32, signal }: EvaluateOptions,
): Promise<Transfer[]> {
  const transfers: Transfer[] = [];
  for (const [made, source] of reports.entries()) {
    for (const [tried, target] of reports.entries()) {
      if (made === tried) continue;
      const queries = new Queries(candidates[tried]!.classifier, batchSize, signal);
      const logits = await queries.logits(rows(source.images, source.images.length / labels.length));
      const right = logits.map((row, image) => predictedClass(row) === labels[image]);
      const stands = right.map((value, image) => value && target.correct[image] === 1);
      const shared = right.map(
        (_, image) => source.correct[image]! & target.correct[image]! & ~source.standing[image]!,
      );
      transfers.push({
        madeOn: source.name,
        triedOn: target.name,
        robust: proportion(stands.filter(Boolean).length, labels.length),
        transferred: proportion(right.filter((value, image) => shared[image] && !value).length, sum(shared)),
      });
    }
  }
  return transfers;
}

function sum(flags: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < flags.length; ++index) total += flags[index]!;
  return total;
}
