import type { Priority } from '../../src/batching/batched-model';
import { PendingRequest } from '../../src/batching/pending-request';
import { RequestQueue } from '../../src/batching/request-queue';

/** A request whose rows are its number. */
function request(rows: number, priority: Priority, group: string | undefined = undefined): PendingRequest {
  const others = { feeds: {}, fetches: [], since: 0, deadline: Infinity, cancellation: undefined };
  return new PendingRequest({ rows, priority, group, ...others }, () => undefined);
}

const rowsOf = (requests: readonly PendingRequest[]) => requests.map(({ asked }) => asked.rows);

test('high priority goes first, and normal requests are not passed over for ever', () => {
  const queue = new RequestQueue();
  for (const rows of [1, 2]) queue.add(request(rows, 'normal'));
  for (let rows = 10; rows < 20; rows++) queue.add(request(rows, 'high'));
  const order = Array.from({ length: 12 }, () => rowsOf(queue.take(1))[0]);
  expect(order).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 1, 18, 19, 2]);
  expect(queue.size).toBe(0);
  expect(queue.head).toBeUndefined();
});

test('the head takes those of its group with it, in their order, and none that would pass one which has no room', () => {
  const queue = new RequestQueue();
  for (const [rows, group] of [
    [3, 'a'],
    [1, 'b'],
    [2, 'a'],
    [4, 'a'],
    [1, 'a'],
  ] as const) {
    queue.add(request(rows, 'normal', group));
  }
  expect([queue.rowsOf('a'), queue.rowsOf('b')]).toEqual([10, 1]);
  expect(rowsOf(queue.take(8))).toEqual([3, 2]);
  expect(rowsOf(queue.take(8))).toEqual([1]);
  expect(rowsOf(queue.take(8))).toEqual([4, 1]);
});
