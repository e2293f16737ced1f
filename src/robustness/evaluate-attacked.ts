import { GdwsError } from '../base/errors';
import { pickOptions } from '../base/options';
import { attack, attackOptions, checkGradients, checkImages, type AttackOptions, type AttackResult } from './attack';
import { attackerOf } from './attacks';
import type { Classifier, LogitsClassifier } from './classifier';
import { compareOutcomes } from './comparison';
import type { CandidateReport, EvaluateOptions, Evaluation, NaturalCandidate, Transfer } from './evaluation';
import { naturalOutcomes } from './natural';
import { LogitQueries, type Passes } from './queries';
import type { AttackSettings, SquareSettings } from './settings';
import { sum } from './statistics/sum';
import { proportion } from './statistics/wilson';
import { isMasked, leastOf, squareBeside, thorough, type Found, type WayReport } from './ways';

/** What is evaluated on. */
interface Labelled {
  readonly images: Float32Array;
  readonly labels: ArrayLike<number>;
}

/** A candidate, and what it must withstand besides the attack itself. */
interface Subject extends NaturalCandidate {
  /** The others whose images are tried on it. */
  readonly sources: readonly NaturalCandidate[];
  readonly squares: readonly SquareSettings[];
}

/** A candidate under the attack itself. */
interface Attacked extends AttackResult {
  readonly seconds: number;
}

/** {@link evaluate} under an attack; settings and images are checked before any work is done. */
export async function evaluateAttacked(
  candidates: readonly NaturalCandidate[],
  on: Labelled,
  settings: AttackSettings,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const subjects = candidates.map((candidate) => subjectOf(candidate, candidates, settings, options));
  checkAttacks(subjects, on, settings, options);
  const sources = new Set(subjects.flatMap((subject) => subject.sources.map(({ classifier }) => classifier)));
  const attacked = new Map<LogitsClassifier, Attacked>();
  for (const one of [...candidates, ...subjects.flatMap((subject) => subject.sources)]) {
    if (attacked.has(one.classifier)) continue;
    const own = sources.has(one.classifier) ? thorough(settings) : settings;
    attacked.set(one.classifier, await attackOne(one, on, own, options));
  }
  const reports: CandidateReport[] = [];
  for (const subject of subjects) reports.push(await reportOf(subject, attacked, on, settings, options));
  const [first, ...others] = reports as [CandidateReport, ...CandidateReport[]];
  return {
    candidates: reports,
    comparisons: others.map((other) => ({
      from: first.name,
      to: other.name,
      natural: compareOutcomes(first.correct, other.correct),
      robust: compareOutcomes(first.standing, other.standing),
    })),
    transfers: options.transfer ? await tryOnOthers(candidates, attacked, on, options) : [],
  };
}

function subjectOf(
  candidate: NaturalCandidate,
  candidates: readonly NaturalCandidate[],
  settings: AttackSettings,
  { transferFrom = [], squareQueries }: EvaluateOptions,
): Subject {
  const { name, classifier } = candidate;
  const clear = candidates.filter((one) => !isMasked(one.classifier, settings));
  const others = clear.includes(candidate) ? transferFrom : [...transferFrom, ...clear];
  const sources = new Map(others.map((one) => [one.classifier, one]));
  sources.delete(classifier);
  // All candidates must withstand the same attacks, or comparing them would be unfair.
  const squares = clear.length < candidates.length ? squareBeside(settings, squareQueries) : [];
  return { name, classifier, sources: [...sources.values()], squares };
}

/** Checks all attacks before the first. */
function checkAttacks(
  subjects: readonly Subject[],
  { images, labels }: Labelled,
  settings: AttackSettings,
  { transferFrom = [], squareQueries }: EvaluateOptions,
): void {
  for (const { classifier } of transferFrom) checkImages(classifier, images, labels);
  for (const { classifier } of [...subjects, ...transferFrom]) checkGradients(classifier, settings);
  const squares = subjects.flatMap((subject) => subject.squares);
  for (const one of [settings, ...squares]) attackerOf(one, images.length / labels.length);
  if (squareQueries === undefined || squares.length > 0) return;
  throw new GdwsError(
    'ARGUMENT_INVALID',
    `squareQueries is ${squareQueries}, and ${settings.attack} needs no square.`,
    {
      remedy:
        'Leave it out: the attack square is added only where a network is quantized and the attack uses gradients.',
    },
  );
}

