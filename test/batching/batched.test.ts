import { getEventListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { batched, InferenceSession, Tensor, type Batched, type BatchingOptions } from '../../src';
import { concurrency, counters } from '../../src/addon/introspection';
import { type GdwsError } from '../../src/base/errors';
import { openBatcher } from '../../src/batching/batched';
import { classifier, convolutionStack } from '../runtime/models';
import { collected } from './collected';
import { doubling, doublingWidths, floatsOf, model, numbered, rowsOf } from './models';

const opened: Batched[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.release();
});

async function open(bytes: Uint8Array, options?: BatchingOptions): Promise<Batched> {
  const made = await batched(await InferenceSession.create(bytes), options);
  opened.push(made);
  return made;
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: GdwsError) => error.code,
  );

/** Rows of the runs, the smallest first. */
const sizes = (one: Batched) => [...one.statistics().runs.keys()].sort((a, b) => a - b);

test('requests that come during a run are the rows of the next one: bit for bit what the session makes of that batch', async () => {
  const bytes = convolutionStack({ channels: 4, layers: 3, size: 8 });
  const one = await open(bytes);
  const session = await InferenceSession.create(bytes);
  const feeds = [1, 2, 3, 2].map((rows, index) => rowsOf([rows, 4, 8, 8], index + 1));
  const answers = await Promise.all(feeds.map((feed) => one.request(feed)));
  expect(answers.map(({ times }) => times.rows)).toEqual([1, 7, 7, 7]);
  expect(sizes(one)).toEqual([1, 7]);

  const [first, ...others] = feeds;
  expect(floatsOf(answers[0]!.results)).toEqual(floatsOf(await session.run(first!)));
  const together = others.flatMap(({ x }) => [...(x.data as Float32Array)]);
  const whole = floatsOf(await session.run({ x: new Tensor('float32', together, [7, 4, 8, 8]) }));
  let at = 0;
  for (const [index, feed] of others.entries()) {
    const own = answers[index + 1]!.results.y!;
    expect(own.dims).toEqual(feed.x.dims);
    expect(own.data).toEqual(whole.slice(at, at + own.data.length));
    at += own.data.length;
    const alone = floatsOf(await session.run(feed));
    alone.forEach((value, place) => expect((own.data as Float32Array)[place]).toBeCloseTo(value, 4));
  }
  await session.release();
});

test('each of many requests gets its own answer, however they come', async () => {
  const one = await open(doublingWidths(), { maxBatch: 5 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          rows: fc.integer({ min: 1, max: 5 }),
          width: fc.integer({ min: 1, max: 3 }),
          priority: fc.constantFrom('normal' as const, 'high' as const),
          wait: fc.integer({ min: 0, max: 3 }),
          aborts: fc.boolean(),
        }),
        { minLength: 1, maxLength: 40 },
      ),
      async (requests) => {
        const asked = requests.map(async ({ rows, width, priority, wait, aborts }, number) => {
          for (let count = 0; count < wait; count++) await turn();
          const stop = new AbortController();
          const answer = one.request(numbered(number, rows, width), { priority, signal: stop.signal });
          if (aborts) stop.abort();
          return answer.then(
            ({ results }) => {
              expect(results.y!.dims).toEqual([rows, width]);
              expect(floatsOf(results)).toEqual(new Float32Array(rows * width).fill(2 * number));
            },
            (error: GdwsError) => expect([error.code, aborts]).toEqual(['ABORTED', true]),
          );
        });
        await Promise.all(asked);
        // The run of an aborted request may still have to end.
        while (one.statistics().running > 0) await turn();
        expect(one.statistics()).toMatchObject({ waiting: 0, running: 0, failed: 0 });
      },
    ),
    { numRuns: 60 },
  );
  expect(Math.max(...sizes(one))).toBeLessThanOrEqual(5);
  expect(Math.max(...sizes(one))).toBeGreaterThan(1);
});

