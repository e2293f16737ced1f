import fc from 'fast-check';
import fs from 'node:fs';
import path from 'node:path';
import {
  GradientSession,
  ImageSet,
  type Tensor,
  attack,
  compress,
  normalized,
  sessionClassifier,
  weightErrors,
  type WeightErrorOptions,
  type WeightErrorProgress,
  type WeightErrors,
} from '../../src/index';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import type { Constant } from '../../src/graph/value';
import { convolutionCases, convolutionModel } from '../gdws/convolutions';
import { floats } from '../graph/small-network';

const folder = path.join(__dirname, '..', 'fixtures', 'calibrate');
const network = path.join(folder, 'network.onnx');
const expected = JSON.parse(fs.readFileSync(path.join(folder, 'expected.json'), 'utf8')) as {
  x: number[];
  alpha: Record<string, number[]>;
};
const images = new ImageSet([3, 9, 9], Float32Array.from(expected.x), [0, 1, 2, 3, 4]);
const more = new ImageSet([3, 9, 9], (floats([11, 3, 9, 9]).data as Float32Array).map(Math.abs), new Uint8Array(11));

/** Largest difference of any α, relative to itself; one below 1e-6 of its layer's largest counts as that much. */
function difference(actual: WeightErrors['alpha'], wanted: ReadonlyMap<string, ArrayLike<number>>): number {
  expect([...actual.keys()]).toEqual([...wanted.keys()]);
  let largest = 0;
  for (const [name, vector] of actual) {
    const own = Array.from(wanted.get(name)!);
    expect(vector).toHaveLength(own.length);
    const floor = 1e-6 * Math.max(...own);
    own.forEach((value, c) => {
      largest = Math.max(largest, Math.abs(vector[c]! - value) / Math.max(value, floor));
    });
  }
  return largest;
}

test('α is that of PyTorch in double precision', async () => {
  const { alpha, ties, images: count } = await weightErrors(network, images);
  expect({ ties, count }).toEqual({ ties: 0, count: 5 });
  expect(difference(alpha, new Map(Object.entries(expected.alpha)))).toBeLessThan(1e-4);
});

test('neither the batch size nor the threads change it', async () => {
  const one = await weightErrors(network, more, { batchSize: 1, threads: 1 });
  for (const options of [{ batchSize: 7, threads: 2 }, { batchSize: 4, threads: 1 }, {}]) {
    const other = await weightErrors(network, more, options);
    expect(difference(other.alpha, one.alpha)).toBeLessThan(1e-5);
    expect(other.effectiveImages).toBeCloseTo(one.effectiveImages, 4);
  }
});

/** A convolution with any attributes, a sigmoid, and the mean of each map as a logit. */
const classifierCases = convolutionCases.filter(({ kernel, groups, rows }) => kernel.length === 2 && groups * rows > 1);

test('α is equation 8 of the gradients of single images, whatever the convolution', async () => {
  const check = async (one: Parameters<typeof convolutionModel>[0]) => {
    const { model, feeds } = convolutionModel(one);
    const graph = model.graph!;
    const [convolution] = graph.node;
    const y = graph.output[0]!.name;
    graph.node.push(
      makeNode({ opType: 'Sigmoid', input: [y], output: ['s'] }),
      makeNode({ opType: 'GlobalAveragePool', input: ['s'], output: ['p'] }),
      makeNode({ opType: 'Flatten', input: ['p'], output: ['logits'] }),
    );
    graph.output.splice(0, 1, makeValueInfo('logits', 'float32', [one.batch, one.groups * one.rows]));
    const source = encodeModel(model);
    const [[name, feed]] = Object.entries(feeds) as [[string, Tensor]];
    const [count, ...dims] = feed.dims as [number, number, number, number];
    const set = new ImageSet(dims, feed.data as Float32Array, new Uint8Array(count));
    // Where the convolution sees nothing but padding there is no α.
    const measured = weightErrors(source, set, { firstLayer: true, threads: 1 });
    const { alpha } = await measured.catch((error: Error) => {
      fc.pre(!error.message.includes('α would be 0'));
      throw error;
    });

    const session = await GradientSession.create(source, { intraOpNumThreads: 1 });
    const classes = one.groups * one.rows;
    const channels = one.groups * one.channelsPerGroup;
    const taps = one.kernel.reduce((product, size) => product * size, 1);
    const sums = new Float64Array(channels);
    for (let rank = 1; rank < classes; ++rank) {
      const margins: number[] = [];
      const { weights } = await session.weightGradients(
        { [name]: feed },
        (logits) => {
          const cotangent = new Float32Array(logits.length);
          for (let image = 0; image < count; ++image) {
            const own = logits.subarray(image * classes, (image + 1) * classes);
            const order = Array.from(own.keys()).sort((a, b) => own[b]! - own[a]!);
            margins.push(own[order[0]!]! - own[order[rank]!]!);
            cotangent[image * classes + order[0]!] = 1;
            cotangent[image * classes + order[rank]!] = -1;
          }
          return cotangent;
        },
        { perImage: true },
      );
      const [gradient] = Object.values(weights) as [Tensor];
      (gradient.data as Float32Array).forEach((value, index) => {
        const [image, m, c] = [
          Math.floor(index / (classes * one.channelsPerGroup * taps)),
          Math.floor(index / (one.channelsPerGroup * taps)) % classes,
          Math.floor(index / taps) % one.channelsPerGroup,
        ];
        const channel = Math.floor(m / one.rows) * one.channelsPerGroup + c;
        sums[channel]! += value ** 2 / (2 * one.rows * taps * margins[image]! ** 2);
      });
    }
    await session.release();
    const layer = convolution!.name || convolution!.output[0]!;
    expect(difference(alpha, new Map([[layer, sums.map((sum) => sum / count)]]))).toBeLessThan(1e-4);
  };
  await fc.assert(fc.asyncProperty(classifierCases, check), { numRuns: 40 });
}, 60_000);

