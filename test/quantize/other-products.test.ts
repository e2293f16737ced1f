import { calibrationImages } from '../../src/calibrate/images';
import type { AttributeValue } from '../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { withMeans } from '../../src/quantize/moments-with-means';
import type { RoundingSteps } from '../../src/quantize/quantization-pass';
import { quantize } from '../../src/quantize/quantize';
import { floats, integers } from '../graph/small-network';
import { onnxruntime, outputs, photographs, relativeError } from './subjects';

const images = photographs(32, [3, 8, 8], 3);
const none = { equalizes: false, fits: false, isSequential: false, correctsBias: false };

/** One product of the images in another shape. */
function productOf(
  opType: string,
  shape: readonly number[],
  initializers: Record<string, Constant>,
  attributes: Readonly<Record<string, AttributeValue>> = {},
): ModelProto {
  return makeModel({
    nodes: [
      makeNode({ opType: 'Reshape', input: ['x', 'shape'], output: ['a'] }),
      makeNode({ opType, name: 'p', input: ['a', ...Object.keys(initializers)], output: ['y'], attributes }),
    ],
    inputs: [makeValueInfo('x', 'float32', ['N', 3, 8, 8])],
    outputs: [makeValueInfo('y', 'float32', ['N', 'rest'])],
    initializers: { shape: integers(0, ...shape), ...initializers },
  });
}

async function inIntegers(model: ModelProto, steps: Partial<RoundingSteps> = {}) {
  const options = { threads: 1, seed: 0, liveBytes: 1e8, momentBytes: 1e8, ...steps };
  const nothing = () => undefined;
  const inputs = calibrationImages(images, 12);
  return quantize(model, model, inputs, { ...options, onProduct: nothing, throwIfAborted: nothing });
}

/** Difference of the means of each channel (N, C, ...). */
function shifts(found: Float32Array, expected: Float32Array, channels: number): number[] {
  const size = expected.length / images.length / channels;
  const sums = new Array<number>(channels).fill(0);
  found.forEach((one, i) => (sums[Math.floor(i / size) % channels]! += one - expected[i]!));
  return sums.map((sum) => Math.abs(sum) / (images.length * size));
}

/** Squared error, as a share of the variances of the eight channels. */
function shareOfVariance(found: Float32Array, expected: Float32Array, channelOf: (i: number) => number): number {
  const [counts, sums, squares] = [0, 1, 2].map(() => new Array<number>(8).fill(0));
  let error = 0;
  expected.forEach((one, i) => {
    counts![channelOf(i)]! += 1;
    sums![channelOf(i)]! += one;
    squares![channelOf(i)]! += one * one;
    error += (found[i]! - one) ** 2;
  });
  return error / squares!.reduce((sum, square, c) => sum + square - sums![c]! ** 2 / counts![c]!, 0);
}

const attributes = { strides: [2, 2] };
const cases: Record<string, ModelProto> = {
  'MatMul of rows': productOf('MatMul', [192], { w: floats([192, 8]) }),
  'MatMul of matrices': productOf('MatMul', [12, 16], { w: floats([16, 8]) }),
  'MatMul of four axes': productOf('MatMul', [3, 4, 16], { w: floats([16, 8]) }),
  'Conv over one axis': productOf('Conv', [12, 16], { w: floats([8, 12, 3]), b: floats([8], 2) }, { pads: [1, 1] }),
  'Conv over one axis in groups': productOf(
    'Conv',
    [12, 16],
    { w: floats([8, 3, 3]), b: floats([8], 2) },
    { group: 4, strides: [2] },
  ),
  'Conv over three axes': productOf(
    'Conv',
    [3, 4, 4, 4],
    { w: floats([8, 3, 3, 2, 3]), b: floats([8], 2) },
    { pads: [1, 0, 1, 0, 1, 1] },
  ),
};