test('feeds may be changed as soon as request returns, and results are memory of their own', async () => {
  const one = await open(doubling());
  const feeds = [1, 2, 3].map((number) => numbered(number));
  const asked = feeds.map((feed) => one.request(feed));
  for (const { x } of feeds) (x.data as Float32Array).fill(99);
  const answers = await Promise.all(asked);
  expect(answers.map(({ results }) => floatsOf(results)[0])).toEqual([2, 4, 6]);
  const [, second, third] = answers.map(({ results }) => floatsOf(results).buffer as ArrayBuffer);
  structuredClone(second, { transfer: [second!] });
  expect([second!.byteLength, third!.byteLength]).toEqual([0, 16]);
});

test('requests of other shapes are not rows of a batch, even where their elements would fit', async () => {
  const one = await open(doublingWidths());
  const widths = [4, 2, 1, 3, 2];
  const answers = await Promise.all(widths.map((width, number) => one.request(numbered(number + 1, 1, width))));
  expect(answers.map(({ results }) => results.y!.dims)).toEqual(widths.map((width) => [1, width]));
  answers.forEach(({ results }, number) =>
    expect(floatsOf(results)).toEqual(new Float32Array(widths[number]!).fill(2 * (number + 1))),
  );
  expect(answers.map(({ times }) => times.rows)).toEqual([1, 2, 1, 1, 2]);
});

test('one request after the other never waits for others', async () => {
  const one = await open(doubling(), { maxDelay: 10_000 });
  for (let number = 0; number < 20; number++) {
    expect(floatsOf((await one.request(numbered(number))).results)[0]).toBe(2 * number);
  }
  expect(sizes(one)).toEqual([1]);
});

test('clients that were answered together are waited for, and no longer than maxDelay', async () => {
  const one = await open(doubling(), { maxDelay: 2000 });
  const client = async (requests: number) => {
    for (let number = 0; number < requests; number++) {
      await one.request(numbered(number));
      await turn();
    }
  };
  // In step, but for the first run, of whoever came first.
  await Promise.all([client(20), client(20), client(20)]);
  expect(sizes(one)).toEqual([1, 2, 3]);
  expect(one.statistics().runs.get(3)!.count).toBeGreaterThanOrEqual(18);

  const brief = await open(doubling(), { maxDelay: 1 });
  await Promise.all([1, 2, 3].map((number) => brief.request(numbered(number))));
  // Two more are waited for, which never come.
  expect(floatsOf((await brief.request(numbered(4))).results)[0]).toBe(8);
});

test('a bad request is refused by itself, and its neighbours are answered', async () => {
  const one = await open(doubling(), { maxBatch: 8 });
  const good = [1, 2, 3, 4].map((number) => one.request(numbered(number)));
  const bad: [string, Promise<unknown>][] = [
    ['INPUT_MISSING', one.request({})],
    ['SHAPE_MISMATCH', one.request(numbered(0, 1, 5))],
    ['SHAPE_MISMATCH', one.request(numbered(0, 9))],
    ['TYPE_MISMATCH', one.request({ x: new Tensor('int32', new Int32Array(4), [1, 4]) })],
    ['OUTPUT_UNKNOWN', one.request(numbered(0), { fetches: ['z'] })],
    ['ARGUMENT_INVALID', one.request(numbered(0), { timeout: -1 })],
    ['ARGUMENT_INVALID', one.request(numbered(0), { priority: 'low' as never })],
  ];
  for (const [code, promise] of bad) expect(await codeOf(promise)).toBe(code);
  expect((await Promise.all(good)).map(({ results }) => floatsOf(results)[0])).toEqual([2, 4, 6, 8]);
  expect(one.statistics()).toMatchObject({ answered: 4, failed: bad.length });
});

