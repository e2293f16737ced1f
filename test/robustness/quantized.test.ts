import { quantize } from '../../benchmarks/quantized/quantize';
import { GradientSession, InferenceSession, Tensor, evaluate, sessionClassifier, type Classifier } from '../../src';
import { decodeModel } from '../../src/onnx/read';
import { encodeModel } from '../../src/onnx/write';
import { predictedClass } from '../../src/robustness/classifier';
import { rows } from '../../src/gradient/rows';
import { classifier, spreadOver } from '../cli/small-classifier';
import { Random } from '../operators/random';

// Networks that a quantizer wrote, as classifiers under attack: what counts is what the integers say.

const [count, side] = [24, 8];
const dims = [3, side, side];
const pixels = new Random(31).floats([count, ...dims], 0, 1).data as Float32Array;

/** A network of floats, as bytes and quantized, and the classes that it has for the images. */
async function networks() {
  const { model, labels } = await spreadOver(pixels, side);
  const feeds = { x: new Tensor('float32', pixels, [count, ...dims]) };
  return { model, labels, quantized: encodeModel(await quantize(decodeModel(model), { feeds })) };
}

async function inIntegers(model: Uint8Array, images: Float32Array): Promise<Float32Array> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, tuning: 'off' });
  const { logits } = await session.run({ x: new Tensor('float32', images, [images.length / (3 * side * side), ...dims]) }); // prettier-ignore
  await session.release();
  return logits!.data as Float32Array;
}

test('logits are those of the integers, also those that losses and gradients are taken at', async () => {
  const { quantized } = await networks();
  const exact = await inIntegers(quantized, pixels);
  const session = await GradientSession.create(quantized, { intraOpNumThreads: 1 });
  const own = await sessionClassifier(session, dims);
  expect(own.quantized).toBe(true);
  expect(await own.logits(pixels, count)).toEqual(exact);
  let seen: Float32Array | undefined;
  const { logits, gradient } = await own.gradient(pixels, count, (at) => {
    seen = at;
    return at.map((_, index) => (index % 4 === 0 ? 1 : 0));
  });
  expect(logits).toEqual(exact);
  expect(seen).toEqual(exact);
  // The run of the gradient itself has others, if only in their last digits.
  const feeds = { x: new Tensor('float32', pixels, [count, ...dims]) };
  expect((await session.gradient(feeds, (at) => at)).logits.data).not.toEqual(exact);
  expect(gradient.some((one) => one !== 0)).toBe(true);
  await session.release();
});

test('a network of floats is not quantized', async () => {
  const session = await GradientSession.create(classifier(), { intraOpNumThreads: 1 });
  expect(session.quantized).toBe(false);
  expect((await sessionClassifier(session, dims)).quantized).toBe(false);
  await session.release();
});

test('images that break a quantized network break it in integers, in each of the ways', async () => {
  const { model, quantized, labels } = await networks();
  const sessions = await Promise.all([model, quantized].map((one) => GradientSession.create(one, { intraOpNumThreads: 1 }))); // prettier-ignore
  const [dense, rounded] = (await Promise.all(sessions.map((one) => sessionClassifier(one, dims)))) as [Classifier, Classifier]; // prettier-ignore
  const candidates = [
    { name: 'rounded', classifier: rounded },
    { name: 'dense', classifier: dense },
  ];
  const settings = { attack: 'pgd', norm: 'linf', eps: 0.02, steps: 10 } as const;
  const { candidates: reports } = await evaluate(candidates, pixels, labels, settings, { squareQueries: 50 });
  const [report, float] = reports;
  expect(report!.ways.map(({ attack, madeOn }) => [attack, madeOn])).toEqual([
    ['pgd', undefined],
    ['pgd', 'dense'],
    ['square', undefined],
  ]);
  // The straight-through gradient finds about what the gradient of floats finds.
  const [own] = report!.ways;
  expect(float!.ways[0]!.robust.successes).toBeLessThan(0.8 * count);
  expect(Math.abs(own!.robust.successes - float!.ways[0]!.robust.successes)).toBeLessThanOrEqual(3);
  const classes = rows(await inIntegers(quantized, report!.images), 4).map(predictedClass);
  expect(classes.map((one, image) => Number(one === labels[image]))).toEqual([...report!.standing]);
  const least = report!.standing.map((_, image) => Math.min(...report!.ways.map(({ standing }) => standing[image]!)));
  expect(report!.standing).toEqual(least);
  for (const one of sessions) await one.release();
});