test.each(Object.entries(cases))('%s is regressed', async (name, model) => {
  const { model: found, products } = await inIntegers(model);
  expect(products.map(({ method }) => method)).toEqual(['fitted']);
  const expected = await outputs(model, images);
  const error = relativeError(await outputs(found, images), expected);
  const plain = relativeError(await outputs((await inIntegers(model, none)).model, images), expected);
  expect(error).toBeLessThan(0.5 * plain);
  // What the summary says is what comes out.
  const size = name.startsWith('MatMul') ? 1 : expected.length / images.length / 8;
  const share = shareOfVariance(await outputs(found, images), expected, (i) => Math.floor(i / size) % 8);
  expect(products[0]!.error! / share).toBeGreaterThan(0.9);
  expect(products[0]!.error! / share).toBeLessThan(1.1);
  expect(relativeError(await onnxruntime(found, images), expected)).toBeLessThan(0.6 * plain);
});

const transposed: Record<string, ModelProto> = {
  'one axis': productOf('ConvTranspose', [12, 16], { w: floats([12, 8, 3]), b: floats([8], 2) }, { strides: [2] }),
  'two axes': productOf('ConvTranspose', [3, 8, 8], { w: floats([3, 8, 3, 3]), b: floats([8], 2) }, attributes),
  'two axes, without a bias': productOf('ConvTranspose', [3, 8, 8], { w: floats([3, 8, 3, 3]) }, attributes),
  'three axes': productOf(
    'ConvTranspose',
    [3, 4, 4, 4],
    { w: floats([3, 8, 2, 3, 2]), b: floats([8], 2) },
    { strides: [3, 1, 2] },
  ),
};

test.each(Object.entries(transposed))('ConvTranspose over %s keeps the means of its channels', async (_, model) => {
  const { model: found, products } = await inIntegers(model);
  expect(products.map(({ method }) => method)).toEqual(['nearest']);
  const expected = await outputs(model, images);
  const plain = await outputs((await inIntegers(model, { correctsBias: false })).model, images);
  const [corrected, before] = [await outputs(found, images), plain].map((one) => shifts(one, expected, 8));
  for (const shift of corrected!) expect(shift).toBeLessThan(1e-4);
  expect(Math.max(...before!)).toBeGreaterThan(5e-4);
});

test.each(['Conv over one axis', 'Conv over three axes'])('%s keeps the means of its channels', async (name) => {
  const expected = await outputs(cases[name]!, images);
  const found = await outputs((await inIntegers(cases[name]!)).model, images);
  for (const shift of shifts(found, expected, 8)) expect(shift).toBeLessThan(1e-4);
});

test('moments about 0 are those of the numbers', () => {
  const [groups, size, perGroup, count] = [2, 3, 2, 5];
  const x = floats([groups * size, count]).data as Float32Array;
  const y = floats([groups * perGroup, count], 2).data as Float32Array;
  const mean = (of: (i: number) => number) => {
    let sum = 0;
    for (let i = 0; i < count; ++i) sum += of(i) / count;
    return sum;
  };
  const inputs = Float64Array.from({ length: groups * size }, (_, c) => mean((i) => x[c * count + i]!));
  const wanted = Float64Array.from({ length: groups * perGroup }, (_, m) => mean((i) => y[m * count + i]!));
  const about = (origin: number) => ({
    gram: Float64Array.from({ length: groups * size * size }, (_, at) => {
      const [group, a, b] = [Math.floor(at / size / size), Math.floor(at / size) % size, at % size];
      const [first, second] = [group * size + a, group * size + b];
      return mean(
        (i) => (x[first * count + i]! - origin * inputs[first]!) * (x[second * count + i]! - origin * inputs[second]!),
      );
    }),
    cross: Float64Array.from({ length: groups * perGroup * size }, (_, at) => {
      const m = Math.floor(at / size);
      const c = Math.floor(m / perGroup) * size + (at % size);
      return mean((i) => (y[m * count + i]! - origin * wanted[m]!) * (x[c * count + i]! - origin * inputs[c]!));
    }),
    inputs,
    outputs: wanted,
  });
  const [found, expected] = [withMeans(about(1), groups), about(0)];
  for (const key of ['gram', 'cross'] as const) {
    expected[key].forEach((one, i) => expect(found[key][i]).toBeCloseTo(one, 12));
  }
});
