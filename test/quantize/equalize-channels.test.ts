import { inferValues } from '../../src/analysis/infer';
import { calibrationImages } from '../../src/calibrate/images';
import { type ImageSet } from '../../src';
import { Graph } from '../../src/graph/graph';
import { editableCopy } from '../../src/onnx/copy';
import type { AttributeValue } from '../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { ModelProto, NodeProto } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { channelScales, type ReaderStatistics } from '../../src/quantize/channel-scales';
import { pathFrom, scaleChannels } from '../../src/quantize/equalize-channels';
import type { RoundingSteps } from '../../src/quantize/quantization-pass';
import { findQuantizedNodes } from '../../src/quantize/quantized-nodes';
import { quantize } from '../../src/quantize/quantize';
import { roundingLosses } from '../../src/quantize/rounding-losses';
import { simplify } from '../../src/analysis/simplify';
import { floats, integers } from '../graph/small-network';
import { seeded } from '../linalg/layers';
import { onnxruntime, outputs, photographs, relativeError } from './subjects';

const node = (
  opType: string,
  input: readonly string[],
  output: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
) => makeNode({ opType, name: output, input, output: [output], attributes });
const padded = { pads: [1, 1, 1, 1] };

function network(nodes: readonly NodeProto[], initializers: Record<string, Constant>, outputNames?: string[]) {
  return makeModel({
    nodes,
    inputs: [makeValueInfo('x', 'float32', ['N', 3, 8, 8])],
    outputs: (outputNames ?? [nodes.at(-1)!.output[0]!]).map((name) => makeValueInfo(name, 'float32', ['N', 'rest'])),
    initializers,
  });
}

/** The network with random powers of two as factors of each channel that may have one, and the outputs of the products before these. */
function scaled(model: ModelProto, images: ImageSet, most: number, seed = 1) {
  const graph = new Graph(editableCopy(model));
  simplify(graph);
  const dims = [images.length, ...images.dims];
  const values = inferValues(graph, new Map([[graph.inputs[0]!.name, { type: 'float32', dims }]]));
  const { products } = findQuantizedNodes(graph, values);
  const random = seeded(seed);
  const found: string[] = [];
  for (const product of products) {
    const [tensor = ''] = product.output;
    const path = pathFrom({ graph, values, products }, tensor);
    if (!path) continue;
    const shape = values.get(tensor)!.dims;
    const count = product.opType === 'Gemm' || product.opType === 'MatMul' ? shape.at(-1)! : shape[1]!;
    scaleChannels(
      graph,
      path,
      Float64Array.from({ length: count }, () => 2 ** Math.round(most * (2 * random() - 1))),
    );
    found.push(tensor);
  }
  graph.removeDead();
  return { model: graph.model, found };
}

async function inIntegers(
  model: ModelProto,
  images: ImageSet,
  steps: Partial<RoundingSteps> = {},
): Promise<ModelProto> {
  const options = { threads: 1, seed: 0, liveBytes: 1e8, momentBytes: 1e8, ...steps };
  const nothing = () => undefined;
  const inputs = calibrationImages(images, 8);
  return (await quantize(model, model, inputs, { ...options, onProduct: nothing, throwIfAborted: nothing })).model;
}

const images = photographs(8, [3, 8, 8]);
const w = floats([4, 3, 3, 3]);
const v = floats([4, 4, 3, 3], 2);
const bias = floats([4], 3);

