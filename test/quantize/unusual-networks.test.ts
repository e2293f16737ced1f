import { compress, type GdwsError, ImageSet, InferenceSession, Tensor, type CompressOptions } from '../../src';
import type { AttributeValue } from '../../src/onnx/attribute';
import { Graph } from '../../src/graph/graph';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { ModelProto, NodeProto } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { floats, integers } from '../graph/small-network';
import { seeded } from '../linalg/layers';

type Dims = readonly [number, number, number];

/** Uniform noise about a mean. */
function noise(count: number, dims: Dims, { seed = 1, mean = 0, spread = 1 } = {}): ImageSet {
  const random = seeded(seed);
  const pixels = new Float32Array(count * dims[0] * dims[1] * dims[2]);
  for (let i = 0; i < pixels.length; ++i) pixels[i] = mean + spread * (2 * random() - 1);
  return new ImageSet(dims, pixels, new Uint8Array(count));
}

const layer = (
  opType: string,
  input: readonly string[],
  output: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
) => makeNode({ opType, name: `/${output}`, input, output: [output], attributes });
const padded = { pads: [1, 1, 1, 1] };

function network(
  nodes: readonly NodeProto[],
  initializers: Record<string, Constant>,
  input: readonly (number | string)[] = ['N', 3, 8, 8],
): ModelProto {
  return makeModel({
    nodes,
    inputs: [makeValueInfo('x', 'float32', input)],
    outputs: [makeValueInfo(nodes.at(-1)!.output[0]!, 'float32', ['N', 'rest'])],
    initializers,
  });
}

async function outputs(model: ModelProto, images: ImageSet): Promise<Float32Array> {
  const session = await InferenceSession.create(encodeModel(model), { intraOpNumThreads: 1 });
  try {
    const pixels = images.batch(0, images.length).images;
    const feed = new Tensor('float32', pixels.data as Float32Array, pixels.dims);
    return Object.values(await session.run({ x: feed }))[0]!.data as Float32Array;
  } finally {
    await session.release();
  }
}

/** Squared error on images that were not calibrated on, as a share of the square of what is expected, and what became of the nodes. */
async function quantized(
  model: ModelProto,
  {
    images = noise(24, [3, 8, 8]),
    held = noise(8, images.dims, { seed: 2 }),
    ...options
  }: Partial<CompressOptions & { images: ImageSet; held: ImageSet }> = {},
) {
  const result = await compress(model, { int8: true, int8MaxLoss: 1, threads: 1, calibration: { images }, ...options });
  const [found, expected] = [await outputs(result.model, held), await outputs(model, held)];
  const square = (numbers: Float32Array) => numbers.reduce((sum, one) => sum + one * one, 0);
  const { products, inFloats } = result.summary.quantization!;
  return {
    error: square(found.map((one, i) => one - expected[i]!)) / square(expected),
    products: products.map(({ node }) => node),
    inFloats: inFloats.map(({ node }) => node),
  };
}

test.each([0.03, 0.01, 0.004])('images that vary by %d about a large mean', async (spread) => {
  // Channels that vary together: rounding must not make their covariance larger than their variances.
  const random = seeded(3);
  const pixels = new Float32Array(64 * 3 * 64);
  for (let image = 0; image < 64; ++image) {
    const level = 0.9 + spread * (2 * random() - 1);
    for (let at = 0; at < 3 * 64; ++at) pixels[image * 3 * 64 + at] = (1 - 0.05 * Math.floor(at / 64)) * level;
  }
  const images = new ImageSet([3, 8, 8], pixels, new Uint8Array(64));
  const { error } = await quantized(network([layer('Conv', ['x', 'w'], 'y')], { w: floats([4, 3, 3, 3]) }), {
    images,
    held: images,
  });
  expect(error).toBeLessThan(1e-4);
});

test.each([[['N', 3, 'height', 'width']], [['N', 'channels', 'height', 'width']]])(
  'shapes that the model leaves open are those of the images: %p',
  async (input) => {
    const nodes = [layer('Conv', ['x', 'w'], 'a', padded), layer('Conv', ['a', 'v'], 'y', padded)];
    const model = network(nodes, { w: floats([3, 3, 3, 3]), v: floats([4, 3, 3, 3], 2) }, input);
    const { error, products } = await quantized(model, { images: noise(12, [3, 9, 7]) });
    expect(products).toEqual(['/a', '/y']);
    expect(error).toBeLessThan(1e-3);
  },
);

