import { quantize, type QuantizeOptions } from '../../benchmarks/quantized/quantize';
import { GradientSession, InferenceSession, Tensor } from '../../src';
import type { AttributeValue } from '../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { ModelProto, NodeProto } from '../../src/onnx/onnx_pb';
import { decodeModel } from '../../src/onnx/read';
import { elementCount, type Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { constantOf } from '../../src/operators/elements';
import { Random } from '../operators/random';
import { straightThrough } from './straight-through';

// Gradients of quantized networks against the straight-through definition, by hand and one number at a time, and against networks of
// floats that only limit what the quantized ones round.

type Initializers = Readonly<Record<string, Constant>>;

const numbers = (...values: number[]) => constantOf('float32', values.length === 1 ? [] : [values.length], values);
const bytes = (type: 'uint8' | 'int8', ...values: number[]) =>
  constantOf(type, values.length === 1 ? [] : [values.length], values);
const node = (
  opType: string,
  input: string[],
  output: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
  domain?: string,
) => makeNode({ opType, name: output, input, output: [output], attributes, domain });

function network(dims: readonly number[], nodes: NodeProto[], initializers: Initializers, classes: number): Uint8Array {
  return encodeModel(
    makeModel({
      nodes,
      inputs: [makeValueInfo('x', 'float32', dims)],
      outputs: [makeValueInfo('logits', 'float32', [dims[0]!, classes])],
      initializers,
      opset: 17,
    }),
  );
}

/** The logits, and the gradient by the image, of a cotangent that does not depend on the logits. */
async function gradientOf(model: Uint8Array, image: Float32Array, dims: readonly number[], cotangent: Float32Array) {
  const session = await GradientSession.create(model, { intraOpNumThreads: 1 });
  try {
    const { logits, inputs } = await session.gradient({ x: new Tensor('float32', image, dims) }, () => cotangent);
    return { logits: logits.data as Float32Array, gradient: inputs.x!.data as Float32Array };
  } finally {
    await session.release();
  }
}

function expectClose(actual: ArrayLike<number>, wanted: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(wanted.length);
  const largest = Math.max(...wanted.map(Math.abs));
  expect(largest).toBeGreaterThan(0);
  expect(Math.max(...wanted.map((one, i) => Math.abs(one - actual[i]!)))).toBeLessThan(tolerance * largest);
}

/** The pair of nodes that rounds a tensor, by the scale and zero point of these names. */
const pair = (from: string, to: string, scale = 'scale', zero = 'zero') => [
  node('QuantizeLinear', [from, scale, zero], `${to}.bytes`),
  node('DequantizeLinear', [`${to}.bytes`, scale, zero], to),
];

describe('one pair, by hand', () => {
  // 0.5 a step, and 0 is the byte 2: the range is from -1 to 126.5, or from -65 to 62.5.
  const model = (type: 'uint8' | 'int8') =>
    network(
      [1, 6],
      [...pair('x', 'rounded'), node('Gemm', ['rounded', 'w'], 'logits')],
      { scale: numbers(0.5), zero: bytes(type, 2), w: constantOf('float32', [6, 1], [1, 2, 3, 4, 5, 6]) },
      1,
    );

  test.each([
    // Both ends, what still rounds to them, and what is beyond.
    ['uint8', [-1, -1.2, -1.3, 126.5, 126.7, 126.8], [1, 2, 0, 4, 5, 0], [-1, -1, -1, 126.5, 126.5, 126.5]],
    ['int8', [-65, -65.2, -65.3, 62.5, 62.7, 62.8], [1, 2, 0, 4, 5, 0], [-65, -65, -65, 62.5, 62.5, 62.5]],
    ['uint8', [0, 0.2, 0.3, 1, 60, 100], [1, 2, 3, 4, 5, 6], [0, 0, 0.5, 1, 60, 100]],
    ['uint8', [NaN, 1e30, -1e30, Infinity, -Infinity, 0], [0, 0, 0, 0, 0, 6], [-1, 126.5, -1, 126.5, -1, 0]],
  ] as const)('%s, at %j', async (type, image, wanted, rounded) => {
    const { gradient, logits } = await gradientOf(model(type), Float32Array.from(image), [1, 6], Float32Array.of(1));
    expect([...gradient]).toEqual(wanted);
    expect(logits[0]).toBeCloseTo(
      rounded.reduce<number>((sum, one, i) => sum + one * (i + 1), 0),
      3,
    );
  });

  test('a convolution of weights and biases in integers', async () => {
    // Weights 2·0.25 and -4·0.5, biases 3·(0.1·0.25) and 1·(0.1·0.5); results are limited to 0 .. 25.5, by steps of 0.1.
    const model = network(
      [1, 1, 1, 2],
      [
        ...pair('x', 'rounded', 'xScale', 'xZero'),
        node('DequantizeLinear', ['w', 'wScale', 'wZero'], 'weights', { axis: 0 }),
        node('DequantizeLinear', ['b', 'bScale'], 'bias', { axis: 0 }),
        node('Conv', ['rounded', 'weights', 'bias'], 'sums'),
        ...pair('sums', 'limited', 'yScale', 'yZero'),
        node('Flatten', ['limited'], 'logits'),
      ],
      {
        xScale: numbers(0.1),
        xZero: bytes('uint8', 128),
        w: { ...bytes('int8', 2, -4), dims: [2, 1, 1, 1] },
        wScale: numbers(0.25, 0.5),
        wZero: bytes('int8', 0, 0),
        b: constantOf('int32', [2], [3, 1]),
        bScale: numbers(0.1 * 0.25, 0.1 * 0.5),
        yScale: numbers(0.1),
        yZero: bytes('uint8', 0),
      },
      4,
    );
    // 1.04 rounds to 1.0, and -2.0 stays: 0.5·1 + 0.075 and 0.5·-2 + 0.075; -2·1 + 0.05 and -2·-2 + 0.05.
    const { logits, gradient } = await gradientOf(
      model,
      Float32Array.of(1.04, -2),
      [1, 1, 1, 2],
      Float32Array.of(1, 10, 100, 1000),
    );
    expectClose(logits, [0.6, 0, 0, 4], 1e-5);
    // Of the first pixel only the first channel is within, of the second only the second one.
    expectClose(gradient, [1 * 0.5, 1000 * -2], 1e-5);
  });

  test('different scales of both nodes change the unit', async () => {
    const model = network(
      [1, 2],
      [
        node('QuantizeLinear', ['x', 'scale', 'zero'], 'bytes'),
        node('DequantizeLinear', ['bytes', 'other', 'zero'], 'rounded'),
        node('Gemm', ['rounded', 'w'], 'logits'),
      ],
      {
        ...{ scale: numbers(0.5), other: numbers(0.125), zero: bytes('uint8', 0) },
        w: constantOf('float32', [2, 1], [1, 2]),
      },
      1,
    );
    const { logits, gradient } = await gradientOf(model, Float32Array.of(3, 200), [1, 2], Float32Array.of(1));
    expect([...logits]).toEqual([6 * 0.125 + 2 * 255 * 0.125]);
    expect([...gradient]).toEqual([0.25, 0]);
  });

  test('scales along an axis', async () => {
    const own = { axis: 1 };
    const model = network(
      [1, 3],
      [
        node('QuantizeLinear', ['x', 'scale', 'zero'], 'bytes', own),
        node('DequantizeLinear', ['bytes', 'scale', 'zero'], 'rounded', own),
        node('Gemm', ['rounded', 'w'], 'logits'),
      ],
      {
        ...{ scale: numbers(0.5, 0.01, 0.01), zero: bytes('uint8', 0, 0, 200) },
        w: constantOf('float32', [3, 1], [1, 2, 4]),
      },
      1,
    );
    // 3 is within 0 .. 127.5, beyond 0 .. 2.55 and beyond -2 .. 0.55; -1 is within the last.
    const cotangent = Float32Array.of(1);
    expect([...(await gradientOf(model, Float32Array.of(3, 3, 3), [1, 3], cotangent)).gradient]).toEqual([1, 0, 0]);
    expect([...(await gradientOf(model, Float32Array.of(-1, 1, -1), [1, 3], cotangent)).gradient]).toEqual([0, 2, 4]);
  });
});

const [images, classes] = [2, 4];

/** A small classifier of random layers: convolutions, dense and GDWS, residuals, concatenations, poolings. */
function randomNetwork(random: Random): { model: ModelProto; dims: number[] } {
  const nodes: NodeProto[] = [];
  const initializers: Record<string, Constant> = {};
  const dims = [images, random.integer(1, 3), 8, 8];
  let [value, channels, side] = ['x', dims[1]!, 8];
  const add = (opType: string, input: string[], attributes: Readonly<Record<string, AttributeValue>> = {}) => {
    const name = `v${nodes.length}`;
    nodes.push(node(opType, input, name, attributes));
    return (value = name);
  };
  const weights = (...of: number[]) => {
    const name = `w${Object.keys(initializers).length}`;
    // Larger biases would leave nothing of many networks behind a Relu.
    const size = of.length === 1 ? 0.2 : 1.7 / Math.sqrt(elementCount(of.slice(1)));
    initializers[name] = random.floats(of, -size, size);
    return name;
  };
  const convolution = (outputs: number, kernel: number, strides = 1) => {
    const groups = channels % 2 === 0 && outputs % 2 === 0 && random.next() < 0.3 ? 2 : 1;
    const bias = weights(outputs);
    const pads = new Array<number>(4).fill((kernel - 1) / 2);
    add('Conv', [value, weights(outputs, channels / groups, kernel, kernel), bias], {
      ...{ group: groups, pads, strides: [strides, strides] },
    });
    channels = outputs;
    side = Math.floor((side - 1) / strides) + 1;
  };
  const layers = [
    () => {
      convolution(random.pick([3, 4]), random.pick([1, 3]), side > 4 ? random.integer(1, 2) : 1);
      if (random.next() < 0.7) add('Relu', [value]);
    },
    () => {
      const before = value;
      convolution(channels, 3);
      add('Add', random.shuffle([value, before]));
      if (random.next() < 0.7) add('Relu', [value]);
    },
    () => {
      const before = [value, channels] as const;
      convolution(2, 1);
      add('Concat', [before[0], value], { axis: 1 });
      channels += before[1];
    },
    () => {
      const rows = Array.from({ length: channels }, (_, channel) => new Array<number>(random.integer(1, 2)).fill(channel)).flat(); // prettier-ignore
      const name = `rows${nodes.length}`;
      initializers[name] = constantOf('int64', [rows.length], rows);
      add('Gather', [value, name], { axis: 1 });
      const depthwise = { group: rows.length, pads: [1, 1, 1, 1] };
      add('Conv', [value, weights(rows.length, 1, 3, 3)], depthwise);
      add('Conv', [value, weights(4, rows.length, 1, 1), weights(4)]);
      channels = 4;
    },
    () => {
      if (side < 4) return;
      add('MaxPool', [value], { kernel_shape: [2, 2], strides: [2, 2] });
      side = Math.floor((side - 2) / 2) + 1;
    },
  ];
  for (let layer = random.integer(2, 4); layer > 0; layer--) random.pick(layers)();
  convolution(4, 3);
  if (random.next() < 0.5) {
    add('GlobalAveragePool', [value]);
    side = 1;
  }
  add('Flatten', [value]);
  initializers['last'] = random.floats([classes, channels * side * side], -0.5, 0.5);
  initializers['lastBias'] = random.floats([classes], -0.5, 0.5);
  nodes.push(node('Gemm', [value, 'last', 'lastBias'], 'logits', { transB: 1 }));
  const model = makeModel({
    nodes,
    inputs: [makeValueInfo('x', 'float32', dims)],
    outputs: [makeValueInfo('logits', 'float32', [images, classes])],
    initializers,
    opset: 17,
  });
  return { model, dims };
}

const forms: readonly QuantizeOptions[] = [
  {},
  { activations: 'int8' },
  { weights: 'uint8', perChannel: false },
  { activations: 'int8', biases: 'float32' },
];

/** A random network whose ranges are those of smaller images, so that the images at hand are limited in many places. */
async function randomCase(seed: number, share = 0.85) {
  const random = new Random(920 + seed);
  const { model, dims } = randomNetwork(random);
  const image = random.floats(dims, 0, 1).data as Float32Array;
  const small = new Tensor(
    'float32',
    image.map((one) => share * one),
    dims,
  );
  const quantized = encodeModel(await quantize(model, { ...forms[seed % forms.length], feeds: { x: small } }));
  const cotangent = random.floats([images, classes]).data as Float32Array;
  return { quantized, image, dims, cotangent };
}

const cases = 20;

describe.each(Array.from({ length: cases }, (_, seed) => seed))('random network %d', (seed) => {
  test('the gradient is the straight-through one, one number at a time', async () => {
    const { quantized, image, dims, cotangent } = await randomCase(seed);
    const { logits, gradient } = await gradientOf(quantized, image, dims, cotangent);
    const expected = straightThrough(quantized, image, dims, [...cotangent]);
    // A tie may be rounded to the other side.
    expectClose(logits, expected.logits, 0.02);
    expectClose(gradient, expected.gradient, 1e-4);
  });

  test('logits are those of an InferenceSession', async () => {
    const { quantized, image, dims, cotangent } = await randomCase(seed);
    const integers = await InferenceSession.create(quantized, { intraOpNumThreads: 1, tuning: 'off' });
    const session = await GradientSession.create(quantized, { intraOpNumThreads: 1 });
    const feeds = { x: new Tensor('float32', image, dims) };
    const exact = (await integers.run(feeds))['logits']!.data as Float32Array;
    expect(session.quantized).toBe(true);
    expect((await session.logits(feeds)).data).toEqual(exact);
    // The forward run of a gradient is one of floats between the roundings: a tie may go to the other side.
    const { logits } = await session.gradient(feeds, () => cotangent);
    const span = Math.max(...exact) - Math.min(...exact);
    exact.forEach((one, i) => expect(Math.abs(one - (logits.data as Float32Array)[i]!)).toBeLessThan(0.02 * span));
    await session.release();
    await integers.release();
  });
});

test('gradients are near to those of networks that only limit', async () => {
  const cosines: number[] = [];
  for (let seed = 0; seed < cases; seed++) {
    // Here the ranges are those of the images, so that a step is small.
    const { quantized, image, dims, cotangent } = await randomCase(seed, 1);
    const limited = encodeModel(onlyLimited(decodeModel(quantized)));
    const rounded = (await gradientOf(quantized, image, dims, cotangent)).gradient;
    const smooth = (await gradientOf(limited, image, dims, cotangent)).gradient;
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, one, i) => sum + one * b[i]!, 0);
    cosines.push(dot(rounded, smooth) / Math.sqrt(dot(rounded, rounded) * dot(smooth, smooth)));
  }
  // In small maps a single other choice of a Relu or MaxPool can turn a gradient far.
  expect(cosines.sort((a, b) => a - b)[cases / 4]).toBeGreaterThan(0.95);
});

