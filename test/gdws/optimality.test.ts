import { calibrate } from '../../src/calibrate/calibrate';
import { CalibrationSet } from '../../src/calibrate/calibration-set';
import { compress } from '../../src/compress/compress';
import type { Compression } from '../../src/compress/compression';
import { ImageSet } from '../../src/data/image-set';
import { findConvolutions } from '../../src/gdws/layers';
import { Graph } from '../../src/graph/graph';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { floats } from '../graph/small-network';
import { eigenvalues } from '../linalg/jacobi';
import { squareRoot, times, transpose } from '../linalg/matrices';

/** Channels of the image, of the first convolution and of the second. */
const [inputs, middle, outputs] = [3, 6, 5];
const size = 8;
const pixels = [size * size, (size / 2) ** 2] as const;

function weightsOf(dims: readonly number[], seed: number): Float32Array {
  return floats(dims, seed).data as Float32Array;
}

interface Weights {
  readonly first: Float32Array;
  readonly second: Float32Array;
}
const random: Weights = {
  first: weightsOf([middle, inputs, 3, 3], 11),
  second: weightsOf([outputs, middle, 3, 3], 12).map((weight, i) => weight / (1 + (Math.floor(i / 9) % middle))),
};

/** Two convolutions of 3×3 and a classifier. */
function network({ first, second }: Weights): ModelProto {
  const pads = [1, 1, 1, 1];
  return makeModel({
    nodes: [
      makeNode({ opType: 'Conv', name: 'first', input: ['x', 'w1'], output: ['a'], attributes: { pads } }),
      makeNode({ opType: 'Relu', input: ['a'], output: ['b'] }),
      makeNode({
        opType: 'Conv',
        name: 'second',
        input: ['b', 'w2'],
        output: ['c'],
        attributes: { pads, strides: [2, 2] },
      }),
      makeNode({ opType: 'GlobalAveragePool', input: ['c'], output: ['d'] }),
      makeNode({ opType: 'Flatten', input: ['d'], output: ['e'] }),
      makeNode({ opType: 'Gemm', input: ['e', 'fc'], output: ['y'] }),
    ],
    inputs: [makeValueInfo('x', 'float32', [1, inputs, size, size])],
    outputs: [makeValueInfo('y', 'float32', [1, 4])],
    initializers: {
      w1: { type: 'float32', dims: [middle, inputs, 3, 3], data: first },
      w2: { type: 'float32', dims: [outputs, middle, 3, 3], data: second },
      fc: floats([outputs, 4], 13),
    },
  });
}

const image = inputs * size * size;
const count = 24;
/** Images whose channels differ in how smooth they are. */
function photographs(order: readonly number[] = [0, 1, 2]): ImageSet {
  const noise = weightsOf([count, inputs, size, size], 14);
  const smooth = noise.map((value, i) => {
    const channel = Math.floor((i % image) / (size * size));
    return channel === 0 ? value : (value + noise[Math.max(0, i - 1)]! * channel) / 2;
  });
  const permuted = new Float32Array(smooth.length);
  for (let i = 0; i < smooth.length; ++i) {
    const [one, channel, pixel] = [Math.floor(i / image), Math.floor((i % image) / (size * size)), i % (size * size)];
    permuted[i] = smooth[one * image + order[channel]! * size * size + pixel]!;
  }
  return new ImageSet([inputs, size, size], permuted, new Uint8Array(count));
}

type Matrix = (channel: number) => Float64Array;

/** W_c, (rows × 9). */
function block(weights: Float32Array, rows: number, channels: number): Matrix {
  return (channel) =>
    Float64Array.from({ length: rows * 9 }, (_, i) => weights[(Math.floor(i / 9) * channels + channel) * 9 + (i % 9)]!);
}

/** e² after 0, 1, ... kernels: the energies of all channels, of which the greatest are taken first. */
function errorsOf(channels: number, rows: number, gram: Matrix): number[] {
  const energies = Array.from({ length: channels }, (_, c) => eigenvalues(gram(c), 9).slice(0, Math.min(rows, 9)))
    .flat()
    .map((energy) => Math.max(0, energy))
    .sort((a, b) => b - a);
  return [...energies.map((_, n) => energies.slice(n).reduce((sum, one) => sum + one, 0)), 0];
}

const layers = [
  { key: 'first', rows: middle, channels: inputs, pixels: pixels[0] },
  { key: 'second', rows: outputs, channels: middle, pixels: pixels[1] },
] as const;

