import { InferenceSession, Tensor } from '../../src/engine/session';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { constantOf } from '../../src/operators/elements';

// What ONNX leaves open, and processors or C++ make a fault of.

const least = { int64: -(2n ** 63n), int32: -(2n ** 31n) };

async function compute(
  opType: string,
  type: 'int64' | 'int32',
  operands: readonly (readonly bigint[])[],
  attributes: Record<string, number> = {},
): Promise<bigint[]> {
  const names = operands.map((_, i) => `x${i}`);
  const model = makeModel({
    nodes: [makeNode({ opType, name: 'node', input: names, output: ['y'], attributes })],
    inputs: names.map((name, i) => makeValueInfo(name, type, [operands[i]!.length])),
    outputs: [makeValueInfo('y', type, [])],
    opset: 13,
  });
  model.graph!.output[0] = makeValueInfo('y', type, [operands[0]!.length]);
  const session = await InferenceSession.create(encodeModel(model), { intraOpNumThreads: 1 });
  try {
    const feeds = names.map((name, i) => {
      const { data } = constantOf(type, [operands[i]!.length], operands[i]!);
      return [name, new Tensor(type, data, [operands[i]!.length])] as const;
    });
    const { y } = await session.run(Object.fromEntries(feeds));
    return Array.from(y!.data as BigInt64Array, BigInt);
  } finally {
    await session.release();
  }
}

describe.each(['int64', 'int32'] as const)('%s', (type) => {
  const most = -least[type] - 1n;

  test('what is divided by 0 is 0, as quotient and as remainder', async () => {
    expect(
      await compute('Div', type, [
        [7n, -7n, 0n],
        [0n, 0n, 0n],
      ]),
    ).toEqual([0n, 0n, 0n]);
    expect(
      await compute('Mod', type, [
        [7n, -7n, 0n],
        [0n, 0n, 0n],
      ]),
    ).toEqual([0n, 0n, 0n]);
    expect(await compute('Mod', type, [[7n], [0n]], { fmod: 1 })).toEqual([0n]);
  });

  test('results that do not fit wrap', async () => {
    expect(await compute('Div', type, [[least[type]], [-1n]])).toEqual([least[type]]);
    expect(await compute('Mod', type, [[least[type]], [-1n]])).toEqual([0n]);
    expect(await compute('Neg', type, [[least[type]]])).toEqual([least[type]]);
    expect(await compute('Abs', type, [[least[type]]])).toEqual([least[type]]);
    expect(await compute('Add', type, [[most], [1n]])).toEqual([least[type]]);
    expect(await compute('Sub', type, [[least[type]], [1n]])).toEqual([most]);
    expect(await compute('Mul', type, [[most], [2n]])).toEqual([-2n]);
  });

  test('quotients are truncated towards 0, and remainders have the sign of the divisor', async () => {
    expect(
      await compute('Div', type, [
        [7n, -7n, 7n, -7n],
        [2n, 2n, -2n, -2n],
      ]),
    ).toEqual([3n, -3n, -3n, 3n]);
    expect(
      await compute('Mod', type, [
        [7n, -7n, 7n, -7n],
        [4n, 4n, -4n, -4n],
      ]),
    ).toEqual([3n, 1n, -1n, -3n]);
    expect(
      await compute(
        'Mod',
        type,
        [
          [7n, -7n, 7n, -7n],
          [4n, 4n, -4n, -4n],
        ],
        { fmod: 1 },
      ),
    ).toEqual([3n, -3n, 3n, -3n]);
  });

  test('an activation after an addition is one of integers', async () => {
    const model = makeModel({
      nodes: [
        makeNode({ opType: 'Add', name: 'sum', input: ['a', 'a'], output: ['s'] }),
        makeNode({ opType: 'Relu', name: 'relu', input: ['s'], output: ['y'] }),
      ],
      inputs: [makeValueInfo('a', type, [2])],
      outputs: [makeValueInfo('y', type, [2])],
      opset: 14,
    });
    const session = await InferenceSession.create(encodeModel(model), { intraOpNumThreads: 1 });
    const { data } = constantOf(type, [2], [-3, 3]);
    const { y } = await session.run({ a: new Tensor(type, data, [2]) });
    expect(Array.from(y!.data as BigInt64Array, BigInt)).toEqual([0n, 6n]);
    await session.release();
  });
});