/** Convolutions of bytes, a sum of bytes and a MaxPool and a Concat of bytes, as in QOperator form. */
function ofBytes(random: Random): Uint8Array {
  const weight = (...of: number[]) => random.integers(of, -90, 90, 'int8');
  const scaleOf = (least: number) => numbers(least * (1 + random.next()));
  const perChannel = () => random.floats([3], 0.005, 0.02);
  const microsoft = 'com.microsoft';
  return network(
    [2, 2, 6, 6],
    [
      node('QuantizeLinear', ['x', 'xs', 'xz'], 'bytes'),
      node('QLinearConv', ['bytes', 'xs', 'xz', 'w', 'ws', 'wz', 'as', 'az', 'b'], 'a', { pads: [1, 1, 1, 1] }),
      node('QLinearConv', ['a', 'as', 'az', 'v', 'vs', 'wz', 'cs', 'cz'], 'c', { pads: [1, 1, 1, 1] }),
      node('QLinearAdd', ['a', 'as', 'az', 'c', 'cs', 'cz', 'ds', 'dz'], 'd', {}, microsoft),
      node('MaxPool', ['d'], 'pooled', { kernel_shape: [2, 2], strides: [2, 2] }),
      node('MaxPool', ['d'], 'shifted', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 0, 0] }),
      node('Concat', ['pooled', 'shifted'], 'joined', { axis: 1 }),
      node('DequantizeLinear', ['joined', 'ds', 'dz'], 'floats'),
      node('Flatten', ['floats'], 'flat'),
      node('Gemm', ['flat', 'last'], 'logits'),
    ],
    {
      ...{ xs: numbers(0.9 / 255), xz: bytes('uint8', 0), as: scaleOf(0.01), az: bytes('uint8', 100) },
      ...{ cs: scaleOf(0.03), cz: bytes('uint8', 120), ds: scaleOf(0.03), dz: bytes('uint8', 90) },
      ...{ w: weight(3, 2, 3, 3), ws: perChannel(), v: weight(3, 3, 3, 3), vs: perChannel() },
      ...{ wz: bytes('int8', 0, 0, 0), b: random.integers([3], -9000, 9000, 'int32') },
      last: random.floats([54, classes]),
    },
    classes,
  );
}