/** (e² / energy)² of the weights with every output scaled to the same norm. */
function lossesOfWeights(weights: Weights): number[][] {
  return layers.map(({ key, rows, channels }) => {
    const norms = Array.from({ length: rows }, (_, row) =>
      Math.hypot(...weights[key].subarray(row * channels * 9, (row + 1) * channels * 9)),
    );
    const balanced = weights[key].map((weight, i) => weight / norms[Math.floor(i / channels / 9)]!);
    const blockOf = block(balanced, rows, channels);
    const errors = errorsOf(channels, rows, (c) => times(transpose(blockOf(c), rows), blockOf(c), 9, rows));
    return errors.map((error) => (error / errors[0]!) ** 2);
  });
}

/** e² of H^½ W_c Σ_c^½. */
async function lossesOnImages(weights: Weights, images: ImageSet): Promise<number[][]> {
  const graph = new Graph(network(weights));
  const found = findConvolutions(graph, new Map(), { firstLayer: true });
  const set = new CalibrationSet(graph, { images }, { threads: 1 });
  const { moments } = await calibrate(graph, found.layers, set, { images }, { threads: 1 });
  return layers.map(({ key, rows, channels }) => {
    const layer = found.layers.find(({ name }) => name === key)!;
    const { patches, fisher } = moments.get(layer)!;
    const blockOf = block(weights[key], rows, channels);
    return errorsOf(channels, rows, (c) => {
      const root = squareRoot(patches.slice(c * 81, (c + 1) * 81), 9);
      const informed = times(fisher, blockOf(c), rows, rows);
      return times(times(root, times(transpose(blockOf(c), rows), informed, 9, rows), 9, 9), root, 9, 9);
    });
  });
}

const dense = layers.map(({ rows, channels, pixels }) => rows * channels * 9 * pixels);
const classifierMacs = outputs * 4;
const total = dense[0]! + dense[1]! + classifierMacs;

/** The least loss of all pairs of step counts whose multiply-accumulates are within the share. */
function leastLoss(losses: readonly (readonly number[])[], share: number): number {
  const choices = layers.map(({ rows, pixels }, layer) => [
    { macs: dense[layer]!, loss: 0 },
    ...losses[layer]!.map((loss, n) => ({ macs: n * (9 + rows) * pixels, loss })).slice(1),
  ]);
  let best = Infinity;
  for (const one of choices[0]!) {
    for (const other of choices[1]!) {
      if (one.macs + other.macs + classifierMacs <= share * total) best = Math.min(best, one.loss + other.loss);
    }
  }
  return best;
}

function kernelsOf({ summary }: Compression): (readonly number[] | undefined)[] {
  return summary.layers.map(({ g }) => g);
}

