import path from 'node:path';
import { compress, GradientSession, ImageSet, readImages, sessionClassifier, type Calibration } from '../../src';
import { rows } from '../../src/gradient/rows';
import { predictedClass } from '../../src/robustness/classifier';
import { classifier, first, more, network, small } from './subjects';

const examples = path.join(__dirname, '../../examples');
const model = path.join(examples, 'robust-mnist.onnx');
const data = path.join(examples, 'mnist-test-images-idx3-ubyte');
const inputShapes = { input: [1, 1, 28, 28] };

/** Share of held-out digits that a model gets right. */
async function accuracy(source: Uint8Array, begin: number, end: number): Promise<number> {
  const set = await readImages(data);
  const session = await GradientSession.create(source, { intraOpNumThreads: 1 });
  const network = await sessionClassifier(session, set.dims);
  const { images, labels } = set.batch(begin, end);
  const logits = await network.logits(images.data as Float32Array, end - begin);
  await session.release();
  return rows(logits, network.classes).filter((row, i) => predictedClass(row) === labels[i]).length / (end - begin);
}

test('a small budget keeps far more of the accuracy than the weights alone do', async () => {
  const images = await readImages(data, { count: 100 });
  const options = { macs: 0.2, inputShapes, threads: 1 };
  const plain = await compress(model, options);
  const steps: string[] = [];
  const onProgress: Calibration['onProgress'] = ({ step }) => steps.push(step);
  const calibrated = await compress(model, { ...options, calibration: { images, onProgress } });
  expect(calibrated.summary.macs!.after / calibrated.summary.macs!.before).toBeLessThanOrEqual(0.2);
  const [without, having] = [await accuracy(plain.bytes(), 100, 300), await accuracy(calibrated.bytes(), 100, 300)];
  expect(having).toBeGreaterThan(0.95);
  expect(having).toBeGreaterThan(without + 0.02);
  expect(new Set(steps)).toEqual(new Set(['moments', 'refit']));
});

test('calibration on attacked images goes through its rounds', async () => {
  const images = await readImages(data, { count: 24 });
  const steps: string[] = [];
  const attack = { attack: 'pgd', norm: 'linf', eps: 0.3, steps: 3 } as const;
  const { summary } = await compress(model, {
    macs: 0.4,
    inputShapes,
    calibration: {
      images,
      attack,
      rounds: 2,
      onProgress: ({ step, done, total }) => done === total && steps.push(step),
    },
  });
  const losses = new Array<string>(4).fill('losses');
  expect(steps).toEqual(['attack', 'moments', ...losses, 'refit', 'attack', 'refit']);
  expect(summary.layers.filter(({ calibrated }) => calibrated).length).toBeGreaterThan(2);
});

test('a channel that is always 0 gets no kernel, and nothing breaks', async () => {
  const pixels = (small.pixels as Float32Array).map((value, i) => (Math.floor(i / 25) % 2 === 0 ? value : 0));
  const images = new ImageSet([2, 5, 5], pixels, new Uint8Array(6));
  const source = classifier([[1, 0], [0, 1]]); // prettier-ignore
  const { summary } = await compress(source, { params: 0.9, ...first, calibration: { images } });
  const [layer] = summary.layers;
  if (layer!.status === 'gdws') expect(layer!.g![1]).toBe(0);
});

test.each<[string, Partial<Calibration>, string]>([
  ['seed', { seed: -1 }, 'seed'],
  ['batch size', { batchSize: 0 }, 'batchSize'],
  ['ridge', { ridge: NaN }, 'ridge'],
  ['rounds', { rounds: 1.5 }, 'rounds'],
  ['sweeps', { sweeps: -1 }, 'sweeps'],
  ['std', { normalization: { mean: [0], std: [0] } }, 'std'],
])('refuses a %s that makes no sense', async (_, options, name) => {
  const compressed = compress(network, { params: 0.5, calibration: { images: more, ...options } });
  await expect(compressed).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  await expect(compressed).rejects.toThrow(name);
});

test('refuses images of another size, and no images', async () => {
  const wrong = compress(network, { params: 0.5, calibration: { images: small } });
  await expect(wrong).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
  const none = compress(network, { params: 0.5, calibration: { images: more.first(0) } });
  await expect(none).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
});

test('refuses a number of images that the declared batch does not divide', async () => {
  const source = classifier([[1, 0], [0, 1]], { batch: 4 }); // prettier-ignore
  const compressed = compress(source, { params: 0.9, ...first, calibration: { images: small } });
  await expect(compressed).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
});

test('stops where it is told to', async () => {
  const controller = new AbortController();
  const onProgress = () => controller.abort();
  const calibration = { images: more, batchSize: 2, onProgress };
  const compressed = compress(network, { params: 0.5, calibration, signal: controller.signal });
  await expect(compressed).rejects.toMatchObject({ code: 'ABORTED' });
});
