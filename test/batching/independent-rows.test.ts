import { batched, InferenceSession, Tensor } from '../../src';
import { Batcher } from '../../src/batching/batcher';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { integers } from '../graph/small-network';
import { convolutionStack, numbers } from '../runtime/models';
import { doubling, doublingWidths, floatsOf, model, numbered } from './models';

async function maxBatchOf(bytes: Uint8Array, options = {}): Promise<number> {
  await using one = await batched(await InferenceSession.create(bytes), { maxBatch: 4, ...options });
  return one.maxBatch;
}

test('requests are gathered where rows do not depend on each other', async () => {
  expect(await maxBatchOf(doubling())).toBe(4);
  expect(await maxBatchOf(doublingWidths())).toBe(4);
  expect(await maxBatchOf(convolutionStack({ channels: 3, layers: 2 }))).toBe(4);
  expect(await maxBatchOf(convolutionStack({ channels: 3, layers: 2 }), { shapes: [{ x: [1, 3, 20, 30] }] })).toBe(4);
});

/** x (n, 4) → y by these nodes. */
const from = (...nodes: Parameters<typeof model>[0]) =>
  model(nodes, { x: ['n', 4] }, { y: ['n', 4] }, { axis: integers(0), one: integers(1), flat: integers(-1, 4) });

test.each([
  [
    'the mean of all rows',
    () =>
      from(
        { opType: 'ReduceMean', input: ['x'], output: ['mean'], attributes: { axes: [0], keepdims: 1 } },
        { opType: 'Sub', input: ['x', 'mean'], output: ['y'] },
      ),
  ],
  ['softmax over rows', () => from({ opType: 'Softmax', input: ['x'], output: ['y'], attributes: { axis: 0 } })],
  ['sums over rows', () => from({ opType: 'CumSum', input: ['x', 'axis'], output: ['y'] })],
  [
    'rows in reverse',
    () =>
      model(
        [{ opType: 'Slice', input: ['x', 'begin', 'end', 'axis', 'step'], output: ['y'] }],
        { x: ['n', 4] },
        { y: ['n', 4] },
        { begin: integers(-1), end: integers(-1000), axis: integers(0), step: integers(-1) },
      ),
  ],
  [
    'rows that a reshape mixes',
    () =>
      from(
        { opType: 'Transpose', input: ['x'], output: ['t'], attributes: { perm: [1, 0] } },
        { opType: 'Reshape', input: ['t', 'flat'], output: ['y'] },
      ),
  ],
  [
    'a scale of the whole batch',
    () =>
      from(
        { opType: 'DynamicQuantizeLinear', input: ['x'], output: ['q', 's', 'z'] },
        { opType: 'DequantizeLinear', input: ['q', 's', 'z'], output: ['y'] },
      ),
  ],
  [
    'another leading dim',
    () => model([{ opType: 'Transpose', input: ['x'], output: ['y'] }], { x: ['n', 4] }, { y: ['a', 'b'] }),
  ],
  ['a fixed leading dim', () => model([{ opType: 'Neg', input: ['x'], output: ['y'] }], { x: [1, 4] }, { y: [1, 4] })],
  [
    'a result for all rows',
    () =>
      model(
        [{ opType: 'ReduceSum', input: ['x'], output: ['y'], attributes: { keepdims: 0 } }],
        { x: ['n', 4] },
        { y: [] },
      ),
  ],
  [
    'an input that is a number',
    () => model([{ opType: 'Add', input: ['x', 's'], output: ['y'] }], { x: ['n', 4], s: [] }, { y: ['n', 4] }),
  ],
  [
    'inputs of two sizes',
    () =>
      model([{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }], { x: ['n', 4], w: ['m', 4] }, { y: ['n', 4] }),
  ],
])('%s: each request runs alone', async (_, bytes) => expect(await maxBatchOf(bytes())).toBe(1));

