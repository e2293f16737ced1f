import { Tensor } from 'onnxruntime-common';
import * as onnxruntime from 'onnxruntime-node';
import { disagreement, tolerance } from '../../benchmarks/agreement';
import { lowerGraph } from '../../src/engine/compile';
import { InferenceSession } from '../../src/engine/session';
import { Graph } from '../../src/graph/graph';
import type { AttributeValue } from '../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { elementCount, type Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { ConstantPool } from '../../src/program/constant-pool';

const channels = 4;

function numbers(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(3.7 * i * i + i));
}

interface PaddedModel {
  /** As ONNX has them: begins of all four axes, then ends. */
  pads: number[];
  value?: number;
  /** Operator that computes what is padded. */
  before?: string;
  reader: string;
  attributes?: Record<string, AttributeValue>;
  /** Of a Conv. */
  weights?: number[];
  /** Whether the padded tensor is an output too. */
  exposed?: boolean;
}

function modelOf({ pads, value = 0, before = 'Neg', reader, attributes, weights, exposed }: PaddedModel) {
  const initializers: Record<string, Constant> = {
    pads: { type: 'int64', dims: [8], data: BigInt64Array.from(pads, BigInt) },
    value: { type: 'float32', dims: [], data: Float32Array.of(value) },
  };
  if (weights) initializers.w = { type: 'float32', dims: weights, data: numbers(elementCount(weights)) };
  const outputs = [makeValueInfo('z', 'float32', ['n', 'c', 'h', 'w'])];
  if (exposed) outputs.push(makeValueInfo('y', 'float32', ['n', 'c', 'h', 'w']));
  return makeModel({
    nodes: [
      makeNode({ opType: before, input: ['input'], output: ['x'] }),
      makeNode({ opType: 'Pad', input: ['x', 'pads', 'value'], output: ['y'] }),
      makeNode({ opType: reader, input: weights ? ['y', 'w'] : ['y'], output: ['z'], attributes: attributes ?? {} }),
    ],
    inputs: [makeValueInfo('input', 'float32', [2, channels, 9, 7])],
    outputs,
    initializers,
  });
}

/** Runs the model in both engines; says which operations it was lowered to. */
async function check(parts: PaddedModel): Promise<string[]> {
  const model = modelOf(parts);
  const bytes = encodeModel(model);
  const feeds = { input: new Tensor('float32', numbers(2 * channels * 9 * 7), [2, channels, 9, 7]) };
  const own = await InferenceSession.create(bytes);
  // Its own fusion of padding and pooling is wrong, in version 1.30 at least.
  const other = await onnxruntime.InferenceSession.create(bytes, { graphOptimizationLevel: 'disabled' });
  const actual = await own.run(feeds);
  expect(disagreement(actual, await other.run(feeds)).relative).toBeLessThan(tolerance);
  await own.release();
  await other.release();
  return lowerGraph(new Graph(model), undefined, new ConstantPool()).program.operations.map(({ opcode }) => opcode);
}

const around = [0, 0, 1, 1, 0, 0, 1, 1];
const uneven = [0, 0, 0, 2, 0, 0, 3, 1];

describe('padding becomes that', () => {
  test.each<[string, PaddedModel]>([
    ['of a convolution', { pads: around, reader: 'Conv', weights: [5, channels, 3, 3] }],
    ['of a convolution, uneven', { pads: uneven, reader: 'Conv', weights: [5, channels, 3, 3] }],
    ['of a convolution, wider than its kernel', { pads: uneven, reader: 'Conv', weights: [5, channels, 1, 1] }],
    [
      'of a strided convolution that pads too',
      {
        pads: uneven,
        reader: 'Conv',
        weights: [5, channels, 3, 5],
        attributes: { pads: [1, 0, 2, 1], strides: [2, 2] },
      },
    ],
    [
      'of a depthwise convolution',
      { pads: uneven, reader: 'Conv', weights: [channels, 1, 3, 3], attributes: { group: channels } },
    ],
    ['of a mean', { pads: uneven, reader: 'AveragePool', attributes: { kernel_shape: [3, 3] } }],
    [
      'of a mean that counts its padding',
      {
        pads: uneven,
        reader: 'AveragePool',
        attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1, strides: [2, 1] },
      },
    ],
    [
      'of a maximum, by -∞',
      { pads: around, value: -Infinity, reader: 'MaxPool', attributes: { kernel_shape: [3, 3] } },
    ],
    [
      'of a maximum of what is never negative, by 0',
      { pads: around, before: 'Relu', reader: 'MaxPool', attributes: { kernel_shape: [3, 2], strides: [2, 2] } },
    ],
  ])('%s', async (_, parts) => {
    expect(await check(parts)).not.toContain('pad');
  });
});

describe('padding stays before', () => {
  test.each<[string, PaddedModel]>([
    ['what does not pad by its value', { pads: around, value: 2, reader: 'Conv', weights: [5, channels, 3, 3] }],
    [
      'what does not pad channels',
      { pads: [0, 1, 1, 1, 0, 0, 1, 1], reader: 'Conv', weights: [5, channels + 1, 3, 3] },
    ],
    ['what does not crop', { pads: [0, 0, -1, 1, 0, 0, 1, 1], reader: 'Conv', weights: [5, channels, 3, 3] }],
    ['what is not its only reader', { pads: around, reader: 'Conv', weights: [5, channels, 3, 3], exposed: true }],
    [
      'a mean that does not count its own padding',
      { pads: around, reader: 'AveragePool', attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
    ],
    ['a maximum of what may be negative', { pads: around, reader: 'MaxPool', attributes: { kernel_shape: [3, 3] } }],
    [
      'a maximum of windows that see nothing else',
      { pads: uneven, before: 'Relu', reader: 'MaxPool', attributes: { kernel_shape: [2, 2] } },
    ],
  ])('%s', async (_, parts) => {
    expect(await check(parts)).toContain('pad');
  });
});