const shares = [0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

test.each(['weights', 'images'] as const)(
  'a budget spent by %s is spent as exhaustive search spends it',
  async (by) => {
    const images = photographs();
    const losses = by === 'weights' ? lossesOfWeights(random) : await lossesOnImages(random, images);
    const calibration = by === 'images' ? { images } : undefined;
    const found = new Set<string>();
    for (const share of shares) {
      const result = await compress(network(random), { macs: share, firstLayer: true, threads: 1, calibration });
      const { macs, allocation, layers: summaries } = result.summary;
      expect(macs!.after).toBeLessThanOrEqual(share * total);
      expect(allocation!.isOptimal).toBe(true);
      expect(allocation!.loss / leastLoss(losses, share)).toBeCloseTo(1, 4);
      expect(allocation!.bound).toBeLessThanOrEqual(allocation!.loss);
      expect(allocation!.gap).toBeCloseTo(1 - allocation!.bound / allocation!.loss, 12);
      const chosen = summaries.reduce((sum, { kernels }, i) => sum + (kernels ? losses[i]![kernels]! : 0), 0);
      expect(chosen / allocation!.loss).toBeCloseTo(1, 4);
      found.add(summaries.map(({ kernels }) => kernels ?? 'dense').join());
    }
    expect(found.size).toBeGreaterThan(6);
  },
);

test.each(['weights', 'images'] as const)('by %s, a larger budget never loses more', async (by) => {
  const calibration = by === 'images' ? { images: photographs() } : undefined;
  let before = Infinity;
  for (const share of shares) {
    const { summary } = await compress(network(random), { params: share, firstLayer: true, threads: 1, calibration });
    expect(summary.allocation!.loss).toBeLessThanOrEqual(before);
    before = summary.allocation!.loss;
  }
});

test.each([
  ['macs', 'weights'],
  ['params', 'weights'],
  ['macs', 'images'],
  ['params', 'images'],
] as const)('a budget of all %s leaves the network as it is, by %s', async (kind, by) => {
  // Channels of rank 1, which would be cheaper as GDWS, and lose nothing.
  const separable = {
    ...random,
    second: random.second.map((weight, i, all) => (i % 9 === 0 ? weight : all[i - (i % 9)]!)),
  };
  const model = network(separable);
  const calibration = by === 'images' ? { images: photographs() } : undefined;
  const result = await compress(model, { [kind]: 1, firstLayer: true, calibration });
  expect(result.summary.layers.map(({ status }) => status)).toEqual(['dense', 'dense']);
  expect(result.summary.allocation).toEqual({ loss: 0, bound: 0, gap: 0, isOptimal: true });
  expect(result.summary.macs!.after).toBe(total);
  expect(result.model.graph!.node).toEqual(model.graph!.node);
  const bytesOf = (of: ModelProto, name: string) => (new Graph(of).constant(name)!.data as Float32Array).buffer;
  for (const name of ['w1', 'w2', 'fc']) {
    expect(Buffer.from(bytesOf(result.model, name))).toEqual(Buffer.from(bytesOf(model, name)));
  }
});

test.each(['weights', 'images'] as const)('by %s, the order of the channels does not matter', async (by) => {
  const [ofImage, ofMiddle] = [
    [2, 0, 1],
    [3, 5, 0, 4, 1, 2],
  ];
  const permuted: Weights = {
    first: random.first.map((_, i, all) => {
      const [row, channel] = [Math.floor(i / 9 / inputs), Math.floor(i / 9) % inputs];
      return all[(ofMiddle[row]! * inputs + ofImage[channel]!) * 9 + (i % 9)]!;
    }),
    second: random.second.map((_, i, all) => {
      const [row, channel] = [Math.floor(i / 9 / middle), Math.floor(i / 9) % middle];
      return all[(row * middle + ofMiddle[channel]!) * 9 + (i % 9)]!;
    }),
  };
  for (const macs of [0.45, 0.6]) {
    const options = { macs, firstLayer: true };
    const calibrated = (images: ImageSet) => ({ ...options, calibration: by === 'images' ? { images } : undefined });
    const plain = kernelsOf(await compress(network(random), calibrated(photographs())));
    const other = kernelsOf(await compress(network(permuted), calibrated(photographs(ofImage))));
    expect(plain.every((g) => g !== undefined)).toBe(true);
    expect(other).toEqual([ofImage.map((c) => plain[0]![c]), ofMiddle.map((c) => plain[1]![c])]);
  }
});

describe('channels that need few kernels', () => {
  /** Channel c of the second layer is a sum of c products of a column and a kernel: rank c, 5 at most. */
  const ranks = Array.from({ length: middle }, (_, channel) => Math.min(channel, outputs));
  const columns = weightsOf([middle, middle, outputs], 15);
  const kernels = weightsOf([middle, middle, 9], 16);
  const second = random.second.map((_, i) => {
    const [row, channel, tap] = [Math.floor(i / 9 / middle), Math.floor(i / 9) % middle, i % 9];
    let sum = 0;
    for (let k = 0; k < ranks[channel]!; ++k) {
      sum += columns[(channel * middle + k) * outputs + row]! * kernels[(channel * middle + k) * 9 + tap]!;
    }
    return sum;
  });
  const needed = ranks.reduce((sum, one) => sum + one, 0);

  test.each([
    ['beta', 0],
    ['error', 0],
    ['macs', 0.999],
    ['params', 0.999],
  ] as const)('%s %d: get no more than their rank, and lose nothing', async (kind, value) => {
    const { summary } = await compress(network({ ...random, second }), { [kind]: value });
    const layer = summary.layers[1]!;
    expect(layer.g).toEqual(ranks);
    expect(layer.kernels).toBe(needed);
    expect(layer.relativeError).toBeLessThan(1e-12);
  });

  test('with images, too; and a channel that is dark in all of them gets none', async () => {
    const images = photographs();
    const dark = new ImageSet(
      images.dims,
      (images.pixels as Float32Array).map((value, i) => (Math.floor(i / size / size) % inputs === 1 ? 0 : value)),
      images.labels,
    );
    const { summary } = await compress(network({ ...random, second }), {
      macs: 0.999,
      firstLayer: true,
      calibration: { images: dark },
    });
    const [first, other] = summary.layers;
    // Nothing reads the output that goes to the channel of rank 0.
    expect(first!.g).toEqual([middle - 1, 0, middle - 1]);
    other!.g!.forEach((count, channel) => expect(count).toBeLessThanOrEqual(ranks[channel]!));
  });

  test('a layer of zeros keeps one kernel', async () => {
    const zeros = { ...random, second: new Float32Array(outputs * middle * 9) };
    const { summary } = await compress(network(zeros), { macs: 0.9 });
    expect(summary.layers[1]!.kernels).toBe(1);
  });
});