describe('floats stay the same bit by bit', () => {
  const first = node('Conv', ['x', 'w', 'b'], 'a', padded);
  const cases: Record<string, readonly [readonly NodeProto[], Record<string, Constant>, readonly string[]]> = {
    'through Relu': [[first, node('Relu', ['a'], 'r'), node('Conv', ['r', 'v'], 'y', padded)], {}, ['a']],
    'through nothing': [[first, node('Conv', ['a', 'v', 'b'], 'y')], {}, ['a']],
    'through Relu and MaxPool': [
      [
        first,
        node('Relu', ['a'], 'r'),
        node('MaxPool', ['r'], 'm', { kernel_shape: [2, 2], strides: [2, 2] }),
        node('Conv', ['m', 'v'], 'y'),
      ],
      {},
      ['a'],
    ],
    'through a Clip at 0': [
      [first, node('Clip', ['a', 'zero'], 'r'), node('Conv', ['r', 'v'], 'y')],
      { zero: { type: 'float32', dims: [], data: Float32Array.of(0) } },
      ['a'],
    ],
    'to several readers': [
      [
        first,
        node('Relu', ['a'], 'r'),
        node('Conv', ['r', 'v'], 'one', padded),
        node('MaxPool', ['r'], 'm', { kernel_shape: [1, 1] }),
        node('Conv', ['m', 'v2'], 'other', padded),
        node('Add', ['one', 'other'], 'y'),
      ],
      { v2: floats([4, 4, 3, 3], 5) },
      ['a'],
    ],
    'to readers in groups, depthwise, pointwise': [
      [
        first,
        node('Relu', ['a'], 'r'),
        node('Conv', ['r', 'grouped'], 'g', { group: 2, ...padded }),
        node('Relu', ['g'], 'gr'),
        node('Conv', ['gr', 'kernels', 'b'], 'd', { group: 4, ...padded }),
        node('Relu', ['d'], 'dr'),
        node('Conv', ['dr', 'points'], 'y'),
      ],
      { grouped: floats([4, 2, 3, 3], 5), kernels: floats([4, 1, 3, 3], 6), points: floats([2, 4, 1, 1], 7) },
      ['a', 'g', 'd'],
    ],
    'to both stages of a GDWS convolution': [
      [
        first,
        node('Relu', ['a'], 'r'),
        node('Gather', ['r', 'places'], 'gathered', { axis: 1 }),
        node('Conv', ['gathered', 'kernels'], 'features', { group: 5, ...padded }),
        node('Conv', ['features', 'points'], 'p'),
        node('Relu', ['p'], 'pr'),
        node('Conv', ['pr', 'v'], 'y'),
      ],
      { places: integers(0, 0, 1, 3, 3), kernels: floats([5, 1, 3, 3], 6), points: floats([4, 5, 1, 1], 7) },
      ['a', 'p'],
    ],
    'to Gemm behind Flatten and MatMul': [
      [
        first,
        node('Relu', ['a'], 'r'),
        node('Flatten', ['r'], 'f'),
        node('Gemm', ['f', 'gemm', 'one'], 'g', { transB: 1 }),
        node('Relu', ['g'], 'gr'),
        node('MatMul', ['gr', 'matrix'], 'm'),
        node('Relu', ['m'], 'mr'),
        node('Gemm', ['mr', 'last'], 'y'),
      ],
      {
        gemm: floats([6, 256], 5),
        one: floats([1], 6),
        matrix: floats([6, 5], 7),
        last: floats([5, 3], 8),
      },
      ['a', 'g', 'm'],
    ],
    'behind the maximum over a map': [
      [
        first,
        node('Relu', ['a'], 'r'),
        node('GlobalMaxPool', ['r'], 'p'),
        node('Reshape', ['p', 'rows'], 'f'),
        node('Gemm', ['f', 'last'], 'y'),
      ],
      { rows: integers(0, -1), last: floats([4, 3], 5) },
      ['a'],
    ],
    'to and from ConvTranspose': [
      [
        first,
        node('Relu', ['a'], 'r'),
        node('ConvTranspose', ['r', 'up', 'b5'], 't', { strides: [2, 2] }),
        node('Relu', ['t'], 'tr'),
        node('Conv', ['tr', 'v5'], 'y'),
      ],
      { up: floats([4, 5, 2, 2], 5), b5: floats([5], 6), v5: floats([2, 5, 3, 3], 7) },
      ['a', 't'],
    ],
    'of rows': [
      [
        node('Reshape', ['x', 'rows'], 'rows_of_x'),
        node('MatMul', ['rows_of_x', 'matrix'], 'a'),
        node('Relu', ['a'], 'r'),
        node('MatMul', ['r', 'other'], 'y'),
      ],
      { rows: integers(0, 24, 8), matrix: floats([8, 6], 5), other: floats([6, 4], 6) },
      ['a'],
    ],
  };

  test.each(Object.entries(cases))('%s', async (_, [nodes, initializers, expected]) => {
    const model = network(nodes, { w, v, b: bias, ...initializers });
    const { model: equalized, found } = scaled(model, images, 6);
    expect(found).toEqual(expected);
    expect(await outputs(equalized, images)).toEqual(await outputs(model, images));
  });
});

