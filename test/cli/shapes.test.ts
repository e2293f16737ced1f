import fs from 'node:fs/promises';
import { Tensor } from 'onnxruntime-common';
import sharp from 'sharp';
import { writeNpy } from '../../src';
import { temporaryFolder } from '../onnx/temporary-folder';
import { inProcess } from './in-process';
import { classifier } from './small-classifier';

const folder = temporaryFolder();
/** Leaves height and width open. */
const open = folder.file('open.onnx');
const declared = folder.file('declared.onnx');
const pictures = folder.file('pictures');
const images = folder.file('images.npy');
const fgsm = ['--attack', 'fgsm', '--eps', '0.1'];
const shape = (side: number) => ['--shape', `x=1x3x${side}x${side}`];

beforeAll(async () => {
  await fs.writeFile(open, classifier({ dims: ['n', 3, 'h', 'w'] }));
  await fs.writeFile(declared, classifier({ dims: ['n', 3, 8, 8] }));
  for (const [label, name] of ['cats', 'dogs'].entries()) {
    await fs.mkdir(folder.file('pictures', name), { recursive: true });
    for (let index = 0; index < 2; ++index) {
      const pixels = Uint8Array.from({ length: 3 * 20 * 16 }, (_, at) => (at * (7 + 2 * index + 5 * label)) % 256);
      const picture = sharp(pixels, { raw: { width: 20, height: 16, channels: 3 } }).png();
      await picture.toFile(folder.file('pictures', name, `${index}.png`));
    }
  }
  await writeNpy(images, new Tensor('float32', new Float32Array(4 * 3 * 64).fill(0.5), [4, 3, 8, 8]));
  await writeNpy(folder.file('labels.npy'), new Tensor('int32', new Int32Array(4), [4]));
});

/** What reads pictures, but for the shape. */
const commands: Record<string, readonly string[]> = {
  evaluate: ['evaluate', open, '--data', pictures, ...fgsm],
  alpha: ['alpha', open, '--data', pictures, '-o', folder.file('alpha.json')],
  'compress --calib': ['compress', open, '-o', folder.file('a.onnx'), '--macs', '0.8', '--calib', pictures],
  'compress --max-drop': ['compress', open, '-o', folder.file('b.onnx'), '--max-drop', '100%', '--data', pictures],
  sweep: [
    ...['sweep', open, '-o', folder.file('c.html'), '--data', pictures, '--calib', pictures],
    ...['--budgets', '0.8', '--time', '0.01', '--run-threads', '1'],
  ],
};

test.each(Object.keys(commands))('%s reads pictures at the shape that --shape gives', async (command) => {
  const without = await inProcess(...commands[command]!);
  expect(without).toMatchObject({ code: 1, stdout: '' });
  expect(without.stderr).toContain('error[SHAPE_UNKNOWN]');
  // Its remedy names the option, the input, and the numbers that the model has.
  expect(without.stderr).toContain('--shape x=1x3x224x224');
  const { code, stderr } = await inProcess(...commands[command]!, ...shape(12));
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
});

test('the shape is what pictures are scaled to: another one measures other images', async () => {
  const args = ['alpha', open, '--data', pictures, '-o', folder.file('alpha.json'), '--json'];
  const [small, large] = [await inProcess(...args, ...shape(8)), await inProcess(...args, ...shape(16))];
  expect(small.code! + large.code!).toBe(0);
  expect(small.stdout).not.toBe(large.stdout);
  // Where the model declares that shape, it is the same as giving it.
  const asDeclared = await inProcess('alpha', declared, ...args.slice(2));
  const { layers } = JSON.parse(small.stdout) as { layers: unknown };
  expect(JSON.parse(asDeclared.stdout)).toMatchObject({ layers });
});

test.each([
  ['evaluate', ['--data', images, '--labels', folder.file('labels.npy'), ...fgsm]],
  ['alpha', ['--data', images, '-o', folder.file('alpha.json')]],
  ['compress', ['--calib', images, '-o', folder.file('d.onnx'), '--params', '0.8']],
])('%s refuses arrays of another shape than --shape, which are not scaled', async (command, args) => {
  const { code, stderr } = await inProcess(command, open, ...args, ...shape(12));
  expect(code).toBe(1);
  expect(stderr).toContain('error[SHAPE_MISMATCH]');
  expect(stderr).toContain('the images are 3×8×8, and --shape says 3×12×12');
  expect(await inProcess(command, open, ...args, ...shape(8))).toMatchObject({ code: 0 });
});

test.each([
  ['INPUT_UNKNOWN', ['--shape', 'y=1x3x8x8']],
  ['SHAPE_MISMATCH', shape(9)],
])('evaluate names a --shape that the model does not take: %s', async (code, args) => {
  const { stderr } = await inProcess('evaluate', declared, '--data', pictures, ...fgsm, ...args);
  expect(stderr).toContain(`error[${code}]`);
});
