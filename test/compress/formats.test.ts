import { networks } from '../../benchmarks/networks';
import type { LatencyModel } from '../../src/latency/latency-model';
import { networkLatency } from '../../src/latency/latency-model';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { ownCacheFolder } from '../latency/cache-folder';
import { withKnownTimes } from '../latency/known-times';
import { floats } from '../graph/small-network';
import { compress, photographs } from '../quantize/subjects';

// Formats of layers within a time.

const cache = ownCacheFolder();

test('a network without layers to replace meets a time by formats alone', async () => {
  const { model } = networks['mobilenetv2-imagenet']({ width: 1 / 8 });
  const images = photographs(4, [3, 224, 224]);
  const options = { int8: true, runThreads: 1, firstLayer: false, calibration: { images } };
  const { summary } = await withKnownTimes(cache(), () => compress(model, { ...options, latency: 0.99 }));
  expect(summary.layers.every(({ status }) => status === 'dense')).toBe(true);
  expect(summary.quantization!.products.length).toBeGreaterThan(0);
  expect(summary.time!.after).toBeLessThanOrEqual(0.99 * summary.time!.before);
}, 120_000);

const conv = (name: string, x: string, attributes = {}) =>
  makeNode({ opType: 'Conv', name, input: [x, `w.${name}`], output: [`${name}.y`], attributes });
const images = photographs(8, [3, 8, 8]);

/** A convolution in groups whose features only a pointwise one reads: they are rounded together, and the first may be replaced. */
const pair = () =>
  makeModel({
    nodes: [conv('first', 'x'), conv('features', 'first.y', { group: 8 }), conv('points', 'features.y')],
    inputs: [makeValueInfo('x', 'float32', ['N', 3, 8, 8])],
    outputs: [makeValueInfo('points.y', 'float32', ['N', 8, 4, 4])],
    initializers: {
      'w.first': floats([8, 3, 3, 3]),
      'w.features': floats([8, 1, 3, 3]),
      'w.points': floats([8, 8, 1, 1]),
    },
  });
const layer = (dense: number) => ({ dense, kernels: [1, 100], gdws: [dense, dense] });
const times = (dense: number, inFloats: number, products: Record<string, number>): LatencyModel => ({
  ...{ threads: 1, batch: 1, instructionSet: 'portable', dense },
  layers: { first: layer(2) },
  inFloats: { dense: inFloats, layers: { first: layer(5) }, products },
});

test('the dense network in floats is taken where it is fast enough, although its parts with conversions are not', async () => {
  const latencyModel = times(10, 12, { features: 9, points: 9 });
  const options = { int8: true, firstLayer: true, latencyModel, calibration: { images } };
  const { summary } = await compress(pair(), { ...options, latency: 1 });
  expect(summary.quantization!.products).toEqual([]);
  expect(summary.time).toEqual({ before: 12, after: 12 });
  expect(summary.layers.map(({ format }) => format)).toEqual(['float32', 'float32', 'float32']);
});

test('products of one part count together', async () => {
  const latencyModel = times(10, 40, { features: 9, points: 9 });
  const options = { int8: true, firstLayer: true, latencyModel, calibration: { images } };
  for (const latency of [0.25, 0.4, 0.6, 0.8]) {
    const { summary } = await compress(pair(), { ...options, latency });
    expect(summary.time!.after).toBeLessThanOrEqual(40 * latency);
  }
});

test('a network in floats altogether has no conversions', () => {
  const model = times(10, 12, { features: 9, points: 9 });
  expect(networkLatency(model, new Map(), new Set(['first', 'features', 'points']))).toBe(12);
  expect(networkLatency(model, new Map(), new Set(['first', 'features']))).toBe(22);
});