test('shapes that depend on data: each request runs alone, and is answered', async () => {
  const bytes = encodeModel(
    makeModel({
      nodes: [makeNode({ opType: 'NonZero', input: ['x'], output: ['y'] })],
      inputs: [makeValueInfo('x', 'float32', ['n', 4])],
      outputs: [makeValueInfo('y', 'int64', ['r', 'c'])],
      initializers: {},
    }),
  );
  await using one = await batched(await InferenceSession.create(bytes));
  expect(one.maxBatch).toBe(1);
  const answers = await Promise.all([1, 2, 3].map((number) => one.request(numbered(number, number))));
  expect(answers.map(({ results }) => results.y!.dims)).toEqual([
    [2, 4],
    [2, 8],
    [2, 12],
  ]);
});

test('a network whose rows depend on each other answers as the session does', async () => {
  const bytes = from(
    { opType: 'ReduceMean', input: ['x'], output: ['mean'], attributes: { axes: [0], keepdims: 1 } },
    { opType: 'Sub', input: ['x', 'mean'], output: ['y'] },
  );
  await using one = await batched(await InferenceSession.create(bytes));
  await using session = await InferenceSession.create(bytes);
  const feeds = [3, 1, 2].map((rows, seed) => ({ x: new Tensor('float32', numbers(4 * rows, seed + 1), [rows, 4]) }));
  const answers = await Promise.all(feeds.map((feed) => one.request(feed)));
  for (const [index, feed] of feeds.entries()) {
    expect(floatsOf(answers[index]!.results)).toEqual(floatsOf(await session.run(feed)));
  }
});

test.each(['float16', 'bfloat16', 'float64', 'int8', 'uint8', 'int32', 'int64', 'bool'] as const)(
  'rows of %s come back as they went in',
  async (type) => {
    const bytes = encodeModel(
      makeModel({
        nodes: [makeNode({ opType: 'Identity', input: ['x'], output: ['y'] })],
        inputs: [makeValueInfo('x', type, ['n', 2])],
        outputs: [makeValueInfo('y', type, ['n', 2])],
        initializers: {},
      }),
    );
    const arrays = {
      ...{ float16: Uint16Array, bfloat16: Uint16Array, float64: Float64Array, int8: Int8Array },
      ...{ uint8: Uint8Array, int32: Int32Array, int64: BigInt64Array, bool: Uint8Array },
    };
    await using one = await batched(await InferenceSession.create(bytes));
    expect(one.maxBatch).toBe(16);
    const feeds = [0, 1, 1, 0].map((value) => {
      const data = new arrays[type](2).fill((type === 'int64' ? BigInt(value) : value) as never);
      return { x: { type, dims: [1, 2], data } as unknown as Tensor };
    });
    const answers = await Promise.all(feeds.map((feed) => one.request(feed)));
    expect(answers.map(({ times }) => times.rows)).toEqual([1, 3, 3, 3]);
    for (const [index, { results }] of answers.entries()) {
      const { data, dims, type: own } = results.y!;
      expect([own, dims]).toEqual([type, [1, 2]]);
      const expected = [...(feeds[index]!.x.data as Uint8Array)];
      const { buffer, byteOffset, byteLength } = data as Uint8Array;
      expect(
        type === 'float16' ? [...new Uint16Array(buffer, byteOffset, byteLength / 2)] : [...(data as Uint8Array)],
      ).toEqual(expected);
    }
  },
);

test('results without a row for each that was fed are not divided', async () => {
  const bytes = from({ opType: 'ReduceSum', input: ['x', 'axis'], output: ['y'] });
  await using session = await InferenceSession.create(bytes);
  // As if the trial had not found it.
  await using one = new Batcher(session, { maxBatch: 4, maxDelay: 0, maxQueue: 9, gathers: true });
  const answers = await Promise.all([1, 2, 3].map((number) => one.request(numbered(number, 2))));
  expect(answers.map(({ results, times }) => [floatsOf(results)[0], times.rows])).toEqual([
    [2, 2],
    [4, 2],
    [6, 2],
  ]);
  expect(one.maxBatch).toBe(1);
});
