import { pickOptions } from '../base/options';
import { attack, attackOptions, type AttackOptions, type AttackResult } from './attack';
import type { Classifier, LogitsClassifier } from './classifier';
import type { CandidateReport, EvaluateOptions, NaturalCandidate } from './evaluation';
import { groupSize } from './groups';
import { naturalOutcomes } from './natural';
import { LogitQueries, type Passes } from './queries';
import type { AttackSettings, SquareSettings } from './settings';
import { sum } from './statistics/sum';
import { proportion } from './statistics/wilson';
import { leastOf, type Found, type WayReport } from './ways';

/** What classifiers are attacked on. */
export interface Labelled {
  readonly images: Float32Array;
  readonly labels: ArrayLike<number>;
}

/** A classifier under the attack itself. */
export interface Attacked extends AttackResult {
  readonly seconds: number;
}

/** Images that the attack made on another classifier. */
export interface MadeImages {
  /** Of that classifier. */
  readonly name: string;
  readonly images: Float32Array;
}

/** What a candidate must withstand besides the attack itself. */
export interface FurtherAttacks {
  readonly made: readonly MadeImages[];
  readonly squares: readonly SquareSettings[];
}

export async function attackOne(
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

/**
 * A candidate's outcome in all ways, which counts an image only where it stands in each.
 *
 * @param own its outcome under the attack itself
 * @param settings of the attack
 */
export async function withstand(
  candidate: NaturalCandidate,
  own: Attacked,
  { made, squares }: FurtherAttacks,
  on: Labelled,
  settings: AttackSettings,
  options: EvaluateOptions,
): Promise<CandidateReport> {
  const { name, classifier } = candidate;
  const { labels } = on;
  const way = wayOf(settings);
  const found: Found[] = [{ ...way, ...own }];
  const passes = [own.passes];
  const began = performance.now();
  for (const { name: madeOn, images } of made) {
    const tried = await tryImages(classifier, images, labels, options);
    const standing = own.correct.map((right, image) => right & tried.right[image]!);
    found.push({ ...way, madeOn, images, standing });
    passes.push(tried.passes);
  }
  for (const square of squares) {
    const result = await attackOne(candidate, on, square, options);
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
export async function tryImages(
  classifier: LogitsClassifier,
  images: Float32Array,
  labels: ArrayLike<number>,
  { batchSize = 32, signal }: EvaluateOptions,
): Promise<{ right: Uint8Array; passes: Passes }> {
  const queries = new LogitQueries(classifier, batchSize, signal);
  const right = await naturalOutcomes(queries, images, labels, groupSize(batchSize));
  return { right, passes: queries.passes };
}