test.each([[[]], [[1]], [[1, 1]], [[6]], [[1, 6]]])('a bias of Gemm of shape %p', async (dims) => {
  const nodes = [layer('Flatten', ['x'], 'f'), layer('Gemm', ['f', 'w', 'b'], 'g'), layer('Gemm', ['g', 'v'], 'y')];
  const { data } = floats(dims, 5);
  const bias: Constant = { type: 'float32', dims, data: (data as Float32Array).map((one) => 3 + 2 * one) };
  const { error, products } = await quantized(network(nodes, { w: floats([192, 6]), b: bias, v: floats([6, 4], 2) }));
  expect(products).toEqual(['/g', '/y']);
  expect(error).toBeLessThan(0.01);
});

test('a bias of Gemm for each image stays in floats', async () => {
  const nodes = [layer('Flatten', ['x'], 'f'), layer('Gemm', ['f', 'w', 'b'], 'g'), layer('Gemm', ['g', 'v'], 'y')];
  const model = network(nodes, { w: floats([192, 6]), b: floats([8, 1]), v: floats([6, 4], 2) }, [8, 3, 8, 8]);
  const { error, products, inFloats } = await quantized(model);
  expect({ products, inFloats }).toEqual({ products: ['/y'], inFloats: ['/g'] });
  expect(error).toBeLessThan(0.01);
});

describe('nodes of one name', () => {
  const same = (input: readonly string[], output: string, name = 'same') =>
    makeNode({ opType: 'Conv', name, input, output: [output], attributes: padded });
  const initializers = { w: floats([8, 3, 3, 3]), v: floats([8, 8, 3, 3], 2), u: floats([4, 8, 3, 3], 3) };
  const model = network([same(['x', 'w'], 'a'), same(['a', 'v'], 'b'), same(['b', 'u'], 'y')], initializers);

  test.each([[{}], [{ macs: 0.7 }], [{ macs: 0.7, firstLayer: true }]])('are told apart: %p', async (goal) => {
    const [images, held] = [noise(24, [3, 8, 8]), noise(8, [3, 8, 8], { seed: 2 })];
    const options = { ...goal, threads: 1, calibration: { images } };
    const { model: found, summary } = await compress(model, { ...options, int8: true, int8MaxLoss: 1 });
    expect(summary.layers.map(({ name }) => name)).toEqual(['same', 'same_1', 'same_2']);
    // As with names of their own.
    const names = ['same', 'same_1', 'same_2'];
    const named = network(
      [same(['x', 'w'], 'a', names[0]), same(['a', 'v'], 'b', names[1]), same(['b', 'u'], 'y', names[2])],
      initializers,
    );
    const { model: expected } = await compress(named, { ...options, int8: true, int8MaxLoss: 1 });
    expect(await outputs(found, held)).toEqual(await outputs(expected, held));
  });

  test('and those without a name are excluded by that of their output', async () => {
    const nodes = [same(['x', 'w'], 'a', ''), same(['a', 'v'], 'b', ''), same(['b', 'u'], 'y', 'a')];
    const { products, inFloats } = await quantized(network(nodes, initializers), { int8Exclude: ['b'] });
    expect({ products, inFloats }).toEqual({ products: ['a', 'a_1'], inFloats: ['b'] });
  });
});

test('a product whose moments do not fit the memory is rounded to the nearest', async () => {
  const model = network([layer('Flatten', ['x'], 'f'), layer('Gemm', ['f', 'w'], 'y')], { w: floats([192, 6]) });
  const methods = async (memory: number) => {
    const calibration = { images: noise(24, [3, 8, 8]), memory };
    const { summary } = await compress(model, { int8: true, int8MaxLoss: 1, threads: 1, calibration });
    return summary.quantization!.products.map(({ method }) => method);
  };
  // 192² numbers of 8 bytes.
  expect(await methods(590_000)).toEqual(['fitted']);
  expect(await methods(589_000)).toEqual(['nearest']);
});

test('weights that are known only by the shapes of the images stay in floats', async () => {
  const model = network(
    [
      layer('Shape', ['x'], 'all'),
      layer('Gather', ['all', 'one'], 'channels'),
      layer('Concat', ['four', 'channels', 'three', 'three'], 'dims', { axis: 0 }),
      layer('Reshape', ['numbers', 'dims'], 'w'),
      layer('Conv', ['x', 'w'], 'a', padded),
      layer('Conv', ['a', 'v'], 'y', padded),
    ],
    { one: integers(1), four: integers(4), three: integers(3), numbers: floats([108]), v: floats([4, 4, 3, 3], 2) },
  );
  const { error, products, inFloats } = await quantized(model);
  expect({ products, inFloats }).toEqual({ products: ['/y'], inFloats: ['/a'] });
  expect(error).toBeLessThan(1e-3);
});