test('requests whose run together fails run alone, and only those fail that fail alone', async () => {
  // Rows of 100,000 numbers: one fits, and two do not.
  const session = await InferenceSession.create(doublingWidths(), { limits: { memoryBytes: 5e5 } });
  const one = await batched(session, { shapes: [{ x: [1, 4] }] });
  opened.push(one);
  const wide = (number: number, width: number) => one.request(numbered(number, 1, width));
  const asked = [wide(1, 100_000), wide(2, 100_000), wide(3, 100_000), wide(4, 200_000), wide(5, 200_000)];
  expect(await Promise.all(asked.map(codeOf))).toEqual(['none', 'none', 'none', 'LIMIT_EXCEEDED', 'LIMIT_EXCEEDED']);
  expect(floatsOf((await asked[2]!).results)).toEqual(new Float32Array(100_000).fill(6));
  expect(one.statistics()).toMatchObject({ answered: 3, failed: 2, waiting: 0, running: 0 });
  expect(sizes(one)).toEqual([1]);
});

test('fetches are those of each request', async () => {
  const both = model(
    [
      { opType: 'Add', input: ['x', 'x'], output: ['y'] },
      { opType: 'Mul', input: ['x', 'x'], output: ['z'] },
    ],
    { x: ['n', 4] },
    { y: ['n', 4], z: ['n', 4] },
  );
  const one = await open(both);
  const answers = await Promise.all(
    [['y'], ['z'], undefined, ['z', 'y']].map((fetches) => one.request(numbered(3), { fetches })),
  );
  expect(answers.map(({ results }) => Object.keys(results))).toEqual([['y'], ['z'], ['y', 'z'], ['y', 'z']]);
  expect(floatsOf(answers[2]!.results, 'z')[0]).toBe(9);
});

test('a request whose time is over before its run is dropped, and costs no run', async () => {
  const one = await open(doubling(), { maxDelay: 0 });
  const asked = [1, 2, 3].map((number) => one.request(numbered(number), number === 2 ? { timeout: 0 } : {}));
  expect(await Promise.all(asked.map(codeOf))).toEqual(['none', 'DEADLINE_EXCEEDED', 'none']);
  expect(sizes(one)).toEqual([1]);
  expect(one.statistics()).toMatchObject({ answered: 2, expired: 1, failed: 0 });
  // With time enough, and where it starts at once.
  expect(await codeOf(one.request(numbered(1), { timeout: 60_000 }))).toBe('none');
});

test('a request is dropped when its time is over, not when the run before it ends', async () => {
  const one = await open(convolutionStack({ channels: 16, layers: 12, size: 96 }), { maxBatch: 1 });
  const first = one.request(rowsOf([1, 16, 96, 96], 1));
  let isAnswered = false;
  void first.then(() => (isAnswered = true));
  const others = [2, 3, 4, 5, 6, 7, 8].map((seed) => one.request(rowsOf([1, 16, 96, 96], seed)));
  expect(await codeOf(one.request(rowsOf([1, 16, 96, 96], 9), { timeout: 1 }))).toBe('DEADLINE_EXCEEDED');
  expect(isAnswered && one.statistics().waiting === 0).toBe(false);
  await Promise.all(others);
});

