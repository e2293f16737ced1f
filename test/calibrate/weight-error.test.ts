import fc from 'fast-check';
import {
  GradientSession,
  ImageSet,
  attack,
  compress,
  normalized,
  sessionClassifier,
  weightErrors,
  type Tensor,
  type WeightErrorProgress,
} from '../../src';
import { makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { convolutionCases, convolutionModel } from '../gdws/convolutions';
import { classifier, difference, expected, first, images, more, network, small } from './subjects';

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
    const allMargins: number[] = [];
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
      allMargins.push(...margins);
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
    // α has the square of 1 / margin: of two logits that are all but equal it is what rounding makes of it.
    fc.pre(Math.min(...allMargins) > 0.01);
    const layer = convolution!.name || convolution!.output[0]!;
    expect(difference(alpha, new Map([[layer, sums.map((sum) => sum / count)]]))).toBeLessThan(1e-4);
  };
  await fc.assert(fc.asyncProperty(classifierCases, check), { numRuns: 40 });
}, 60_000);

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