test('layers that only give a shape stay as they are', async () => {
  const model = network(
    [
      layer('Conv', ['x', 'w'], 'a', padded),
      layer('Shape', ['a'], 'shape'),
      layer('ConstantOfShape', ['shape'], 'zeros'),
      layer('Conv', ['x', 'v'], 'c', padded),
      layer('Add', ['c', 'zeros'], 'b'),
      layer('Conv', ['b', 'v'], 'y', padded),
    ],
    { w: floats([3, 3, 3, 3]), v: floats([3, 3, 3, 3], 2) },
  );
  const { error, products } = await quantized(model);
  expect(products).toEqual(['/c', '/y']);
  expect(error).toBeLessThan(1e-3);
});

test('kernels of a depthwise stage that a node in floats reads too', async () => {
  // The stage multiplies its kernels, which must not reach the other node while the network is quantized.
  const model = network(
    [
      layer('Conv', ['x', 'k'], 'features', { group: 3, ...padded }),
      layer('Conv', ['features', 'p'], 'a'),
      layer('Conv', ['a', 'k'], 'other', { group: 3, ...padded }),
      layer('Conv', ['other', 'v'], 'y', padded),
    ],
    { k: floats([3, 1, 3, 3]), p: floats([3, 3, 1, 1], 2), v: floats([4, 3, 3, 3], 3) },
  );
  const { error, inFloats } = await quantized(model, { int8Exclude: ['/other'] });
  expect(inFloats).toEqual(['/other']);
  expect(error).toBeLessThan(2e-3);
});

describe('tensors of very small numbers', () => {
  const scaledBy = (factor: number, constant: Constant): Constant => ({
    ...constant,
    data: (constant.data as Float32Array).map((one) => one * factor),
  });

  test.each([1e-15, 1e-19, 1e-22, 1e-30, 1e-33])('of %d keep their digits', async (size) => {
    const model = network(
      [
        layer('Conv', ['x', 'w', 'b'], 'a', padded),
        layer('Relu', ['a'], 'r'),
        layer('Conv', ['r', 'v', 'c'], 'y', padded),
      ],
      {
        ...{ w: scaledBy(size, floats([4, 3, 3, 3])), b: scaledBy(size, floats([4], 2)) },
        ...{ v: scaledBy(1 / size, floats([4, 4, 3, 3], 3)), c: floats([4], 4) },
      },
    );
    const { error, products } = await quantized(model);
    expect(products).toEqual(['/a', '/y']);
    expect(error).toBeLessThan(2e-3);
  });

  test('of 1e-38 become 0', async () => {
    const tiny = scaledBy(1e-38, floats([4, 3, 3, 3]));
    const nodes = [layer('Conv', ['x', 'w'], 'a', padded), layer('Conv', ['a', 'v', 'c'], 'y', padded)];
    const { error } = await quantized(network(nodes, { w: tiny, v: floats([4, 4, 3, 3], 3), c: floats([4], 4) }));
    expect(error).toBeLessThan(1e-6);
  });

  test('a tensor that is 0 for all calibration images has a scale of the usual size', async () => {
    const nodes = [
      layer('Conv', ['x', 'w', 'b'], 'a', padded),
      layer('Relu', ['a'], 'r'),
      layer('Conv', ['r', 'v', 'c'], 'y', padded),
    ];
    const b: Constant = { type: 'float32', dims: [4], data: new Float32Array(4).fill(-20) };
    const positive = floats([4, 3, 3, 3]);
    const w = { ...positive, data: (positive.data as Float32Array).map(Math.abs) };
    const model = network([...nodes, layer('Conv', ['x', 'u'], 'other', padded), layer('Add', ['y', 'other'], 'sum')], {
      w,
      b,
      v: floats([4, 4, 3, 3], 3),
      c: floats([4], 4),
      u: floats([4, 3, 3, 3], 5),
    });
    expect((await quantized(model)).error).toBeLessThan(1e-3);
    const calibration = { images: noise(24, [3, 8, 8]) };
    const { model: found } = await compress(model, { int8: true, int8MaxLoss: 1, threads: 1, calibration });
    const graph = new Graph(found);
    const scale = graph.consumers('r').find(({ opType }) => opType === 'QuantizeLinear')!.input[1]!;
    expect(graph.constant(scale)!.data[0]).toBeCloseTo(1 / 255, 6);
  });
});