test('an abort takes a request out of the queue, or its answer out of the run', async () => {
  const one = await open(convolutionStack({ channels: 8, layers: 4, size: 32 }), { maxDelay: 0 });
  const stops = Array.from({ length: 6 }, () => new AbortController());
  const asked = stops.map(({ signal }, seed) => one.request(rowsOf([1, 8, 32, 32], seed), { signal }));
  stops[3]!.abort(new Error('enough'));
  expect(one.statistics()).toMatchObject({ waiting: 4, running: 1, aborted: 1 });
  await asked[0];
  expect(one.statistics()).toMatchObject({ waiting: 0, running: 4 });
  stops[4]!.abort();
  expect(await Promise.all(asked.map(codeOf))).toEqual(['none', 'none', 'none', 'ABORTED', 'ABORTED', 'none']);
  expect(await asked[3]!.catch((error: GdwsError) => (error.cause as Error).message)).toBe('enough');
  expect(sizes(one)).toEqual([1, 4]);
  expect(await codeOf(one.request(rowsOf([1, 8, 32, 32], 1), { signal: AbortSignal.abort() }))).toBe('ABORTED');
  for (const { signal } of stops) expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('a run is stopped once nobody wants its answers', async () => {
  const one = await open(convolutionStack({ channels: 32, layers: 20, size: 128 }), { maxDelay: 0 });
  const stops = [1, 2, 3].map(() => new AbortController());
  const asked = stops.map(({ signal }, seed) => one.request(rowsOf([1, 32, 128, 128], seed), { signal }));
  await asked[0];
  stops[1]!.abort();
  stops[2]!.abort();
  expect(await Promise.all(asked.map(codeOf))).toEqual(['none', 'ABORTED', 'ABORTED']);
  await one.drain();
  // That of two rows did not end.
  expect(sizes(one)).toEqual([1]);
});

test('normal requests are not passed over for ever', async () => {
  const one = await open(doubling(), { maxBatch: 1 });
  const order: string[] = [];
  const ask = (name: string, priority: 'normal' | 'high') =>
    one.request(numbered(1), { priority }).then(() => void order.push(name));
  // As many of high priority as there is time for.
  let isOver = false;
  const flood = async () => {
    while (!isOver) await ask('high', 'high');
  };
  const floods = [flood(), flood(), flood()];
  await ask('normal', 'normal');
  isOver = true;
  expect(order.indexOf('normal')).toBeLessThan(12);
  await Promise.all(floods);
});

test('a shape that is rare is not passed over by one that is frequent', async () => {
  const one = await open(doublingWidths(), { maxBatch: 4, shapes: [{ x: [1, 4] }, { x: [1, 3] }] });
  let [isOver, others] = [false, 0];
  const flood = async () => {
    for (; !isOver; others++) await one.request(numbered(1));
  };
  const floods = Array.from({ length: 12 }, flood);
  await one.request(numbered(7, 1, 3));
  isOver = true;
  // Those that came before it, and runs that had begun or were made ready.
  expect(others).toBeLessThanOrEqual(12 + 4 * (1 + concurrency().threads));
  await Promise.all(floods);
});

test('runs as large as they may be go on side by side, and share the processors', async () => {
  const { threads } = concurrency();
  const bytes = convolutionStack({ channels: 32, layers: 12, size: 128 });
  const one = await open(bytes, { maxBatch: 2, maxDelay: 0 });
  const session = await InferenceSession.create(bytes);
  const feeds = Array.from({ length: 1 + 2 * (threads + 1) }, (_, seed) => rowsOf([1, 32, 128, 128], seed));
  const start = performance.now();
  const asked = feeds.map((feed) => one.request(feed));
  await asked[0];
  // All others have begun, each run with a thread; one is made ready.
  expect(one.statistics()).toMatchObject({ running: 2 * (threads + 1), waiting: 0 });
  await Promise.all(asked);
  const elapsed = performance.now() - start;
  for (const [index, answer] of (await Promise.all(asked)).entries()) {
    const alone = floatsOf(await session.run(feeds[index]!));
    const { queue, gather, run } = answer.times;
    expect(Math.min(queue, gather, run)).toBeGreaterThanOrEqual(0);
    expect(queue + gather + run).toBeLessThanOrEqual(elapsed);
    const errors = floatsOf(answer.results).map((value, place) => Math.abs(value - alone[place]!));
    expect(errors.reduce((most, error) => Math.max(most, error), 0)).toBeLessThan(1e-3);
  }
  expect(counters().threadsInUse).toBeLessThanOrEqual(threads);
  expect(sizes(one)).toEqual([1, 2]);
  await session.release();
});

test('where nothing may wait, requests run at once or are refused: an idle model refuses none', async () => {
  const one = await open(doubling(), { maxQueue: 0, maxDelay: 10_000 });
  // The run before had more rows: with a queue, the next request would wait for as many.
  for (const rows of [4, 1, 3, 1]) {
    const answer = one.request(numbered(rows, rows));
    expect(await codeOf(one.request(numbered(9)))).toBe('QUEUE_FULL');
    expect(floatsOf((await answer).results)).toEqual(new Float32Array(4 * rows).fill(2 * rows));
  }
  expect(one.statistics()).toMatchObject({ answered: 4, refused: 4, waiting: 0 });
});

test('a server is told before it reads a request that it would be refused', async () => {
  const session = await InferenceSession.create(convolutionStack({ channels: 32, layers: 12, size: 128 }));
  const one = await openBatcher(session, { maxQueue: 2 });
  opened.push(one);
  const feed = rowsOf([1, 32, 128, 128], 1);
  const asked = [one.request(feed)];
  for (let waiting = 0; waiting < 2; waiting++) {
    expect(one.refusal()).toBeUndefined();
    asked.push(one.request(feed));
  }
  expect(one.refusal()).toMatchObject({ code: 'QUEUE_FULL' });
  expect(await codeOf(one.request(feed))).toBe('QUEUE_FULL');
  expect(one.statistics()).toMatchObject({ refused: 2, waiting: 2 });
  await Promise.all(asked);
  expect(one.refusal()).toBeUndefined();
});

test('the queue has a bound', async () => {
  const one = await open(doubling(), { maxQueue: 3 });
  const codes = await Promise.all(Array.from({ length: 6 }, (_, number) => codeOf(one.request(numbered(number)))));
  expect(codes).toEqual(['none', 'none', 'none', 'none', 'QUEUE_FULL', 'QUEUE_FULL']);
  expect(one.statistics()).toMatchObject({ answered: 4, refused: 2 });
  expect(await codeOf(one.request(numbered(1)))).toBe('none');
});

test('drain answers all that was taken, and takes no more', async () => {
  const one = await open(doubling(), { maxBatch: 2, maxDelay: 10_000 });
  const asked = Array.from({ length: 9 }, (_, number) => one.request(numbered(number)));
  const drained = one.drain();
  expect(await codeOf(one.request(numbered(1)))).toBe('SERVER_CLOSING');
  await drained;
  expect(one.statistics()).toMatchObject({ answered: 9, waiting: 0, running: 0 });
  expect((await Promise.all(asked)).map(({ results }) => floatsOf(results)[0]! / 2)).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7, 8,
  ]);
  await one.drain();
});

