import fs from 'node:fs/promises';
import { Tensor } from 'onnxruntime-common';
import { evaluate, GradientSession, InferenceSession, sessionClassifier, writeNpy } from '../../src';
import { fromFloat32, toFloat32 } from '../../src/onnx/floats';
import { marginOf } from '../../src/robustness/classifier';
import { floats } from '../graph/small-network';
import { temporaryFolder } from '../onnx/temporary-folder';
import { inProcess } from './in-process';
import { classifier } from './small-classifier';

const folder = temporaryFolder();
const types = ['float16', 'bfloat16', 'float64'] as const;
const modelOf = (type: string) => folder.file(`${type}.onnx`);
const images = folder.file('images.npy');
const labels = folder.file('labels.npy');
const data = ['--data', images, '--labels', labels];
const count = 6;
const pixels = (floats([count, 3, 8, 8], 5).data as Float32Array).map(Math.abs);

beforeAll(async () => {
  await writeNpy(images, new Tensor('float32', pixels, [count, 3, 8, 8]));
  for (const type of types) await fs.writeFile(modelOf(type), classifier({ type }));
  // Labels as the network has them, so that an attack has something to break.
  const session = await GradientSession.create(modelOf('float16'));
  const logits = (await session.logits({ x: new Tensor('float32', pixels, [count, 3, 8, 8]) })).data as Float32Array;
  const classes = Array.from({ length: count }, (_, image) => {
    const row = logits.subarray(4 * image, 4 * image + 4);
    return row.indexOf(Math.max(...row));
  });
  await session.release();
  await writeNpy(labels, new Tensor('int32', Int32Array.from(classes), [count]));
});

const fgsm = ['--attack', 'fgsm', '--eps', '0.1'];
const commandsOn = (type: string): Record<string, string[]> => {
  const model = modelOf(type);
  const out = (name: string) => ['-o', folder.file(`${type}-${name}`)];
  const small = ['compress', model, ...out('small.onnx')];
  return {
    run: ['run', model, '--input', images],
    evaluate: ['evaluate', model, ...data, ...fgsm],
    alpha: ['alpha', model, ...data, ...out('alpha.json')],
    'alpha --attack': ['alpha', model, ...data, ...out('alpha.json'), ...fgsm],
    bench: ['bench', model, '--time', '0.01', '--threads', '1', '--shape', 'x=1x3x8x8'],
    compress: [...small, '--params', '0.7'],
    'compress --calib': [...small, '--params', '0.7', '--calib', images],
    'compress --calib-attack': [...small, '--params', '0.7', '--calib', images, '--calib-attack', 'fgsm'],
    'compress --max-drop': [...small, '--max-drop', '100%', '--save', 'params', ...data],
    sweep: ['sweep', model, ...out('page.html'), ...data, '--budgets', '0.8', '--time', '0.01', '--run-threads', '1'],
  };
};

test.each([
  ...Object.keys(commandsOn('float16')).map((command) => ['float16', command] as const),
  ...(['bfloat16', 'float64'] as const).flatMap((type) =>
    ['run', 'evaluate', 'alpha', 'bench', 'compress --calib'].map((command) => [type, command] as const),
  ),
])('a model whose images are %s: %s', async (type, command) => {
  const { code, stderr } = await inProcess(...commandsOn(type)[command]!);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
});

test('what is measured is the network on rounded images: natural accuracy is that of a session fed with them', async () => {
  const model = modelOf('float16');
  const rounded = fromFloat32('float16', [count, 3, 8, 8], pixels);
  const session = await InferenceSession.create(model);
  const { logits } = await session.run({ x: new Tensor('float16', rounded.data as Uint16Array, [count, 3, 8, 8]) });
  const expected = toFloat32({ type: 'float16', data: logits!.data });
  const gradients = await GradientSession.create(model);
  const own = (await gradients.logits({ x: new Tensor('float32', pixels, [count, 3, 8, 8]) })).data as Float32Array;
  own.forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 2));
  // The same numbers in single precision, whether the caller rounds them or the session does.
  const again = await gradients.logits({ x: new Tensor('float16', rounded.data as Uint16Array, [count, 3, 8, 8]) });
  expect(again.data).toEqual(own);
});

test('gradients are single precision: half would lose the small ones', async () => {
  const session = await GradientSession.create(modelOf('float16'));
  const feeds = { x: new Tensor('float32', pixels.slice(0, 192), [1, 3, 8, 8]) };
  const tiny = await session.gradient(feeds, (logits) => logits.map(() => 1e-7));
  const whole = await session.gradient(feeds, (logits) => logits.map(() => 1));
  const { type, data: gradient } = tiny.inputs['x']!;
  expect(type).toBe('float32');
  (whole.inputs['x']!.data as Float32Array).forEach((value, at) =>
    expect((gradient as Float32Array)[at]! * 1e7).toBeCloseTo(value, 4),
  );
  expect((whole.inputs['x']!.data as Float32Array).some((value) => value !== 0)).toBe(true);
});

test('an attack in the API lowers the margins of a float16 model', async () => {
  const session = await GradientSession.create(modelOf('float16'));
  const network = await sessionClassifier(session, [3, 8, 8]);
  const classesOf = (logits: Float32Array) =>
    Array.from({ length: count }, (_, image) => {
      const row = logits.subarray(4 * image, 4 * image + 4);
      return row.indexOf(Math.max(...row));
    });
  const clean = await network.logits(pixels, count);
  const own = classesOf(clean);
  const settings = { attack: 'pgd', norm: 'linf', eps: 0.2, steps: 5 } as const;
  const { candidates } = await evaluate([{ name: 'it', classifier: network }], pixels, own, settings);
  expect(candidates[0]!.natural.value).toBe(1);
  const attacked = await network.logits(candidates[0]!.images, count);
  own.forEach((label, image) => {
    const marginIn = (logits: Float32Array) => marginOf(logits.subarray(4 * image, 4 * image + 4), label);
    expect(marginIn(attacked)).toBeLessThan(0.9 * marginIn(clean));
  });
});

test('images of half precision are read', async () => {
  const half = folder.file('half.npy');
  const { data: bits } = fromFloat32('float16', [count, 3, 8, 8], pixels);
  await writeNpy(half, new Tensor('float16', bits as Uint16Array, [count, 3, 8, 8]));
  const { code, stderr } = await inProcess('evaluate', modelOf('float16'), '--data', half, '--labels', labels, ...fgsm);
  expect({ code, stderr }).toMatchObject({ code: 0 });
});
