import path from 'node:path';
import { compressWithinDrop, ImageSet, readImages, type DropTrial } from '../../../src';
import { halves } from '../../../src/compress/drop/split';

const examples = path.join(__dirname, '..', '..', '..', 'examples');
const model = path.join(examples, 'robust-mnist.onnx');
const inputShapes = { input: [1, 1, 28, 28] };
const digits = (count: number) => readImages(path.join(examples, 'mnist-test-images-idx3-ubyte'), { count });

test('finds the network with the least budget within the drop, and reports on images that it has not searched', async () => {
  const data = await digits(101);
  const tried: DropTrial[] = [];
  const found = await compressWithinDrop(model, {
    maxDrop: 0.02,
    data,
    inputShapes,
    onTrial: (one) => tried.push(one),
  });
  expect(found.trials).toEqual(tried);
  const within = tried.filter(({ isWithin }) => isWithin);
  expect(found.share).toBe(Math.min(...within.map(({ share }) => share)));
  expect(found.share).toBeLessThan(0.8);
  const { macs } = found.compression!.summary;
  expect(macs!.after / macs!.before).toBeLessThanOrEqual(found.share);
  for (const { natural, isWithin } of tried) {
    expect(natural.trials).toBe(51);
    expect(isWithin).toBe((natural.lost - natural.gained) / 51 <= 0.02);
    expect(natural.atMost).toBeGreaterThan(natural.estimate);
  }
  expect(found.heldOut.natural.trials).toBe(50);
  expect(found.heldOut.robust).toBeUndefined();
}, 120_000);

test('accuracy under attack must stay within the drop, too', async () => {
  const attack = { attack: 'pgd', norm: 'linf', eps: 0.3, steps: 3, stepSize: 0.1 } as const;
  const { trials, heldOut } = await compressWithinDrop(model, {
    maxDrop: 0.1,
    ...{ data: await digits(40), attack, inputShapes, budget: 'params' },
  });
  for (const { natural, robust, isWithin } of trials) {
    expect(isWithin).toBe(Math.max(natural.estimate, robust!.estimate) <= 0.1);
  }
  expect(heldOut.robust!.trials).toBe(20);
}, 120_000);

test('a drop that is to be sure needs more images than there are', async () => {
  const found = await compressWithinDrop(model, { maxDrop: 0.001, isSure: true, data: await digits(20), inputShapes });
  expect(found).toMatchObject({ share: 1, compression: undefined });
  expect(found.heldOut.natural).toMatchObject({ lost: 0, gained: 0, estimate: 0 });
}, 120_000);

test('the halves are all images, once each, alike for one seed', () => {
  const pixels = Float32Array.from({ length: 14 }, (_, i) => i / 14);
  const images = new ImageSet([1, 1, 2], pixels, [0, 1, 2, 3, 4, 5, 6]);
  const [first, second] = halves(images, 3);
  expect([first.length, second.length]).toEqual([4, 3]);
  expect([...first.labels, ...second.labels].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  for (const part of [first, second]) {
    part.labels.forEach((label, i) => expect(part.pixels[2 * i]).toBe(pixels[2 * label]));
  }
  expect(halves(images, 3)[0].labels).toEqual(first.labels);
  expect([1, 2, 4, 5].some((seed) => String(halves(images, seed)[0].labels) !== String(first.labels))).toBe(true);
});

test.each([
  ['maxDrop', { maxDrop: 1.5 }],
  ['maxDrop', { maxDrop: NaN }],
  ['confidence', { maxDrop: 0.1, confidence: 1 }],
])('refuses a %s that makes no sense', async (name, options) => {
  const refused = compressWithinDrop(model, { ...options, data: await digits(4), inputShapes });
  await expect(refused).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  await expect(refused).rejects.toThrow(name);
});

test('refuses a single image', async () => {
  const refused = compressWithinDrop(model, { maxDrop: 0.1, data: await digits(1), inputShapes });
  await expect(refused).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
});

test('the fastest network needs images to quantize with', async () => {
  const refused = compressWithinDrop(model, { maxDrop: 0.1, data: await digits(4), inputShapes, fastest: true });
  await expect(refused).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
    message: expect.stringContaining('fastest needs images') as string,
    remedy: expect.stringContaining('calibration') as string,
  });
});
