import { checkGradients, checkImages } from './attack';
import { attackerOf } from './attacks';
import type { LogitsClassifier } from './classifier';
import { compareOutcomes } from './comparison';
import type { CandidateReport, EvaluateOptions, Evaluation, NaturalCandidate, Transfer } from './evaluation';
import type { AttackSettings, SquareSettings } from './settings';
import { sum } from './statistics/sum';
import { proportion } from './statistics/wilson';
import { checkSquareQueries, isMasked, squareBeside, thorough } from './ways';
import { attackOne, tryImages, withstand, type Attacked, type Labelled } from './withstand';

/** A candidate, and what it must withstand besides the attack itself. */
interface Subject extends NaturalCandidate {
  /** The others whose images are tried on it. */
  readonly sources: readonly NaturalCandidate[];
  readonly squares: readonly SquareSettings[];
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
  for (const subject of subjects) {
    const made = subject.sources.map(({ name, classifier }) => ({ name, images: attacked.get(classifier)!.images }));
    const further = { made, squares: subject.squares };
    reports.push(await withstand(subject, attacked.get(subject.classifier)!, further, on, settings, options));
  }
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
  { transferFrom = [], squareQueries, firstImage }: EvaluateOptions,
): void {
  for (const { classifier } of transferFrom) checkImages(classifier, images, labels, firstImage);
  for (const { classifier } of [...subjects, ...transferFrom]) checkGradients(classifier, settings);
  const squares = subjects.flatMap((subject) => subject.squares);
  for (const one of [settings, ...squares]) attackerOf(one, images.length / labels.length);
  checkSquareQueries(squareQueries, squares, settings);
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