test.each([0, 1, 2, 3, 4, 5])('bytes that are moved and added, in QOperator form, %d', async (seed) => {
  const random = new Random(70 + seed);
  const model = ofBytes(random);
  const dims = [2, 2, 6, 6];
  const image = random.floats(dims, 0, 1).data as Float32Array;
  const cotangent = random.floats([images, classes]).data as Float32Array;
  const { logits, gradient } = await gradientOf(model, image, dims, cotangent);
  const expected = straightThrough(model, image, dims, [...cotangent]);
  expectClose(logits, expected.logits, 0.02);
  expectClose(gradient, expected.gradient, 1e-4);
});

test('weights in bytes are constants; those in floats have gradients', async () => {
  const { quantized, image, dims, cotangent } = await randomCase(0);
  const session = await GradientSession.create(quantized, { intraOpNumThreads: 1 });
  const feeds = { x: new Tensor('float32', image, dims) };
  expect((await session.weightGradients(feeds, () => cotangent)).weights).toEqual({});
  await session.release();
  const mixed = network(
    [1, 2],
    [...pair('x', 'rounded'), node('Gemm', ['rounded', 'w'], 'logits')],
    { scale: numbers(0.5), zero: bytes('uint8', 0), w: constantOf('float32', [2, 1], [1, 1]) },
    1,
  );
  const other = await GradientSession.create(mixed, { intraOpNumThreads: 1 });
  const given = { x: new Tensor('float32', Float32Array.of(1.2, 3), [1, 2]) };
  const { weights } = await other.weightGradients(given, () => Float32Array.of(2));
  expect([...(weights['w']!.data as Float32Array)]).toEqual([2, 6]);
  await other.release();
});