test('a network that makes numbers which are not finite: what reads them is named, and stays in floats then', async () => {
  const nodes = [
    layer('Conv', ['x', 'w'], 'a', padded),
    layer('Exp', ['a'], 'e'),
    layer('Conv', ['e', 'v'], 'b', padded),
    layer('Conv', ['x', 'u'], 'c', padded),
    layer('Add', ['b', 'c'], 'y'),
  ];
  const large = floats([4, 3, 3, 3]);
  const w = { ...large, data: (large.data as Float32Array).map((one) => 200 * one) };
  const model = network(nodes, { w, v: floats([4, 4, 3, 3], 2), u: floats([4, 3, 3, 3], 3) });
  const options = { int8: true, int8MaxLoss: 1, threads: 1, calibration: { images: noise(8, [3, 8, 8]) } };
  const refusal = await compress(model, options).catch((error: unknown) => error as GdwsError);
  expect(refusal).toMatchObject({ code: 'ARGUMENT_INVALID', tensor: 'e' });
  const names = [...(refusal as GdwsError).remedy!.matchAll(/'([^']+)'/g)].map(([, name]) => name!);
  expect(names).toEqual(['/b']);
  const { summary } = await compress(model, { ...options, int8Exclude: names });
  expect(summary.quantization!.inFloats.map(({ node }) => node)).toContain('/b');
});

describe('numbers that are not finite are refused, with the place', () => {
  const nodes = [layer('ConvTranspose', ['x', 'w', 'b'], 'y')];
  const with1 = (constant: Constant, number: number): Constant => {
    const data = (constant.data as Float32Array).slice();
    data[1] = number;
    return { ...constant, data };
  };
  const [w, b] = [floats([3, 4, 3, 3]), floats([4])];

  test.each([
    ['a weight', { w: with1(w, Infinity), b }],
    ['a bias', { w, b: with1(b, NaN) }],
  ])('%s', async (what, initializers) => {
    await expect(quantized(network(nodes, initializers))).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      node: '/y',
      message: expect.stringContaining(what) as string,
    });
  });

  test.each([NaN, Infinity])('a pixel of %d', async (number) => {
    const pixels = new Float32Array(2 * 192);
    pixels[7] = number;
    const images = new ImageSet([3, 8, 8], pixels, new Uint8Array(2));
    await expect(quantized(network(nodes, { w, b }), { images })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      tensor: 'x',
      remedy: expect.stringContaining('images') as string,
    });
  });
});

describe('int8Exclude', () => {
  const model = network([layer('Conv', ['x', 'w'], 'a', padded), layer('Conv', ['a', 'v'], 'y', padded)], {
    w: floats([8, 3, 3, 3]),
    v: floats([8, 8, 3, 3], 2),
  });

  test('names the stages of a layer by its name', async () => {
    const { products, inFloats } = await quantized(model, { macs: 0.7, int8Exclude: ['/y'] });
    expect(products).toEqual(['/a']);
    expect(inFloats).toEqual(expect.arrayContaining(['/y/depthwise', '/y/pointwise']));
  });

  test('a pattern must match a node', async () => {
    await expect(quantized(model, { int8Exclude: ['/yy'] })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining("no node matches '/yy'") as string,
      remedy: expect.stringContaining('/y') as string,
    });
  });
});

test('an old operator set is refused before other work', async () => {
  const model = makeModel({
    nodes: [layer('Conv', ['x', 'w'], 'a', padded), layer('Conv', ['a', 'w'], 'y', padded)],
    inputs: [makeValueInfo('x', 'float32', ['N', 3, 8, 8])],
    outputs: [makeValueInfo('y', 'float32', ['N', 3, 8, 8])],
    initializers: { w: floats([3, 3, 3, 3]) },
    opset: 6,
  });
  let progress = 0;
  const calibration = { images: noise(4, [3, 8, 8]), onProgress: () => ++progress };
  await expect(compress(model, { int8: true, macs: 0.9, threads: 1, calibration })).rejects.toMatchObject({
    code: 'OPERATOR_UNSUPPORTED',
    remedy: expect.stringContaining('13') as string,
  });
  expect(progress).toBe(0);
});
