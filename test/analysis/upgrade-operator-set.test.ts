import * as ort from 'onnxruntime-node';
import { inferValues } from '../../src/analysis/infer';
import { upgradeOperatorSet } from '../../src/analysis/upgrade-operator-set';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { Graph } from '../../src/graph/graph';
import type { AttributeValue } from '../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { decodeModel } from '../../src/onnx/read';
import { encodeModel } from '../../src/onnx/write';
import type { Constant } from '../../src/onnx/value';
import { floats } from '../graph/small-network';

interface Case {
  readonly opset: number;
  readonly operator: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Inputs after `x`. */
  readonly constants?: Readonly<Record<string, Constant>>;
  readonly outputs?: number;
  readonly dims?: readonly number[];
  readonly irVersion?: bigint;
}

function modelOf({
  opset,
  operator,
  attributes,
  constants = {},
  outputs = 1,
  dims = [2, 3, 4, 6],
  irVersion = 4n,
}: Case) {
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const model = makeModel({
    nodes: [
      makeNode({ opType: operator, name: 'node', input: ['x', ...Object.keys(constants)], output: names, attributes }),
    ],
    inputs: [makeValueInfo('x', 'float32', dims)],
    outputs: names.map((name, i) => {
      const info = makeValueInfo(name, operator === 'TopK' && i === 1 ? 'int64' : 'float32', []);
      delete (info.type!.value.value as { shape?: unknown }).shape;
      return info;
    }),
    initializers: constants,
    opset,
  });
  model.irVersion = irVersion;
  if (irVersion < 4n) {
    for (const [name, { type, dims }] of Object.entries(constants)) {
      model.graph!.input.push(makeValueInfo(name, type, dims));
    }
  }
  return model;
}

const vector = (...numbers: number[]): Constant => ({
  type: 'float32',
  dims: [numbers.length],
  data: Float32Array.from(numbers),
});

const cases: readonly Case[] = [
  { opset: 7, operator: 'Clip', attributes: { min: { float: -0.25 }, max: { float: 0.5 } } },
  { opset: 10, operator: 'Clip', attributes: { max: { float: 0.5 } } },
  { opset: 10, operator: 'Clip' },
  { opset: 7, operator: 'Pad', attributes: { pads: [0, 0, 1, 2, 0, 0, 0, 1], value: { float: 0.5 } } },
  { opset: 10, operator: 'Pad', attributes: { mode: 'reflect', pads: [0, 0, 1, 2, 0, 0, 0, 1] } },
  { opset: 9, operator: 'Slice', attributes: { starts: [1, -3], ends: [3, 100], axes: [1, 3] } },
  { opset: 9, operator: 'Slice', attributes: { starts: [1, 1], ends: [2, 3] } },
  { opset: 11, operator: 'Squeeze', attributes: { axes: [0] }, dims: [1, 3, 4, 1] },
  { opset: 11, operator: 'Squeeze', dims: [1, 3, 4, 1] },
  { opset: 11, operator: 'Unsqueeze', attributes: { axes: [0, 2] } },
  { opset: 11, operator: 'ReduceSum', attributes: { axes: [2, 3], keepdims: 0 } },
  { opset: 11, operator: 'ReduceSum' },
  { opset: 11, operator: 'ReduceMean', attributes: { axes: [2, 3] } },
  { opset: 11, operator: 'Split', attributes: { axis: 3, split: [2, 4] }, outputs: 2 },
  { opset: 11, operator: 'Split', attributes: { axis: 3 }, outputs: 2 },
  { opset: 9, operator: 'TopK', attributes: { k: 2, axis: 3 }, outputs: 2 },
  { opset: 11, operator: 'Softmax', attributes: { axis: 3 } },
  { opset: 11, operator: 'Softmax', dims: [5, 7] },
  { opset: 11, operator: 'LogSoftmax', dims: [5, 7, 1, 1] },
  { opset: 7, operator: 'Upsample', attributes: { scales: { floats: [1, 1, 2, 3] } } },
  { opset: 9, operator: 'Upsample', attributes: { mode: 'linear' }, constants: { scales: vector(1, 1, 2, 2) } },
  { opset: 10, operator: 'Resize', constants: { scales: vector(1, 1, 2, 1.5) } },
  { opset: 7, operator: 'Dropout', attributes: { ratio: { float: 0.3 } } },
  {
    opset: 8,
    operator: 'BatchNormalization',
    attributes: { spatial: 1, epsilon: { float: 1e-3 } },
    constants: { scale: floats([3], 2), bias: floats([3], 3), mean: floats([3], 4), variance: vector(1, 2, 3) },
    irVersion: 3n,
  },
  { opset: 7, operator: 'Conv', constants: { w: floats([2, 3, 3, 3], 2) }, irVersion: 3n },
];

test.each(cases)('$operator of set $opset, $attributes: the same in set 13', async (one) => {
  const model = modelOf(one);
  const bytes = encodeModel(model);
  const graph = new Graph(decodeModel(bytes));
  upgradeOperatorSet(graph, inferValues(graph));
  expect(graph.opset).toBe(13);
  const upgraded = encodeModel(graph.model);
  const dims = one.dims ?? [2, 3, 4, 6];
  const x = floats(dims, 9).data as Float32Array;
  const run = async (file: Uint8Array) => {
    const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
    const results = await session.run({ x: new Tensor('float32', x, dims) });
    await session.release();
    return Object.values(results).map(({ dims: shape, data }) => ({ shape, data }));
  };
  const expected = await run(bytes);
  expect(await run(upgraded)).toEqual(expected);

  const session = await ort.InferenceSession.create(upgraded, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  const theirs = Object.values(await session.run({ x: new ort.Tensor('float32', x, dims) }));
  await session.release();
  theirs.forEach(({ dims: shape, data }, i) => {
    expect(shape).toEqual(expected[i]!.shape);
    if (!(data instanceof Float32Array)) return;
    data.forEach((number, j) => expect(number).toBeCloseTo((expected[i]!.data as Float32Array)[j]!, 4));
  });
});

test.each<[string, Case, string]>([
  ['softmax over several axes', { opset: 11, operator: 'Softmax', attributes: { axis: 1 } }, 'several axes'],
  ['a smaller map', { opset: 10, operator: 'Resize', constants: { scales: vector(1, 1, 0.5, 0.5) } }, 'smaller'],
  ['an unknown operator', { opset: 9, operator: 'Scatter' }, 'not known'],
  ['set 6', { opset: 6, operator: 'Relu' }, '7 is the oldest'],
])('%s: refused', (_, one, why) => {
  const graph = new Graph(modelOf(one));
  const upgrade = () => upgradeOperatorSet(graph, inferValues(graph, new Map(), { lenient: true }));
  expect(upgrade).toThrow(why);
  expect(upgrade).toThrow(expect.objectContaining({ code: 'OPERATOR_UNSUPPORTED' }) as Error);
});

test('a model of set 13 or newer stays as it is', () => {
  const graph = new Graph(modelOf({ opset: 17, operator: 'Relu' }));
  const before = encodeModel(graph.model);
  upgradeOperatorSet(graph, new Map());
  expect(encodeModel(graph.model)).toEqual(before);
});