describe('channels stay as they are', () => {
  const first = node('Conv', ['x', 'w', 'b'], 'a', padded);
  const last = node('Conv', ['r', 'v'], 'y', padded);
  const number = (value: number): Constant => ({ type: 'float32', dims: [], data: Float32Array.of(value) });
  const cases: Record<string, readonly [readonly NodeProto[], string[]?]> = {
    'whose bytes before a LeakyRelu have another range': [
      [first, node('LeakyRelu', ['a'], 'r', { alpha: { float: 0.25 } }), last],
    ],
    'whose bytes before a PRelu do': [[first, node('PRelu', ['a', 'slopes'], 'r'), last]],
    'whose bytes before a mean do': [
      [first, node('Relu', ['a'], 'p'), node('AveragePool', ['p'], 'r', { kernel_shape: [2, 2] }), last],
    ],
    'whose bytes before a Relu behind a maximum do': [
      [first, node('MaxPool', ['a'], 'p', { kernel_shape: [2, 2] }), node('Relu', ['p'], 'r'), last],
    ],
    'before a Sigmoid': [[first, node('Sigmoid', ['a'], 'r'), last]],
    'before a Clip at 6': [[first, node('Clip', ['a', 'zero', 'six'], 'r'), last]],
    'that are added to others': [[first, node('Add', ['a', 'a'], 'r'), last]],
    'that something else reads, too': [
      [first, node('Relu', ['a'], 'r'), node('Conv', ['r', 'v'], 'c', padded), node('Add', ['c', 'r'], 'y')],
    ],
    'that are an output': [
      [first, node('Relu', ['a'], 'r'), last],
      ['r', 'y'],
    ],
    'that are gathered along another axis': [
      [first, node('Gather', ['a', 'places'], 'r', { axis: 2 }), node('Conv', ['r', 'v'], 'y')],
    ],
    'that a product by rows reads along another axis': [[first, node('MatMul', ['a', 'matrix'], 'y')]],
    'of features between the stages of a GDWS convolution': [
      [node('Conv', ['x', 'kernels'], 'f', { group: 3 }), node('Conv', ['f', 'points'], 'y')],
    ],
  };

  test.each(Object.entries(cases))('%s', (_, [nodes, outputNames]) => {
    const initializers = {
      ...{ w, v, b: bias, zero: number(0), six: number(6), places: integers(0, 1, 2, 3), matrix: floats([8, 8]) },
      ...{ kernels: floats([3, 1, 3, 3]), points: floats([4, 3, 1, 1]), slopes: floats([4, 1, 1]) },
    };
    expect(scaled(network(nodes, initializers, outputNames), images, 6).found).toEqual([]);
  });
});

describe('channelScales', () => {
  const count = 8;
  const [perChannel, outputCount] = [256, 6];

  function statistics(ranges: readonly number[], sizes: readonly number[]): ReaderStatistics {
    const random = seeded(3);
    const numbers = Float32Array.from({ length: count * perChannel }, (_, i) =>
      Math.max(0, (2 * random() - 1) * ranges[Math.floor(i / perChannel)]!),
    );
    const rows = Float32Array.from({ length: outputCount * count }, (_, i) => (2 * random() - 1) * sizes[i % count]!);
    const of = (reduce: (numbers: Float32Array) => number) =>
      Float64Array.from({ length: count }, (_, c) => reduce(numbers.subarray(c * perChannel, (c + 1) * perChannel)));
    return {
      weights: { rows, outputs: outputCount, groups: 1, kernel: [], axis: 0, dims: [outputCount, count] },
      channels: Int32Array.from({ length: count }, (_, c) => c),
      least: of((own) => Math.min(...own)),
      most: of((own) => Math.max(...own)),
      squares: of((own) => own.reduce((sum, one) => sum + one * one, 0) / perChannel),
      numbers,
    };
  }

  /** Mean squared error of integers in place of x / s and W s, as a share of the square of W x. */
  function error({ numbers, weights: { rows } }: ReaderStatistics, scales: Float64Array): number {
    const x = numbers.map((one, i) => one / scales[Math.floor(i / perChannel)]!);
    const step = Math.max(...x) / 255;
    const [wanted, found] = [[] as number[], [] as number[]];
    for (let m = 0; m < outputCount; ++m) {
      const own = Array.from({ length: count }, (_, c) => rows[m * count + c]! * scales[c]!);
      const unit = Math.max(...own.map(Math.abs)) / 127;
      for (let i = 0; i < perChannel; ++i) {
        let [exact, rounded] = [0, 0];
        own.forEach((weight, c) => {
          const one = x[c * perChannel + i]!;
          exact += weight * one;
          rounded += Math.round(weight / unit) * unit * Math.round(one / step) * step;
        });
        wanted.push(exact);
        found.push(rounded);
      }
    }
    const square = (all: readonly number[]) => all.reduce((sum, one) => sum + one * one, 0);
    return square(wanted.map((one, i) => one - found[i]!)) / square(wanted);
  }

  const one = new Float64Array(count).fill(1);
  const outlier = [1000, 1, 1, 1, 1, 1, 1, 1];

  test.each([
    ['a channel 1000 times as large', outlier],
    ['channels of many sizes', [1, 4, 16, 64, 0.5, 0.25, 32, 2]],
  ])('%s, whose weights make up for it', (_, ranges) => {
    const found = statistics(
      ranges,
      ranges.map((range) => 1 / range),
    );
    const scales = channelScales(count, [found])!;
    for (const scale of scales) expect(Number.isInteger(Math.log2(scale))).toBe(true);
    expect(error(found, scales)).toBeLessThan(0.02 * error(found, one));
    // As good as channels that are of one size.
    const plain = statistics(new Array<number>(count).fill(1), new Array<number>(count).fill(1));
    expect(error(found, scales)).toBeLessThan(2 * error(plain, one));
  });

  test('none for channels of one size', () => {
    const same = new Array<number>(count).fill(1);
    expect(channelScales(count, [statistics(same, same)])).toBeUndefined();
  });

  test('a large channel whose weights are like the others gets a larger share of the weights of integers', () => {
    const found = statistics(outlier, new Array<number>(count).fill(1));
    expect(error(found, channelScales(count, [found])!)).toBeLessThan(0.8 * error(found, one));
  });

  test('a channel that gives nothing gets a middling scale', () => {
    const ranges = [64, 1, 0, 1, 64, 1, 64, 1];
    const found = statistics(
      ranges,
      ranges.map((range) => 1 / (range || 8)),
    );
    const scales = channelScales(count, [found])!;
    expect(scales[2]!).toBeGreaterThan(scales[1]!);
    expect(scales[2]!).toBeLessThan(scales[0]!);
  });
});

