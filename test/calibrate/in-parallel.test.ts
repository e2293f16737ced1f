import { setTimeout as sleep } from 'node:timers/promises';
import { batchesOf, inParallel } from '../../src/calibrate/in-parallel';

test('batches are runs of the given size, the last shorter', () => {
  expect(batchesOf(3, 10, 3)).toEqual([
    [3, 6],
    [6, 9],
    [9, 10],
  ]);
});

test('results are taken in order, and no more items than workers at once', async () => {
  const taken: number[] = [];
  let current = 0;
  let most = 0;
  const work = async (item: number) => {
    most = Math.max(most, ++current);
    await sleep(item % 3);
    --current;
    return item;
  };
  const items = Array.from({ length: 20 }, (_, item) => item);
  await inParallel(3, items, work, (item) => taken.push(item));
  expect(taken).toEqual(items);
  expect(most).toBe(3);
});

test('the first failure is thrown when nothing is going on any more, and nothing new is begun', async () => {
  const ended: number[] = [];
  let failed = () => {};
  const failure = new Promise<void>((resolve) => (failed = resolve));
  const work = async (item: number) => {
    if (item === 0) await failure;
    ended.push(item);
    if (item !== 1) return;
    setImmediate(failed);
    throw new Error('first');
  };
  await expect(inParallel(2, [0, 1, 2, 3], work, () => undefined)).rejects.toThrow('first');
  expect(ended).toEqual([1, 0]);
});
