import fs from 'node:fs/promises';
import path from 'node:path';
import { zipSync } from 'fflate';
import { Tensor } from 'onnxruntime-common';
import { readImages, writeNpy } from '../../src';
import { countFor } from '../../src/cli/calibration-options';
import { imagesOf } from '../../src/cli/data-options';
import { temporaryFolder } from '../onnx/temporary-folder';
import { inProcess } from './in-process';
import { classifier } from './small-classifier';

const folder = temporaryFolder();
const digits = path.join(__dirname, '../../examples/mnist-test-images-idx3-ubyte');
const model = folder.file('model.onnx');
const pixels = Float32Array.from({ length: 4 * 3 * 64 }, (_, at) => ((7 * at) % 11) / 11);

beforeAll(async () => {
  await fs.writeFile(model, classifier());
  await writeNpy(folder.file('images.npy'), new Tensor('float32', pixels, [4, 3, 8, 8]));
  await writeNpy(folder.file('labels.npy'), new Tensor('int32', Int32Array.of(3, 1, 0, 2), [4]));
  const [images, labels] = await Promise.all(
    ['images.npy', 'labels.npy'].map((name) => fs.readFile(folder.file(name))),
  );
  await fs.writeFile(folder.file('images.npz'), zipSync({ 'images.npy': images! }));
  await fs.writeFile(folder.file('both.npz'), zipSync({ 'images.npy': images!, 'labels.npy': labels! }));
  await fs.writeFile(folder.file('digits-images-idx3-ubyte'), await fs.readFile(digits));
  await fs.writeFile(folder.file('mnist.onnx'), classifier({ dims: ['n', 1, 28, 28] }));
});

test('calibration needs no labels: .npy and .npz alone give what they give with labels', async () => {
  const compressed = async (...args: string[]) => {
    const output = folder.file('small.onnx');
    const ended = await inProcess('compress', model, '-o', output, '--params', '0.8', ...args);
    expect({ ...ended, stdout: '' }).toEqual({ code: 0, stdout: '', stderr: `wrote ${output}\n` });
    return fs.readFile(output);
  };
  const expected = await compressed('--calib', folder.file('images.npy'), '--calib-labels', folder.file('labels.npy'));
  for (const name of ['images.npy', 'images.npz', 'both.npz']) {
    expect((await compressed('--calib', folder.file(name))).equals(expected)).toBe(true);
  }
});

test("so it is with MNIST's images, whose labels are not beside them", async () => {
  const args = ['--calib', folder.file('digits-images-idx3-ubyte'), '--calib-count', '4'];
  const ended = await inProcess(
    'compress',
    folder.file('mnist.onnx'),
    '-o',
    folder.file('d.onnx'),
    '--params',
    '0.8',
    ...args,
  );
  expect(ended.code).toBe(0);
});

test('alpha needs labels only for an attack', async () => {
  const args = ['alpha', model, '--data', folder.file('images.npy'), '-o', folder.file('alpha.json')];
  expect(await inProcess(...args)).toMatchObject({ code: 0 });
  const { code, stderr } = await inProcess(...args, '--attack', 'fgsm');
  expect(code).toBe(2);
  expect(stderr).toContain('where are the labels');
});

test('accuracy does need them', async () => {
  await expect(readImages(folder.file('images.npy'))).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  await expect(readImages(folder.file('images.npz'))).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  const unlabelled = await readImages(folder.file('images.npz'), { isUnlabelled: true });
  expect([...unlabelled.labels]).toEqual([0, 0, 0, 0]);
});

test('large pictures are fewer by default, where no number is given', async () => {
  expect([undefined, 224, 256, 512, 1024, 4096].map((edge) => countFor(edge ? [3, edge, edge] : undefined))).toEqual([
    ...[512, 512, 512, 64, 16, 8],
  ]);
  const data = folder.file('images.npy');
  expect(await imagesOf({ data }, model, {}, true, () => 3)).toHaveLength(3);
  expect(await imagesOf({ data }, model, {}, true, (dims) => (dims ? 2 : 4))).toHaveLength(2);
  expect(await imagesOf({ data, count: 4 }, model, {}, true, () => 3)).toHaveLength(4);
  expect(await imagesOf({ data }, model, {}, true)).toHaveLength(4);
});
