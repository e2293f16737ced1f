import { networks, type NetworkName, type NetworkOptions } from '../../benchmarks/networks';
import { cifar } from '../../benchmarks/networks/image';
import { mobilenetV2 } from '../../benchmarks/networks/mobilenet';
import { compressWithinDrop, sweep, type CompressOptions, type ImageSet } from '../../src';
import { Graph } from '../../src/graph/graph';
import type { AttributeValue } from '../../src/onnx/attribute';
import { editableCopy } from '../../src/onnx/copy';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { ModelProto, NodeProto } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { toOperatorForm } from '../../src/quantize/qoperator-form';
import { floats } from '../graph/small-network';
import { compress, kernelsOf, onnxruntime, outputs, photographs, relativeError } from './subjects';

function inOperatorForm(model: ModelProto): ModelProto {
  const graph = new Graph(editableCopy(model));
  toOperatorForm(graph);
  return graph.model;
}

function operators(model: ModelProto): string[] {
  return new Graph(model).nodes.map(({ opType }) => opType);
}

/** Checks that a model in QDQ form gives the same in the other one, which is given back. */
async function same(model: ModelProto, images: ImageSet): Promise<ModelProto> {
  const converted = inOperatorForm(model);
  const expected = await outputs(model, images);
  expect(new Set(expected).size).toBeGreaterThan(10);
  const found = await outputs(converted, images);
  expect(Buffer.from(found.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
  // A tie that is rounded to the other side changes a byte, and those after it.
  expect(relativeError(await onnxruntime(converted, images), expected)).toBeLessThan(1e-3);
  return converted;
}

const calibration = photographs(24, [3, 32, 32]);
const others = photographs(16, [3, 32, 32], 2);

describe('networks give the same bytes', () => {
  const cases: readonly (readonly [NetworkName, NetworkOptions, Partial<CompressOptions>])[] = [
    ['resnet18-cifar', {}, {}],
    ['resnet18-cifar', {}, { macs: 0.5 }],
    ['vgg16-cifar', {}, {}],
    ['wrn28-4-cifar', {}, {}],
    ['resnet50-cifar', { kernels: 2 }, {}],
  ];

  test.each(cases)('%s %p, %p', async (name, of, goal) => {
    const { model } = networks[name]({ width: 1 / 8, ...of });
    const quantized = await compress(model, { int8: true, ...goal, calibration: { images: calibration } });
    const converted = await same(quantized.model, others);
    const types = operators(converted);
    const count = (opType: string) => types.filter((type) => type === opType).length;
    // The normalisations before activations have no form on bytes.
    const inFloats = count('BatchNormalization');
    expect(inFloats > 0).toBe(name === 'wrn28-4-cifar');
    expect(count('QuantizeLinear')).toBe(1 + inFloats);
    expect([count('DequantizeLinear'), count('Relu')]).toEqual([inFloats, inFloats]);
    for (const type of ['Conv', 'Add', 'Gemm']) expect(types).not.toContain(type);
    expect(types).toContain('QLinearConv');
    expect(await kernelsOf(converted, others)).toEqual(await kernelsOf(quantized.model, others));
  });

  test('mobilenetv2', async () => {
    const { model } = mobilenetV2(cifar, { width: 1 / 4 });
    const images = calibration;
    const quantized = await compress(model, {
      ...{ int8: true, format: 'qoperator', calibration: { images } },
    });
    const types = operators(quantized.model);
    expect(types).not.toContain('DequantizeLinear');
    expect(types).not.toContain('Clip');
    expect(types).toEqual(expect.arrayContaining(['QLinearAdd', 'QLinearGlobalAveragePool', 'Flatten', 'QGemm']));
    const qdq = await compress(model, { int8: true, calibration: { images } });
    const converted = await same(qdq.model, others);
    expect(operators(converted)).toEqual(types);
    expect(await outputs(quantized.model, images)).toEqual(await outputs(qdq.model, images));
  });
});

const inputs = [makeValueInfo('x', 'float32', ['N', 4, 8, 8])];
const images = photographs(8, [4, 8, 8], 7);
const conv = (name: string, x: string, w: string, y: string) =>
  makeNode({ opType: 'Conv', name, input: [x, w], output: [y], attributes: { pads: [1, 1, 1, 1] } });

interface Between {
  readonly initializers?: Readonly<Record<string, Constant>>;
  readonly opset?: number;
  /** What the last convolution reads. */
  readonly from?: string;
}

/** What computes `from` of the results `a` and `a2` of two convolutions, before another one. */
async function between(nodes: readonly NodeProto[], { initializers = {}, opset = 17, from = 'b' }: Between = {}) {
  const model = makeModel({
    nodes: [conv('first', 'x', 'w', 'a'), conv('other', 'x', 'w2', 'a2'), ...nodes, conv('last', from, 'w3', 'c')],
    inputs,
    outputs: [makeValueInfo('c', 'float32', ['N', 4, 'H', 'W'])],
    initializers: {
      ...{ w: floats([4, 4, 3, 3]), w2: floats([4, 4, 3, 3], 2), w3: floats([4, 4, 3, 3], 3) },
      ...initializers,
    },
    opset,
  });
  return compress(model, { int8: true, calibration: { images } });
}

const scalar = (value: number): Constant => ({ type: 'float32', dims: [], data: Float32Array.of(value) });

describe('operators between products', () => {
  const one = (opType: string, attributes: Record<string, AttributeValue> = {}, ...more: string[]) =>
    makeNode({ opType, input: ['a', ...more], output: ['b'], attributes });
  const list = (...numbers: number[]): Constant => ({
    ...{ type: 'int64', dims: [numbers.length] },
    data: BigInt64Array.from(numbers, BigInt),
  });

  test.each([
    ['QLinearAdd', one('Add', {}, 'a2')],
    ['QLinearMul', one('Mul', {}, 'a2')],
    ['QLinearSigmoid', one('Sigmoid')],
    ['QLinearLeakyRelu', one('LeakyRelu', { alpha: { float: 0.2 } })],
    ['QLinearAveragePool', one('AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] })],
    ['QLinearAveragePool', one('AveragePool', { kernel_shape: [2, 2], pads: [1, 1, 0, 0], count_include_pad: 1 })],
    ['QLinearGlobalAveragePool', one('GlobalAveragePool')],
  ])('%s', async (opType, node) => {
    const { model } = await between([node]);
    const converted = await same(model, images);
    const dequantized = operators(converted).filter((type) => type === 'DequantizeLinear');
    // Those of the last convolution, which gives floats: its input, weights and bias.
    expect(dequantized).toHaveLength(3);
    expect(operators(converted)).toContain(opType);
    expect(operators(converted)).not.toContain(node.opType);
  });

  test('QLinearConcat', async () => {
    const concat = makeNode({ opType: 'Concat', input: ['a', 'a2'], output: ['b'], attributes: { axis: 1 } });
    const { model } = await between([concat], { initializers: { w3: floats([4, 8, 3, 3], 3) } });
    const converted = await same(model, images);
    expect(operators(converted)).toContain('QLinearConcat');
  });

  test.each([
    [one('MaxPool', { kernel_shape: [2, 2], strides: [2, 2], pads: [1, 1, 0, 0] }), {}],
    [one('Gather', { axis: 1 }, 'indices'), { indices: list(3, 0, 0, 2) }],
    [one('Transpose', { perm: [0, 1, 3, 2] }), {}],
    [one('Slice', {}, 'starts', 'ends', 'axes'), { starts: list(1), ends: list(7), axes: list(2) }],
    [one('Pad', {}, 'pads'), { pads: list(0, 0, 1, 0, 0, 0, 0, 2) }],
    [one('Tile', {}, 'repeats'), { repeats: list(1, 1, 2, 1) }],
    [one('Reshape', {}, 'shape'), { shape: list(0, 4, 4, 16) }],
  ])('bytes are moved: %#', async (node, initializers) => {
    const { model } = await between([node], { initializers });
    const converted = await same(model, images);
    const graph = new Graph(converted);
    const mover = graph.nodes.find(({ opType }) => opType === node.opType)!;
    expect(graph.producer(mover.input[0]!)!.opType).toBe('QLinearConv');
    expect(operators(converted).filter((type) => type === 'QuantizeLinear')).toHaveLength(1);
  });

  test.each([
    [[one('MaxPool', { kernel_shape: [2, 2] }), makeNode({ opType: 'Relu', input: ['b'], output: ['r'] })], {}],
    [
      [one('Pad', {}, 'pads', 'value'), makeNode({ opType: 'Identity', input: ['b'], output: ['r'] })],
      {
        pads: list(0, 0, 1, 0, 0, 0, 0, 2),
        value: scalar(3),
      },
    ],
  ])('bytes of another scale are no moved bytes: %#', async (nodes, initializers) => {
    const { model } = await between(nodes, { initializers, from: 'r' });
    const types = operators(await same(model, images));
    expect(types.filter((type) => type === 'QuantizeLinear')).toHaveLength(2);
  });

  test('nor those of the same zero point and another scale', async () => {
    const { model } = await between([one('Transpose', { perm: [0, 1, 3, 2] })]);
    const graph = new Graph(editableCopy(model));
    const quantize = graph.consumers('b')[0]!;
    const dequantize = graph.consumers(quantize.output[0]!)[0]!;
    const steps = graph.constant(quantize.input[1]!)!.data[0] as number;
    graph.setInitializer('wider', { type: 'float32', dims: [], data: Float32Array.of(1.5 * steps) });
    for (const node of [quantize, dequantize]) node.input[1] = 'wider';
    const types = operators(await same(graph.model, images));
    expect(types.filter((type) => type === 'QuantizeLinear')).toHaveLength(2);
  });

  test('Split, whose parts are put together again', async () => {
    const nodes = [
      makeNode({ opType: 'Split', input: ['a'], output: ['p', 'q'], attributes: { axis: 1, num_outputs: 2 } }),
      makeNode({ opType: 'Concat', input: ['q', 'p'], output: ['b'], attributes: { axis: 1 } }),
    ];
    const { model } = await between(nodes, { opset: 18 });
    expect(operators(await same(model, images)).filter((type) => type === 'QuantizeLinear')).toHaveLength(1);
  });

  test('Relu goes where the zero point stands for it, and stays where not', async () => {
    const { model } = await between([one('Relu')]);
    const converted = await same(model, images);
    expect(operators(converted)).not.toContain('Relu');

    // As if numbers below 0 had bytes.
    const graph = new Graph(editableCopy(model));
    const [, scale, zeroPoint] = graph.consumers('b')[0]!.input;
    expect(graph.constant(zeroPoint!)!.data[0]).toBe(0);
    graph.setInitializer(zeroPoint!, { type: 'uint8', dims: [], data: Uint8Array.of(100) });
    expect(scale).toBeDefined();
    expect(operators(await same(graph.model, images))).toContain('Relu');
  });

  test('Clip goes where the scale stands for it, and stays where not', async () => {
    const bounds = (least: number, most: number): Record<string, Constant> => ({
      least: scalar(least),
      most: scalar(most),
    });
    const clip = one('Clip', {}, 'least', 'most');
    const { model } = await between([clip], { initializers: bounds(0, 0.5) });
    expect(operators(await same(model, images))).not.toContain('Clip');
    const graph = new Graph(editableCopy(model));
    for (const most of [0.25, 0.45]) {
      graph.setInitializer('most', bounds(0, most).most!);
      expect(operators(await same(graph.model, images))).toContain('Clip');
    }
    graph.setInitializer('most', bounds(0, 0.5).most!);
    graph.setInitializer('least', bounds(0.1, 0.5).least!);
    expect(operators(await same(graph.model, images))).toContain('Clip');
  });

  test('what has no form on bytes stays between QuantizeLinear and DequantizeLinear', async () => {
    const { model } = await between([one('Tanh')]);
    const types = operators(await same(model, images));
    expect(types).toContain('Tanh');
    expect(types.filter((type) => type === 'QuantizeLinear')).toHaveLength(2);
  });

  test('a result that is also an output or read by others stays in floats', async () => {
    const { model } = await between([one('Relu')]);
    model.graph!.output.push(makeValueInfo('b', 'float32', ['N', 4, 8, 8]));
    const types = operators(await same(model, images));
    expect(types).toContain('Relu');
  });

  test('MatMul, to bytes and to floats', async () => {
    const model = makeModel({
      nodes: [
        conv('first', 'x', 'w', 'a'),
        makeNode({ opType: 'MatMul', name: 'inner', input: ['a', 'm'], output: ['b'] }),
        makeNode({ opType: 'MatMul', name: 'last', input: ['b', 'm'], output: ['c'] }),
      ],
      inputs,
      outputs: [makeValueInfo('c', 'float32', ['N', 4, 8, 8])],
      initializers: { w: floats([4, 4, 3, 3]), m: floats([8, 8], 2) },
    });
    const quantized = await compress(model, { int8: true, calibration: { images } });
    const types = operators(await same(quantized.model, images));
    expect(types.filter((type) => type === 'QLinearMatMul')).toHaveLength(1);
    expect(types.filter((type) => type === 'MatMul')).toHaveLength(1);
  });
});

test.each([10, 12])('a model of operator set %d', async (opset) => {
  const clip =
    opset < 11
      ? { input: ['a'], attributes: { min: { float: 0 }, max: { float: 6 } } }
      : { input: ['a', 'zero', 'six'] };
  const model = makeModel({
    nodes: [
      conv('first', 'x', 'w', 'a'),
      makeNode({ opType: 'Clip', output: ['r'], ...clip }),
      makeNode({ opType: 'MaxPool', input: ['r'], output: ['m'], attributes: { kernel_shape: [2, 2] } }),
      conv('second', 'm', 'w', 'b'),
      makeNode({ opType: 'GlobalAveragePool', input: ['b'], output: ['g'] }),
      makeNode({ opType: 'Flatten', input: ['g'], output: ['f'] }),
      makeNode({ opType: 'Gemm', input: ['f', 'h'], output: ['c'] }),
    ],
    inputs,
    outputs: [makeValueInfo('c', 'float32', ['N', 4])],
    initializers: { w: floats([4, 4, 3, 3]), h: floats([4, 4], 2), zero: scalar(0), six: scalar(6) },
    opset,
  });
  const quantized = await compress(model, { int8: true, format: 'qoperator', calibration: { images } });
  expect(operators(quantized.model)).toEqual([
    ...['QuantizeLinear', 'QLinearConv', 'MaxPool', 'QLinearConv', 'QLinearGlobalAveragePool', 'Flatten', 'QGemm'],
  ]);
  const expected = await outputs(model, images);
  expect(relativeError(await outputs(quantized.model, images), expected)).toBeLessThan(0.01);
  expect(relativeError(await onnxruntime(quantized.model, images), expected)).toBeLessThan(0.01);
});

test('format without int8', async () => {
  const { model } = networks['resnet18-cifar']({ width: 1 / 8 });
  const own = { data: calibration, format: 'qdq' } as const;
  await expect(compress(model, { macs: 0.5, format: 'qdq' })).rejects.toThrow('format belongs to int8');
  await expect(compressWithinDrop(model, { maxDrop: 0.1, ...own })).rejects.toThrow('format belongs to int8');
  await expect(sweep(encodeModel(model), own)).rejects.toThrow('format belongs to int8');
});
