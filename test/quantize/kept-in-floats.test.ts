import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { calibrationImages } from '../../src/calibrate/images';
import { keptWithin } from '../../src/quantize/quantize-within-loss';
import { roundingLosses } from '../../src/quantize/rounding-losses';
import type { LatencyModel } from '../../src/latency/latency-model';
import { floats } from '../graph/small-network';
import { networks } from '../../benchmarks/networks';
import { compress, onnxruntime, outputs, photographs, relativeError } from './subjects';

const images = photographs(48, [3, 8, 8], 1);
const others = photographs(16, [3, 8, 8], 2);

/**
 * Four convolutions. One channel of `wide` is four thousand times as large as the others, behind a function that no scaling passes, and
 * counts no more than they do: bytes of one scale for all channels lose these.
 */
function delicateNetwork(): ModelProto {
  const channels = 8;
  const taps = 9;
  const scaled = (dims: readonly number[], seed: number, factor: (i: number) => number) => {
    const { data, ...rest } = floats(dims, seed);
    return { ...rest, data: Float32Array.from(data as Float32Array, (one, i) => factor(i) * one) };
  };
  const size = 4000;
  const wide = scaled([channels, 3, 3, 3], 1, (i) => (i < 3 * taps ? size : 1));
  const narrow = scaled([channels, channels, 3, 3], 2, (i) => (i % (channels * taps) < taps ? 1 / size : 1));
  const conv = (name: string, x: string) =>
    makeNode({
      opType: 'Conv',
      name,
      input: [x, `w.${name}`],
      output: [`${name}.y`],
      attributes: { pads: [1, 1, 1, 1] },
    });
  return makeModel({
    nodes: [
      conv('wide', 'x'),
      makeNode({ opType: 'Elu', name: 'elu', input: ['wide.y'], output: ['elu.y'] }),
      conv('narrow', 'elu.y'),
      makeNode({ opType: 'Relu', name: 'relu', input: ['narrow.y'], output: ['relu.y'] }),
      conv('third', 'relu.y'),
      conv('last', 'third.y'),
      makeNode({ opType: 'GlobalAveragePool', name: 'pool', input: ['last.y'], output: ['pool.y'] }),
      makeNode({ opType: 'Flatten', name: 'flatten', input: ['pool.y'], output: ['y'] }),
    ],
    inputs: [makeValueInfo('x', 'float32', ['N', 3, 8, 8])],
    outputs: [makeValueInfo('y', 'float32', ['N', 6])],
    initializers: {
      'w.wide': wide,
      'w.narrow': narrow,
      'w.third': floats([channels, channels, 3, 3], 3),
      // Logits of about 1.
      'w.last': scaled([6, channels, 3, 3], 4, () => 0.05),
    },
  });
}

async function errorOf(model: ModelProto): Promise<number> {
  return relativeError(await outputs(model, others), await outputs(delicateNetwork(), others));
}

describe('a product whose rounding loses too much', () => {
  test('stays in floats, with the reason, and the others do not', async () => {
    const all = await compress(delicateNetwork(), { int8: true, int8MaxLoss: 1, calibration: { images } });
    expect(all.summary.quantization!.inFloats).toEqual([]);
    expect(all.summary.quantization!.loss).toBeGreaterThan(0.05);

    const some = await compress(delicateNetwork(), { int8: true, int8MaxLoss: undefined, calibration: { images } });
    const { inFloats, loss, products } = some.summary.quantization!;
    expect(inFloats).toContainEqual({ node: 'narrow', operator: 'Conv', reason: 'rounding loses too much' });
    expect(loss).toBeLessThan(0.02);
    expect(products.map(({ node }) => node)).toEqual(expect.arrayContaining(['third', 'last']));
    expect(await errorOf(some.model)).toBeLessThan((await errorOf(all.model)) / 5);
    expect(relativeError(await outputs(some.model, others), await onnxruntime(some.model, others))).toBeLessThan(1e-3);
    expect(some.summary.layers.map(({ name, format }) => [name, format])).toContainEqual(['narrow', 'float32']);
  });

  test('is none where all products round well', async () => {
    const { model } = networks['resnet18-cifar']({ width: 1 / 8 });
    const calibration = { images: photographs(24, [3, 32, 32]) };
    const { quantization } = (await compress(model, { int8: true, int8MaxLoss: undefined, calibration })).summary;
    expect(quantization!.inFloats).toEqual([]);
    expect(quantization!.loss).toBeLessThan(0.02);
  });

  test('may be every one: then the network stays as it is', async () => {
    const { model, summary } = await compress(delicateNetwork(), {
      int8: true,
      int8MaxLoss: 0,
      calibration: { images },
    });
    expect(summary.quantization!.products).toEqual([]);
    expect(summary.quantization!.inFloats.map(({ node }) => node)).toEqual(
      expect.arrayContaining(['wide', 'narrow', 'third', 'last']),
    );
    expect(await outputs(model, others)).toEqual(await outputs(delicateNetwork(), others));
  });
});

