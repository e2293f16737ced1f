import type { AttackSettings } from '../../../src';
import { evaluate } from '../../../src/robustness/evaluate';
import { groupSize } from '../../../src/robustness/groups';
import { evaluateShard } from '../../../src/robustness/shards/evaluate-shard';
import { mergeShards } from '../../../src/robustness/shards/merge-shards';
import type { Outcomes } from '../../../src/robustness/shards/outcomes';
import { imagesOfShard } from '../../../src/robustness/shards/shard';
import { batchSize, expectSameInShards, figuresOf } from './figures';
import { smallCandidates } from './small-candidates';

const count = 103;
let small: Awaited<ReturnType<typeof smallCandidates>>;
beforeAll(async () => void (small = await smallCandidates(count)));
afterAll(() => small.release());

const eps = 0.03;
const pgd: AttackSettings = { attack: 'pgd', norm: 'linf', eps, steps: 4, restarts: 2 };
const square: AttackSettings = { attack: 'square', norm: 'linf', eps, queries: 20 };

test.each([pgd, square])('$attack in shards is as in one run, to the digit', async (settings) => {
  await expectSameInShards(small, settings);
});

test('natural accuracy alone', async () => {
  const { dense, rounded, images } = small;
  const whole = await evaluate([dense, rounded], images.pixels as Float32Array, images.labels, undefined, {
    batchSize,
  });
  const parts = await Promise.all(
    [1, 2].map((number) => evaluateShard([dense, rounded], images, undefined, { number, of: 2 }, { batchSize })),
  );
  expect(figuresOf(mergeShards(parts))).toEqual(figuresOf(whole));
  const many = await Promise.all(
    [1, 2, 3, 4, 5, 6, 7].map((number) =>
      evaluateShard([dense, rounded], images, undefined, { number, of: 7 }, { batchSize }),
    ),
  );
  expect(many.filter(({ images: some }) => some === 0)).toHaveLength(2);
  expect(figuresOf(mergeShards(many))).toEqual(figuresOf(whole));
});

test('a shard goes on with what is finished, and does not evaluate it again', async () => {
  const { dense, images } = small;
  const settings = pgd;
  const kept: Outcomes[] = [];
  const first = await evaluateShard(
    [dense],
    images,
    settings,
    { number: 1, of: 1 },
    {
      batchSize,
      onFinished: (outcomes) => void kept.push(outcomes),
    },
  );
  expect(kept.map(({ first: begin, images: some }) => [begin, some])).toEqual([[0, 24], [24, 24], [48, 24], [72, 24], [96, 7]]); // prettier-ignore
  const evaluated: number[] = [];
  const second = await evaluateShard(
    [dense],
    images,
    settings,
    { number: 1, of: 1 },
    {
      ...{ batchSize, finished: kept.slice(0, 3) },
      onFinished: ({ first: begin }) => void evaluated.push(begin),
    },
  );
  expect(evaluated).toEqual([72, 96]);
  const timeless = (outcomes: Outcomes) =>
    JSON.stringify(outcomes, (key, value: unknown) => (key === 'seconds' ? 0 : value));
  expect(timeless(second)).toBe(timeless(first));
  for (const finished of [[kept[1]!], [kept[0]!, kept[0]!], [{ ...kept[0]!, total: 99 }]]) {
    const again = evaluateShard([dense], images, settings, { number: 1, of: 1 }, { batchSize, finished });
    await expect(again).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  }
  const ofOther = evaluateShard([dense], images, settings, { number: 1, of: 5 }, { batchSize, finished: kept });
  await expect(ofOther).rejects.toThrow('103 images are finished of a shard of 24');
});

test('shards are whole groups, and have each image once', () => {
  for (const total of [1, 24, 103, 1000, 10_000]) {
    for (const parts of [1, 2, 3, 16, 1000]) {
      for (const batch of [1, 3, 32, 100, 500]) {
        let next = 0;
        const sizes: number[] = [];
        for (let number = 1; number <= parts; ++number) {
          const { begin, end } = imagesOfShard({ number, of: parts }, total, batch);
          expect(begin).toBe(next);
          expect(begin === total || begin % groupSize(batch) === 0).toBe(true);
          sizes.push(Math.ceil((end - begin) / groupSize(batch)));
          next = end;
        }
        expect(next).toBe(total);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }
    }
  }
  expect([1, 3, 8, 32, 100, 256, 1000].map(groupSize)).toEqual([8, 24, 64, 256, 200, 256, 1000]);
});

test('what is missing, double or different is refused', async () => {
  const { dense, images } = small;
  const [one, two] = await Promise.all(
    [1, 2].map((number) => evaluateShard([dense], images, undefined, { number, of: 2 }, { batchSize })),
  );
  const [first, second] = [one!, two!];
  expect(() => mergeShards([first])).toThrow('there are outcomes of 48 images, of 103');
  expect(() => mergeShards([])).toThrow('there are outcomes of 0 images');
  expect(() => mergeShards([first, second, second])).toThrow('outcomes of image 48 of 103 follow 103 of 103');
  expect(() => mergeShards([second])).toThrow('outcomes of image 48 of 103 follow 0 of 103');
  const renamed = { ...second, models: second.models.map((model) => ({ ...model, name: 'other' })) };
  expect(() => mergeShards([first, renamed])).toThrow('outcomes from image 48 on are of other classifiers or attacks');
  const short = { ...second, models: second.models.map((model) => ({ ...model, correct: '01' })) };
  expect(() => mergeShards([first, short])).toThrow('correct is');
  const none = evaluateShard([dense], images, undefined, { number: 3, of: 2 });
  await expect(none).rejects.toThrow('there is no shard 3 of 2');
});

test('images are numbered through all shards in errors', async () => {
  const { dense, images } = small;
  images.labels[60] = 9;
  const wrong = evaluateShard([dense], images, undefined, { number: 2, of: 2 }, { batchSize });
  await expect(wrong).rejects.toThrow('image 60 has label 9');
});