interface Parts {
  readonly conv?: string;
  readonly batch?: string | number;
  readonly kernels?: Constant;
}

/** Logits are fixed sums of what a convolution of 2 channels gives, on average over the map. */
function classifier(
  rows: readonly number[][],
  { conv = 'Conv', batch = 'N', kernels = positiveKernels }: Parts = {},
): Uint8Array {
  const weights = { type: 'float32' as const, dims: [rows.length, 2], data: Float32Array.from(rows.flat()) };
  return encodeModel(
    makeModel({
      nodes: [
        makeNode({ opType: conv, input: conv === 'Conv' ? ['x', 'w'] : ['x'], output: ['y'], name: 'conv' }),
        makeNode({ opType: 'Relu', input: ['y'], output: ['r'] }),
        makeNode({ opType: 'GlobalAveragePool', input: ['r'], output: ['p'] }),
        makeNode({ opType: 'Flatten', input: ['p'], output: ['f'] }),
        makeNode({ opType: 'Gemm', input: ['f', 'l'], output: ['logits'], attributes: { transB: 1 } }),
      ],
      inputs: [makeValueInfo('x', 'float32', [batch, 2, 5, 5])],
      outputs: [makeValueInfo('logits', 'float32', [batch, rows.length])],
      initializers: { w: kernels, l: weights },
    }),
  );
}
const positiveKernels = {
  ...floats([2, 2, 3, 3], 5),
  data: (floats([2, 2, 3, 3], 5).data as Float32Array).map(Math.abs),
};
const small = new ImageSet([2, 5, 5], (floats([6, 2, 5, 5], 3).data as Float32Array).map(Math.abs), new Uint8Array(6));
const first = { firstLayer: true };

describe('ties', () => {
  test('pairs of equal logits are left out and counted, the others are what they are without them', async () => {
    // Both maps are positive: class 1 has the largest logit, and class 2 always the same.
    const tied = await weightErrors(
      classifier([
        [0, 1],
        [3, 2],
        [3, 2],
        [-1, 0],
      ]),
      small,
      first,
    );
    const apart = await weightErrors(
      classifier([
        [0, 1],
        [3, 2],
        [-1, 0],
      ]),
      small,
      first,
    );
    expect([tied.ties, apart.ties]).toEqual([6, 0]);
    expect(difference(tied.alpha, apart.alpha)).toBeLessThan(1e-6);
  });

  test('logits that differ by rounding only do not decide', async () => {
    // Both maps are the same, so that the logits nearly are, but not their gradients.
    const kernel = positiveKernels.data.slice(0, 18);
    const kernels = { ...positiveKernels, data: Float32Array.of(...kernel, ...kernel) };
    const rows = [
      [0, 1],
      [3, 2],
      [2, 3 - 2 ** -20],
    ];
    const nearly = await weightErrors(classifier(rows, { kernels }), small, first);
    expect(nearly.ties).toBe(6);
    const blown = await weightErrors(classifier(rows, { kernels }), small, { ...first, tieTolerance: 0 });
    expect(blown.ties).toBe(0);
    expect(Math.max(...blown.alpha.get('conv')!)).toBeGreaterThan(1e6 * Math.max(...nearly.alpha.get('conv')!));
  });

  test('where all logits tie there is no α', async () => {
    await expect(
      weightErrors(
        classifier([
          [0, 0],
          [0, 0],
        ]),
        small,
        first,
      ),
    ).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', remedy: '6 pairs of logits tie.' });
  });
});

