import { Cancellation } from '../../src/batching/cancellation';
import { Gate } from '../../src/serve/gate';

const never = new Cancellation();

/** Tasks that end when they are told to. */
function tasks(gate: Gate) {
  const ends: (() => void)[] = [];
  const began: number[] = [];
  const pass = (number: number, cancellation = never) =>
    gate.pass(async () => {
      began.push(number);
      await new Promise<void>((resolve) => ends.push(resolve));
      return number;
    }, cancellation);
  const endNext = async () => {
    while (ends.length === 0) await new Promise((resolve) => setImmediate(resolve));
    ends.shift()!();
  };
  return { pass, began, endNext };
}

test('a few run, some wait in their order, others are turned away', async () => {
  const { pass, began, endNext } = tasks(new Gate(2, 2));
  const all = [1, 2, 3, 4, 5].map((number) => pass(number));
  await expect(all[4]).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  expect(began).toEqual([1, 2]);
  await endNext();
  expect(await all[0]).toBe(1);
  await endNext();
  await endNext();
  await endNext();
  expect(await Promise.all(all.slice(1, 4))).toEqual([2, 3, 4]);
  expect(began).toEqual([1, 2, 3, 4]);
});

test('who goes leaves the queue, and a task that fails leaves its place', async () => {
  const gate = new Gate(1, 1);
  const { pass, endNext } = tasks(gate);
  const first = pass(1);
  const gone = new Cancellation();
  const second = pass(2, gone);
  gone.cancel();
  await expect(second).rejects.toMatchObject({ code: 'ABORTED' });
  const failing = gate.pass(() => Promise.reject(new Error('no')), never);
  await endNext();
  await first;
  await expect(failing).rejects.toThrow('no');
  expect(await gate.pass(() => Promise.resolve(7), never)).toBe(7);
});
