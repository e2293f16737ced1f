import path from 'node:path';
import { compress, prepareCompression, readImages } from '../../src';

const examples = path.join(__dirname, '..', '..', 'examples');
const model = path.join(examples, 'robust-mnist.onnx');
const inputShapes = { input: [1, 1, 28, 28] };

test('one prepared network gives what compress gives, goal after goal, and measures only once', async () => {
  const images = await readImages(path.join(examples, 'mnist-test-images-idx3-ubyte'), { count: 8 });
  const steps: string[] = [];
  const calibration = {
    images,
    onProgress: ({ step, done, total }: { step: string; done: number; total: number }) => {
      if (done === total) steps.push(step);
    },
  };
  const prepared = await prepareCompression(model, { calibration, inputShapes });
  const goals = [
    { kind: 'macs', value: 0.5 },
    { kind: 'params', value: 0.4 },
    { kind: 'macs', value: 0.5 },
  ] as const;
  const found = [];
  for (const goal of goals) found.push((await prepared.compress(goal)).bytes());
  expect(steps).toEqual(['moments', 'refit', 'refit', 'refit']);
  expect(found[2]).toEqual(found[0]);
  for (const [index, { kind, value }] of goals.entries()) {
    const alone = await compress(model, { [kind]: value, calibration: { images }, inputShapes });
    expect(alone.bytes()).toEqual(found[index]);
  }
});

test('its layers have the singular values that rank their kernels', async () => {
  const layers = await (await prepareCompression(model, { inputShapes })).layers();
  expect(layers.map(({ layer }) => layer.name)).toEqual(['/3/Conv', '/6/Conv', '/9/Conv', '/12/Conv']);
  for (const { spectrum, ranking } of layers) {
    const energy = spectrum.singularValues.reduce((sum, value) => sum + value * value, 0);
    expect(ranking.errors[0]! / energy).toBeCloseTo(1, 9);
  }
});

test('a budget that cannot be met leaves the network ready for others', async () => {
  const prepared = await prepareCompression(model, { inputShapes });
  await expect(prepared.compress({ kind: 'macs', value: 0.001 })).rejects.toMatchObject({
    code: 'BUDGET_OUT_OF_RANGE',
  });
  const { summary } = await prepared.compress({ kind: 'macs', value: 0.6 });
  expect(summary.macs!.after / summary.macs!.before).toBeLessThanOrEqual(0.6);
});