test('release aborts what waits and what runs', async () => {
  const one = await open(convolutionStack({ channels: 32, layers: 20, size: 128 }));
  const feeds = rowsOf([1, 32, 128, 128], 1);
  const asked = [1, 2, 3].map(() => one.request(feeds));
  const drained = one.drain();
  await one.release();
  expect(await Promise.all(asked.map(codeOf))).toEqual(['ABORTED', 'ABORTED', 'ABORTED']);
  expect(await codeOf(one.request(feeds))).toBe('SESSION_RELEASED');
  await drained;
  await one.release();
});

test('memory does not grow with the number of requests', async () => {
  const one = await open(classifier(4, 32), { maxBatch: 8 });
  const stop = new AbortController();
  const some = async (count: number) => {
    for (let round = 0; round < count; round++) {
      const options = { signal: stop.signal, timeout: 60_000 };
      await Promise.all([1, 2, 3, 4, 5].map((seed) => one.request(rowsOf([1 + (seed % 2), 4, 32, 32], seed), options)));
    }
  };
  await some(100);
  const before = collected();
  await some(300);
  // Their feeds have 36 MB.
  expect(collected() - before).toBeLessThan(12e6);
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
});

test('what is no session, and options that make no sense, are refused', async () => {
  expect(await codeOf(batched({} as InferenceSession))).toBe('ARGUMENT_INVALID');
  const session = await InferenceSession.create(doubling());
  const wrong = [{ maxBatch: 0 }, { maxDelay: -1 }, { maxQueue: 1.5 }, { shapes: {} }, { maxBatches: 2 }];
  for (const options of wrong) expect(await codeOf(batched(session, options as never))).toBe('ARGUMENT_INVALID');
  expect(await codeOf(batched(session, { shapes: [{ x: [1, 5] }] }))).toBe('SHAPE_MISMATCH');
  await session.release();
  expect(await codeOf(batched(session))).toBe('SESSION_RELEASED');
});