describe('in integers', () => {
  const calibration = photographs(24, [3, 8, 8], 4);
  const held = photographs(16, [3, 8, 8], 5);

  test('a channel 1000 times as large as the others, whose weights are as much smaller', async () => {
    const [before, after] = [
      { ...w, data: (w.data as Float32Array).map((one, i) => (i < 27 ? 1000 * one : one)) },
      { ...v, data: (v.data as Float32Array).map((one, i) => (Math.floor(i / 9) % 4 === 0 ? one / 1000 : one)) },
    ];
    const nodes = [node('Conv', ['x', 'w'], 'a', padded), node('Relu', ['a'], 'r'), node('Conv', ['r', 'v'], 'y')];
    const model = network(nodes, { w: before, v: after });
    const expected = await outputs(model, held);
    const error = async (steps: Partial<RoundingSteps>) =>
      relativeError(await outputs(await inIntegers(model, calibration, steps), held), expected);
    const plain = relativeError(
      await outputs(await inIntegers(network(nodes, { w, v }), calibration), held),
      await outputs(network(nodes, { w, v }), held),
    );
    const [without, with_] = [await error({ equalizes: false }), await error({})];
    expect(with_).toBeLessThan(0.05 * without);
    expect(with_).toBeLessThan(2 * plain);
  });

  test('what its rounding loses is measured with equalized channels, too', async () => {
    const model = network(
      [
        node('Conv', ['x', 'w'], 'a', padded),
        node('Relu', ['a'], 'r'),
        node('Conv', ['r', 'v'], 'c'),
        node('GlobalAveragePool', ['c'], 'p'),
        node('Flatten', ['p'], 'y'),
      ],
      { w, v },
    );
    const { model: other, found } = scaled(model, calibration, 8);
    expect(found).toEqual(['a']);
    const losses = async (model: ModelProto) => {
      const options = { threads: 1, seed: 0, liveBytes: 1e8, throwIfAborted: () => undefined };
      return (await roundingLosses(model, calibrationImages(calibration, 8), options))!.parts.map(({ loss }) => loss);
    };
    const [plain, equalized] = [await losses(model), await losses(other)];
    equalized.forEach((loss, i) => expect(loss).toBeLessThan(4 * plain[i]!));
  });

  test('a residual network whose channels are scaled at random is as good as it was', async () => {
    const nodes = [node('Conv', ['x', 'first'], 's0', padded)];
    const initializers: Record<string, Constant> = { first: floats([12, 3, 3, 3]) };
    for (let block = 1; block <= 3; ++block) {
      for (const [i, name] of ['before', 'after'].entries()) {
        const { data, ...rest } = floats([12, 12, 3, 3], 2 * block + i);
        initializers[`${name}${block}`] = { ...rest, data: (data as Float32Array).map((one) => one / 6) };
      }
      nodes.push(
        node('Conv', [`s${block - 1}`, `before${block}`], `a${block}`, padded),
        node('Relu', [`a${block}`], `r${block}`),
        node('Conv', [`r${block}`, `after${block}`], `b${block}`, padded),
        node('Add', [`b${block}`, `s${block - 1}`], `s${block}`),
      );
    }
    const model = network(nodes, initializers);
    const { model: other, found } = scaled(model, calibration, 5);
    expect(found).toEqual(['a1', 'a2', 'a3']);
    const expected = await outputs(model, held);
    const error = async (model: ModelProto, steps: Partial<RoundingSteps> = {}) =>
      relativeError(await outputs(await inIntegers(model, calibration, steps), held), expected);
    const [plain, without, with_] = [await error(model), await error(other, { equalizes: false }), await error(other)];
    expect(with_).toBeLessThan(1.5 * plain);
    expect(with_).toBeLessThan(0.2 * without);
    const theirs = await onnxruntime(await inIntegers(other, calibration), held);
    expect(relativeError(theirs, expected)).toBeLessThan(1.5 * plain);
  });
});