describe('the loss of each product alone', () => {
  const options = { threads: 1, seed: 0, liveBytes: 1e9, throwIfAborted: () => {} };

  test('is largest where the numbers that it reads are of several sizes', async () => {
    const { parts } = (await roundingLosses(delicateNetwork(), calibrationImages(images, 24), options))!;
    const lossOf = (name: string) => parts.find(({ products }) => products.includes(name))!.loss;
    expect(parts.map(({ products }) => products)).toEqual([['wide'], ['narrow'], ['third'], ['last']]);
    expect(lossOf('narrow')).toBeGreaterThan(20 * Math.max(lossOf('third'), lossOf('last')));
  });

  test('is of both stages where a convolution is separable', async () => {
    const { model } = networks['vgg16-cifar']({ width: 1 / 8, kernels: 2 });
    const { parts } = (await roundingLosses(model, calibrationImages(photographs(8, [3, 32, 32]), 8), options))!;
    expect(parts.some(({ products }) => products.length === 2)).toBe(true);
    for (const { loss } of parts) expect(loss).toBeLessThan(0.1);
  });

  test('says how many are to stay in floats', () => {
    const parts = [8, 4, 2, 1].map((loss) => ({ products: [], loss }));
    expect(keptWithin(parts, 0, 0.5)).toBe(1);
    expect(keptWithin(parts, 0, 0.4)).toBe(2);
    expect(keptWithin(parts, 0, 0)).toBe(4);
    expect(keptWithin(parts, 1, 0.5)).toBe(2);
    expect(keptWithin(parts, 3, 0.5)).toBe(4);
    // At least one more.
    expect(keptWithin(parts, 0, 1)).toBe(1);
  });
});

describe('a time', () => {
  const layer = { dense: 2, kernels: [1, 100], gdws: [2, 2] };
  const names = ['wide', 'narrow', 'third', 'last'];
  const latencyModel: LatencyModel = {
    ...{ threads: 1, batch: 1, instructionSet: 'portable', dense: 10 },
    layers: Object.fromEntries(names.map((name) => [name, layer])),
    inFloats: {
      dense: 20,
      layers: Object.fromEntries(names.map((name) => [name, { ...layer, dense: 5, gdws: [5, 5] }])),
      products: {},
    },
  };

  test('keeps those in floats that it has room for, those that lose most first', async () => {
    const compressed = async (latency: number) =>
      (await compress(delicateNetwork(), { int8: true, latency, latencyModel, calibration: { images } })).summary;
    const tight = await compressed(0.5);
    expect(tight.quantization!.inFloats).toEqual([]);
    expect(tight.time).toEqual({ before: 20, after: 10 });

    const wider = await compressed(0.7);
    expect(wider.time).toEqual({ before: 20, after: 13 });
    const [kept] = wider.quantization!.inFloats;
    expect(kept).toMatchObject({ reason: 'the budget allows it' });
    expect(['wide', 'narrow']).toContain(kept!.node);

    const all = await compressed(1);
    expect(all.time!.after).toBeLessThanOrEqual(20);
    expect(all.quantization!.inFloats.length).toBeGreaterThanOrEqual(3);
  });
});
