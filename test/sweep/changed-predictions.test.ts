import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { compress, ImageSet, readImages } from '../../src';
import { probabilities } from '../../src/robustness/predictions';
import { changedPredictions } from '../../src/sweep/changed-predictions';

const examples = path.join(__dirname, '..', '..', 'examples');
const model = path.join(examples, 'robust-mnist.onnx');

/** Class and probabilities of each image, by another engine. */
async function evaluated(source: string | Uint8Array, images: ImageSet) {
  const session = await InferenceSession.create(source as string);
  const results: { found: number; shares: number[] }[] = [];
  for (let image = 0; image < images.length; ++image) {
    const { images: feed } = images.batch(image, image + 1);
    const [output] = Object.values(
      await session.run({ [session.inputNames[0]!]: new Tensor('float32', feed.data as Float32Array, feed.dims) }),
    );
    const logits = [...(output!.data as Float32Array)];
    const powers = logits.map(Math.exp);
    const sum = powers.reduce((one, other) => one + other);
    results.push({ found: logits.indexOf(Math.max(...logits)), shares: powers.map((power) => power / sum) });
  }
  await session.release();
  return results;
}

test('predictions that change are those that another engine sees change', async () => {
  const images = await readImages(path.join(examples, 'mnist-test-images-idx3-ubyte'), { count: 200 });
  const small = (await compress(model, { macs: 0.3, inputShapes: { input: [1, 1, 28, 28] } })).bytes();
  const report = await changedPredictions(model, small, images, { threads: 1 });
  const [before, after] = [await evaluated(model, images), await evaluated(small, images)];
  const changed = before.flatMap(({ found, shares }, image) => {
    const other = after[image]!;
    return other.found === found ? [] : [{ image, found, shares, other, fall: shares[found]! - other.shares[found]! }];
  });
  expect(changed.length).toBeGreaterThan(12);
  expect(report.count).toBe(changed.length);
  expect(report.lost).toBe(changed.filter(({ image, found }) => found === images.labels[image]).length);
  expect(report.gained).toBe(changed.filter(({ image, other }) => other.found === images.labels[image]).length);
  const shown = changed.sort((one, two) => two.fall - one.fall).slice(0, 12);
  expect(report.examples.map(({ image }) => image)).toEqual(shown.map(({ image }) => image));
  for (const [index, example] of report.examples.entries()) {
    const { image, found, shares, other } = shown[index]!;
    expect(example.label).toBe(images.labels[image]);
    expect(example.dense.class).toBe(found);
    expect(example.dense.probability).toBeCloseTo(shares[found]!, 4);
    expect(example.chosen.class).toBe(other.found);
    expect(example.chosen.probability).toBeCloseTo(other.shares[other.found]!, 4);
    const { data, info } = await sharp(Buffer.from(example.png, 'base64')).raw().toBuffer({ resolveWithObject: true });
    const pixels = [...data].filter((_, at) => at % info.channels === 0);
    expect(pixels).toEqual([...(images.pixels as Uint8Array).subarray(image * 784, (image + 1) * 784)]);
  }
}, 120_000);

test('large pictures are shown smaller; networks of one prediction have none', async () => {
  const images = new ImageSet([1, 28, 28], new Float32Array(784), [3]);
  expect(await changedPredictions(model, model, images, {})).toEqual({ count: 0, lost: 0, gained: 0, examples: [] });
});

test('probabilities are a softmax, also of large logits, and those of a softmax stay', () => {
  expect([...probabilities(Float32Array.of(1000, 1000 + Math.fround(Math.log(3))))][1]).toBeCloseTo(0.75, 3);
  expect([...probabilities(Float32Array.of(0.25, 0.75))]).toEqual([0.25, 0.75]);
  expect([...probabilities(Float32Array.of(2, -1))][0]).toBeCloseTo(1 / (1 + Math.exp(-3)), 6);
});
