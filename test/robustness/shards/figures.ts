import type { AttackSettings } from '../../../src';
import { evaluate, type Evaluation, type NaturalEvaluation } from '../../../src/robustness/evaluate';
import { evaluateShard } from '../../../src/robustness/shards/evaluate-shard';
import { mergeShards, type MergedEvaluation } from '../../../src/robustness/shards/merge-shards';
import type { Outcomes } from '../../../src/robustness/shards/outcomes';
import type { smallCandidates } from './small-candidates';

/** Groups of 24 images. */
export const batchSize = 3;

/** Without times and images, which shards do not have. */
export function figuresOf({ candidates, ...rest }: Evaluation | NaturalEvaluation | MergedEvaluation): object {
  const kept = candidates.map((report) => ({ ...report, images: undefined, seconds: 0, imagesPerSecond: 0 }));
  return JSON.parse(
    JSON.stringify({ candidates: kept, ...rest }, (_, value: unknown) =>
      value instanceof Uint8Array ? value.join('') : value,
    ),
  ) as object;
}

/** Expects that three shards, merged, have the figures of one run, in which images are broken and others are not. */
export async function expectSameInShards(
  { dense, rounded, images }: Awaited<ReturnType<typeof smallCandidates>>,
  settings: AttackSettings,
): Promise<void> {
  const addsSquare = settings.attack !== 'square' && settings.attack !== 'autoattack';
  const options = { batchSize, seed: 3, transfer: true, ...(addsSquare && { squareQueries: 10 }) };
  const pixels = images.pixels as Float32Array;
  const whole = await evaluate([dense, rounded], pixels, images.labels, settings, options);
  const shards: Outcomes[] = [];
  // In another order than that of the images, as machines are done.
  for (let number = 3; number >= 1; --number) {
    const outcomes = await evaluateShard([dense, rounded], images, settings, { number, of: 3 }, options);
    shards.push(JSON.parse(JSON.stringify(outcomes)) as Outcomes);
  }
  expect(figuresOf(mergeShards(shards))).toEqual(figuresOf(whole));
  const { natural, robust } = whole.candidates[0]!;
  expect(natural.successes).toBeLessThan(images.length);
  expect(robust.successes).toBeLessThan(natural.successes);
  expect(robust.successes).toBeGreaterThan(0);
}
