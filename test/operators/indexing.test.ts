import { InferenceSession, Tensor } from '../../src/engine/session';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { DataType } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';

/** Runs one node whose inputs are all fed. */
async function run(
  opType: string,
  feeds: readonly Tensor[],
  attributes: Record<string, number | string>,
  intraOpNumThreads = 1,
): Promise<number[]> {
  const names = feeds.map((_, i) => `x${i}`);
  const model = makeModel({
    nodes: [makeNode({ opType, name: 'node', input: names, output: ['y'], attributes })],
    inputs: feeds.map(({ type, dims }, i) => makeValueInfo(names[i]!, type as DataType, dims)),
    outputs: [makeValueInfo('y', 'float32', feeds[0]!.dims)],
    opset: 18,
  });
  const session = await InferenceSession.create(encodeModel(model), { intraOpNumThreads });
  try {
    const { y } = await session.run(Object.fromEntries(feeds.map((feed, i) => [names[i]!, feed])));
    return Array.from(y!.data as Float32Array);
  } finally {
    await session.release();
  }
}

const floats = (...values: number[]) => new Tensor('float32', Float32Array.from(values), [values.length]);
const indices = (dims: readonly number[], ...values: number[]) =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), dims);

test('indices that a run computes are clamped where they are out of range', async () => {
  const far = 2 ** 53 - 1;
  expect(await run('GatherElements', [floats(1, 2, 3), indices([3], -far, 5, -1)], { axis: 0 })).toEqual([1, 3, 3]);
  expect(await run('GatherND', [floats(1, 2, 3), indices([3, 1], far, -4, 1)], {})).toEqual([3, 1, 2]);
  const updated = [floats(1, 2, 3), indices([2], -far, far), floats(8, 9)];
  expect(await run('ScatterElements', updated, { axis: 0 })).toEqual([8, 2, 9]);
  const tuples = [floats(1, 2, 3), indices([2, 1], -far, far), floats(8, 9)];
  expect(await run('ScatterND', tuples, {})).toEqual([8, 2, 9]);
});

test('of several updates of one element the last stays', async () => {
  const updates = [floats(1, 2), indices([3], 0, 1, 0), floats(7, 8, 9)];
  expect(await run('ScatterElements', updates, { axis: 0 })).toEqual([9, 8]);
  expect(await run('ScatterND', [floats(1, 2), indices([3, 1], 0, 1, 0), floats(7, 8, 9)], {})).toEqual([9, 8]);
});

test('a scatter gives the same whatever the number of threads', async () => {
  const count = 20_000;
  const numbers = (n: number, scale: number) =>
    Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) * scale);
  const at = BigInt64Array.from({ length: count }, (_, i) => BigInt((i * 7919) % 97));
  const x = () => new Tensor('float32', numbers(5000, 1), [5000]);
  const by = () => new Tensor('float32', numbers(count, 1e4), [count]);
  for (const [opType, dims] of [
    ['ScatterElements', [count]],
    ['ScatterND', [count, 1]],
  ] as const) {
    const once = () => [x(), new Tensor('int64', at.slice(), dims), by()];
    expect(await run(opType, once(), { reduction: 'add' }, 2)).toEqual(
      await run(opType, once(), { reduction: 'add' }, 1),
    );
  }
});

test('TopK counts NaN as the largest', async () => {
  for (const [largest, values] of [
    [1, [NaN, 3]],
    [0, [1, 2]],
  ] as const) {
    const model = makeModel({
      nodes: [
        makeNode({ opType: 'TopK', name: 'node', input: ['x', 'k'], output: ['v', 'i'], attributes: { largest } }),
      ],
      inputs: [makeValueInfo('x', 'float32', [4])],
      outputs: [makeValueInfo('v', 'float32', [2]), makeValueInfo('i', 'int64', [2])],
      initializers: { k: { type: 'int64', dims: [1], data: BigInt64Array.of(2n) } },
      opset: 11,
    });
    const session = await InferenceSession.create(encodeModel(model), { intraOpNumThreads: 1 });
    const { v } = await session.run({ x: floats(3, NaN, 1, 2) });
    expect(Array.from(v!.data as Float32Array)).toEqual([...values]);
    await session.release();
  }
});