describe('what has no straight-through form is refused by name', () => {
  const weights = { w: bytes('uint8', 1, 2, 3, 4), zero: bytes('uint8', 0) };
  const square = { ...weights, w: { ...weights.w, dims: [2, 2] }, step: numbers(0.5) };
  const quantizing = makeNode({
    ...{ opType: 'DynamicQuantizeLinear', name: 'dynamic', input: ['x'] },
    output: ['bytes', 'scale', 'zero_point'],
  });
  const rows = (nodes: NodeProto[]) => network([1, 2], nodes, square, 2);
  test.each([
    [
      'MatMulInteger',
      rows([
        quantizing,
        node('MatMulInteger', ['bytes', 'w', 'zero_point', 'zero'], 'sums'),
        node('Cast', ['sums'], 'floats', { to: 1 }),
        node('Mul', ['floats', 'scale'], 'logits'),
      ]),
    ],
    ['DynamicQuantizeLinear', rows([quantizing, node('DequantizeLinear', ['bytes', 'scale', 'zero_point'], 'logits')])],
    ['DynamicQuantizeLinear', rows([quantizing, node('Mul', ['x', 'scale'], 'logits')])],
    [
      'QuantizeLinear',
      rows([
        node('ReduceMax', ['x'], 'most', { keepdims: 0 }),
        node('QuantizeLinear', ['x', 'most', 'zero'], 'q'),
        node('DequantizeLinear', ['q', 'most', 'zero'], 'logits'),
      ]),
    ],
    [
      'Mul',
      rows([
        node('QuantizeLinear', ['x', 'step', 'zero'], 'q'),
        node('Cast', ['q'], 'integers', { to: 6 }),
        node('Mul', ['integers', 'integers'], 'squares'),
        node('Cast', ['squares'], 'logits', { to: 1 }),
      ]),
    ],
  ])('%s, %#', async (operator, model) => {
    await expect(GradientSession.create(model)).rejects.toMatchObject({ code: 'GRADIENT_UNSUPPORTED', operator });
  });
});