async function attackOne(
  { name, classifier }: NaturalCandidate,
  { images, labels }: Labelled,
  settings: AttackSettings,
  options: EvaluateOptions,
): Promise<Attacked> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const { attack: made } = settings;
  const result = await attack(classifier as Classifier, images, labels, settings, {
    ...pickOptions<AttackOptions>(attackOptions, { ...options, onProgress: undefined }),
    onProgress: (progress) =>
      options.onProgress?.({
        ...progress,
        classifier: name,
        attack: made,
        imagesPerSecond: progress.done / seconds(),
      }),
  });
  return { ...result, seconds: seconds() };
}

/** A candidate's outcome in all ways, which counts an image only where it stands in each. */
async function reportOf(
  subject: Subject,
  attacked: ReadonlyMap<LogitsClassifier, Attacked>,
  on: Labelled,
  settings: AttackSettings,
  options: EvaluateOptions,
): Promise<CandidateReport> {
  const { name, classifier, sources, squares } = subject;
  const { labels } = on;
  const own = attacked.get(classifier)!;
  const way = wayOf(settings);
  const found: Found[] = [{ ...way, ...own }];
  const passes = [own.passes];
  const began = performance.now();
  for (const source of sources) {
    const { images } = attacked.get(source.classifier)!;
    const tried = await tryImages(classifier, images, labels, options);
    const standing = own.correct.map((right, image) => right & tried.right[image]!);
    found.push({ ...way, madeOn: source.name, images, standing });
    passes.push(tried.passes);
  }
  for (const square of squares) {
    const result = await attackOne(subject, on, square, options);
    found.push({ ...wayOf(square), ...result });
    passes.push(result.passes);
  }
  const seconds = own.seconds + (performance.now() - began) / 1000;
  const total = labels.length;
  const { images, standing } = leastOf(found, on.images.length / total);
  return {
    name,
    natural: proportion(sum(own.correct), total),
    robust: proportion(sum(standing), total),
    correct: own.correct,
    standing,
    images,
    ways: found.map(({ attack: made, norm, madeOn, standing: left }) => ({
      ...{ attack: made, norm, madeOn, robust: proportion(sum(left), total), standing: left },
    })),
    passes: {
      forward: sum(passes.map(({ forward }) => forward)),
      backward: sum(passes.map(({ backward }) => backward)),
    },
    seconds,
    imagesPerSecond: total / seconds,
  };
}

function wayOf(settings: AttackSettings): Pick<WayReport, 'attack' | 'norm'> {
  return { attack: settings.attack, norm: settings.attack === 'msd' ? undefined : settings.norm };
}

/** 1 for each image that a classifier gets right. */
async function tryImages(
  classifier: LogitsClassifier,
  images: Float32Array,
  labels: ArrayLike<number>,
  { batchSize = 32, signal }: EvaluateOptions,
): Promise<{ right: Uint8Array; passes: Passes }> {
  const queries = new LogitQueries(classifier, batchSize, signal);
  const right = await naturalOutcomes(queries, images, labels);
  return { right, passes: queries.passes };
}

async function tryOnOthers(
  candidates: readonly NaturalCandidate[],
  attacked: ReadonlyMap<LogitsClassifier, Attacked>,
  { labels }: Labelled,
  options: EvaluateOptions,
): Promise<Transfer[]> {
  const transfers: Transfer[] = [];
  for (const source of candidates) {
    const made = attacked.get(source.classifier)!;
    for (const target of candidates) {
      if (source === target) continue;
      const { right } = await tryImages(target.classifier, made.images, labels, options);
      const { correct } = attacked.get(target.classifier)!;
      const stands = right.map((value, image) => value & correct[image]!);
      const shared = right.map((_, image) => made.correct[image]! & correct[image]! & ~made.standing[image]!);
      transfers.push({
        madeOn: source.name,
        triedOn: target.name,
        robust: proportion(sum(stands), labels.length),
        transferred: proportion(sum(right.map((value, image) => shared[image]! & ~value)), sum(shared)),
      });
    }
  }
  return transfers;
}