test('rivals limits the classes to those of the largest logits', async () => {
  // The last class is always the farthest.
  const limited = await weightErrors(
    classifier([
      [0, 1],
      [3, 2],
      [-9, -9],
    ]),
    small,
    { ...first, rivals: 1 },
  );
  const two = await weightErrors(
    classifier([
      [0, 1],
      [3, 2],
    ]),
    small,
    first,
  );
  expect(difference(limited.alpha, two.alpha)).toBeLessThan(1e-6);
});

describe('images', () => {
  const settings = { attack: 'pgd', norm: 'linf', eps: 0.05, steps: 3 } as const;

  test('adversarial ones give what they give as images, each with the random start of its number', async () => {
    const session = await GradientSession.create(network);
    const inner = await sessionClassifier(session, [3, 9, 9]);
    const normalization = { mean: [0.4, 0.5, 0.6], std: [0.5] };
    const pixels = more.pixels as Float32Array;
    const labels = await normalized(inner, normalization).logits(pixels, 11);
    const classes = Array.from({ length: 11 }, (_, image) => {
      const own = labels.subarray(6 * image, 6 * image + 6);
      return own.indexOf(Math.max(...own));
    });
    const labelled = new ImageSet([3, 9, 9], pixels, classes);
    const options = { seed: 5, normalization };
    const attacked = await weightErrors(network, labelled, { ...options, attack: settings, batchSize: 3 });
    const perturbed = await attack(
      normalized(inner, normalization),
      pixels,
      classes,
      { ...settings, earlyStop: false },
      { seed: 5 },
    );
    await session.release();
    expect(perturbed.images).not.toEqual(pixels);
    const after = await weightErrors(network, new ImageSet([3, 9, 9], perturbed.images, classes), options);
    expect(difference(attacked.alpha, after.alpha)).toBeLessThan(1e-3);
    const before = await weightErrors(network, labelled, options);
    expect(difference(attacked.alpha, before.alpha)).toBeGreaterThan(0.01);
  });

  test('normalization is what the network sees', async () => {
    const shifted = new ImageSet(
      [3, 9, 9],
      Float32Array.from(expected.x, (value) => (value - 0.5) / 0.25),
      images.labels,
    );
    const outside = await weightErrors(network, images, { normalization: { mean: [0.5], std: [0.25] } });
    expect(difference(outside.alpha, (await weightErrors(network, shifted)).alpha)).toBeLessThan(1e-4);
  });

  test('a model that takes one image at once gets one', async () => {
    const rows = [
      [0, 1],
      [3, 2],
    ];
    const one = await weightErrors(classifier(rows, { batch: 1 }), small, first);
    expect(difference(one.alpha, (await weightErrors(classifier(rows), small, first)).alpha)).toBeLessThan(1e-5);
    await expect(weightErrors(classifier(rows, { batch: 4 }), small, first)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    });
  });
});

describe('layers', () => {
  test('nodes that share weights are one, unless one is excluded', async () => {
    const both = await weightErrors(network, images, { include: [/shared/] });
    expect([...both.alpha.keys()]).toEqual(['/shared/Conv']);
    const one = await weightErrors(network, images, { include: ['/shared_1/Conv'] });
    expect([...one.alpha.keys()]).toEqual(['/shared_1/Conv']);
    expect(one.alpha.get('/shared_1/Conv')).not.toEqual(both.alpha.get('/shared/Conv'));
  });

  test('compress takes them as they are', async () => {
    const { alpha } = await weightErrors(network, images, { firstLayer: true });
    expect([...alpha.keys()]).toEqual(['/first/Conv', '/shared/Conv', '/grouped/Conv', '/dilated/Conv']);
    const { summary } = await compress(network, { error: 0.5, alpha, firstLayer: true });
    const plain = await compress(network, { error: 0.5, firstLayer: true });
    expect(summary.layers.map(({ kernels }) => kernels)).not.toEqual(
      plain.summary.layers.map(({ kernels }) => kernels),
    );
  });
});

test('progress ends at all images, and knows the time left', async () => {
  const seen: WeightErrorProgress[] = [];
  await weightErrors(network, more, {
    batchSize: 4,
    attack: { attack: 'fgsm', norm: 'linf', eps: 0.01 },
    onProgress: (progress) => seen.push(progress),
  });
  expect(seen.at(-1)).toMatchObject({ done: 11, total: 11, step: 'gradients' });
  expect(seen.at(-1)!.secondsLeft).toBeCloseTo(0);
  expect(new Set(seen.map(({ step }) => step))).toEqual(new Set(['attack', 'gradients']));
  expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).sort((a, b) => a - b));
});