/** The network with a Clip to the range of its bytes in place of each pair that rounds. */
function onlyLimited(model: ModelProto): ModelProto {
  const { graph } = model;
  const of = (name: string) => graph!.initializer.find((one) => one.name === name)!;
  const nodes: NodeProto[] = [];
  const initializers: Record<string, Constant> = {};
  for (const one of graph!.node) {
    if (one.opType === 'QuantizeLinear') continue;
    const before = graph!.node.find(({ output }) => output[0] === one.input[0]);
    if (one.opType !== 'DequantizeLinear' || before?.opType !== 'QuantizeLinear') {
      nodes.push(one);
      continue;
    }
    const [scale, zero] = [of(one.input[1]!), of(one.input[2]!)];
    const step = new DataView(scale.rawData.buffer, scale.rawData.byteOffset).getFloat32(0, true);
    const isSigned = zero.dataType === 3;
    const offset = isSigned ? (zero.rawData[0]! << 24) >> 24 : zero.rawData[0]!;
    const [least, most] = isSigned ? [-128, 127] : [0, 255];
    const output = one.output[0]!;
    // Half a step beyond, as what rounds to an end passes.
    initializers[`${output}.least`] = numbers(step * (least - offset - 0.5));
    initializers[`${output}.most`] = numbers(step * (most - offset + 0.5));
    nodes.push(node('Clip', [before.input[0]!, `${output}.least`, `${output}.most`], output));
  }
  const limited = makeModel({
    nodes,
    inputs: [makeValueInfo('x', 'float32', [])],
    outputs: [makeValueInfo('logits', 'float32', [images, classes])],
    initializers,
    opset: 17,
  });
  limited.graph!.input = graph!.input;
  limited.graph!.initializer.push(...graph!.initializer);
  return limited;
}