test('a signal stops it', async () => {
  const controller = new AbortController();
  const run = weightErrors(network, more, {
    batchSize: 1,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
});

describe('bad input is refused before any work', () => {
  const pgd = { attack: 'pgd', norm: 'linf', eps: '8/255' } as const;
  const wrongLabel = new ImageSet([3, 9, 9], images.pixels, [0, 1, 2, 3, 6]);
  const tooBright = new ImageSet(
    [3, 9, 9],
    Float32Array.from(images.pixels, (value) => 2 * value),
    images.labels,
  );
  const one = classifier([[1, 2]]);
  const narrow = new ImageSet([3, 9, 8], new Float32Array(216), [0]);
  const cases: [string, string | Uint8Array, ImageSet, WeightErrorOptions, string, string][] = [
    ['rivals', network, images, { rivals: 0 }, 'ARGUMENT_INVALID', 'rivals is 0'],
    ['tolerance', network, images, { tieTolerance: 1 }, 'ARGUMENT_INVALID', 'tieTolerance is 1'],
    ['batch size', network, images, { batchSize: 1.5 }, 'ARGUMENT_INVALID', 'batchSize'],
    ['threads', network, images, { threads: -1 }, 'ARGUMENT_INVALID', 'hreads is -1'],
    ['seed', network, images, { seed: -1 }, 'ARGUMENT_INVALID', 'seed'],
    ['no images', network, new ImageSet([3, 9, 9], new Float32Array(0), []), {}, 'ARGUMENT_INVALID', 'no images'],
    ['std', network, images, { normalization: { mean: [0], std: [0] } }, 'ARGUMENT_INVALID', 'std is 0'],
    ['eps', network, images, { attack: { ...pgd, eps: 8 } }, 'ARGUMENT_INVALID', 'eps is 8'],
    ['label', network, wrongLabel, { attack: pgd }, 'ARGUMENT_INVALID', 'image 4 has label 6'],
    ['pixels', network, tooBright, { attack: pgd }, 'ARGUMENT_INVALID', 'has a pixel of'],
    ['shape', network, small, {}, 'SHAPE_MISMATCH', 'the model takes'],
    [
      'width',
      classifier([
        [1, 2],
        [2, 1],
      ]),
      narrow,
      first,
      'SHAPE_MISMATCH',
      'the model takes',
    ],
    ['name', network, images, { include: ['absent'] }, 'ARGUMENT_INVALID', 'absent'],
    ['no layer', network, images, { exclude: [/./] }, 'ARGUMENT_INVALID', 'no convolution that may be replaced'],
    [
      'only a first layer',
      classifier([
        [1, 2],
        [2, 1],
      ]),
      small,
      {},
      'ARGUMENT_INVALID',
      'no convolution that may be replaced',
    ],
    [
      'no convolution',
      classifier(
        [
          [1, 2],
          [2, 1],
        ],
        { conv: 'Relu' },
      ),
      small,
      first,
      'ARGUMENT_INVALID',
      'no convolution',
    ],
    ['one class', one, small, first, 'ARGUMENT_INVALID', 'one class'],
    ['model', 'absent.onnx', images, {}, 'MODEL_UNREADABLE', 'absent.onnx'],
  ];
  test.each(cases)('%s', async (_, source, set, options, code, message) => {
    const onProgress = jest.fn();
    const run = weightErrors(source, set, { ...options, onProgress });
    await expect(run).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
    expect(onProgress).not.toHaveBeenCalled();
  });

  test('an operator without a gradient', async () => {
    const index = { type: 'float32' as const, dims: [1], data: Float32Array.of(0) };
    const model = makeModel({
      nodes: [
        makeNode({ opType: 'Conv', input: ['x', 'w'], output: ['y'], name: 'conv' }),
        makeNode({ opType: 'GlobalAveragePool', input: ['y'], output: ['p'] }),
        makeNode({ opType: 'Flatten', input: ['p'], output: ['f'] }),
        makeNode({ opType: 'ArgMax', input: ['f'], output: ['i'], attributes: { axis: 0, keepdims: 0 } }),
        makeNode({ opType: 'Gather', input: ['f', 'i'], output: ['logits'], attributes: { axis: 1 } }),
      ],
      inputs: [makeValueInfo('x', 'float32', ['N', 2, 5, 5])],
      outputs: [makeValueInfo('logits', 'float32', ['N', 2])],
      initializers: { w: positiveKernels, unused: index },
    });
    await expect(weightErrors(encodeModel(model), small, first)).rejects.toMatchObject({
      code: 'GRADIENT_UNSUPPORTED',
    });
  });
});
