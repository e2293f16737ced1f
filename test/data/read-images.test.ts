import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { encodeNpy } from '../../src/data/npy';
import { imageTensor } from '../../src/data/image-tensor';
import { withPreset } from '../../src/data/preprocessing';
import { readImages } from '../../src/data/read-images';
import type { Constant } from '../../src/onnx/value';

const examples = path.join(__dirname, '../../examples');
let folder: string;
beforeAll(async () => void (folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-images-'))));
afterAll(() => fs.rm(folder, { recursive: true }));

async function write(name: string, bytes: Uint8Array): Promise<string> {
  const file = path.join(folder, name);
  await fs.mkdir(path.dirname(file), { recursive: true });
  await fs.writeFile(file, bytes);
  return file;
}

const npy = (dims: number[], data: Constant['data'], type: Constant['type']) => encodeNpy({ type, dims, data });
const bytes = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i * 37) % 256);

describe('numpy files', () => {
  test('of planes, with labels apart', async () => {
    const images = await write('planes.npy', npy([2, 3, 4, 5], bytes(120), 'uint8'));
    const labels = await write('planes-labels.npy', npy([2], BigInt64Array.of(7n, 300n), 'int64'));
    const read = await readImages(images, { labels });
    expect(read.dims).toEqual([3, 4, 5]);
    expect(read.pixels).toEqual(bytes(120));
    expect([...read.labels]).toEqual([7, 300]);
    await expect(readImages(images)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', file: images });
  });

  test('of floats with channels last, in an archive', async () => {
    const floats = Float32Array.from({ length: 2 * 4 * 5 * 3 }, (_, i) => i / 120);
    const archive = zipSync({
      'x.npy': npy([2, 4, 5, 3], floats, 'float32'),
      'y.npy': npy([2, 1], Int32Array.of(1, 0), 'int32'),
    });
    const read = await readImages(await write('last.npz', archive));
    expect(read.dims).toEqual([3, 4, 5]);
    const { images } = read.batch(1, 2);
    const expected = [];
    for (let c = 0; c < 3; c++) for (let p = 0; p < 20; p++) expected.push(floats[60 + p * 3 + c]);
    expect(Array.from(images.data as Float32Array)).toEqual(expected);
  });

  test.each([
    ['floats above 1', [1, 1, 1, 2], Float32Array.of(0, 2), 'float32', [0]],
    ['NaN', [1, 1, 1, 2], Float32Array.of(0, NaN), 'float32', [0]],
    ['labels too few', [2, 1, 1, 1], bytes(2), 'uint8', [0]],
    ['two axes', [2, 1], bytes(2), 'uint8', [0, 1]],
    ['integers', [1, 1, 1, 1], Int32Array.of(1), 'int32', [0]],
  ] as const)('refuses %s', async (name, dims, data, type, labels) => {
    const images = await write(`${name}.npy`, npy([...dims], data, type));
    const file = await write(`${name}-labels.npy`, npy([labels.length], Int32Array.from(labels), 'int32'));
    await expect(readImages(images, { labels: file })).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  });

  test('refuses labels that are no integers, and archives without images', async () => {
    const images = await write('one.npy', npy([1, 1, 1, 1], bytes(1), 'uint8'));
    const labels = await write('half.npy', npy([1], Float32Array.of(0.5), 'float32'));
    await expect(readImages(images, { labels })).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
    const archive = zipSync({ 'pictures.npy': npy([1, 1, 1, 1], bytes(1), 'uint8') });
    await expect(readImages(await write('named.npz', archive))).rejects.toThrow('pictures');
  });
});

describe('a folder of pictures', () => {
  const picture = (red: number, width: number, height: number, format: 'png' | 'jpeg') =>
    sharp({ create: { width, height, channels: 3, background: { r: red, g: 100, b: 50 } } })
      .toFormat(format)
      .toBuffer();

  beforeAll(async () => {
    await write('pictures/cat/a.png', await picture(10, 8, 8, 'png'));
    await write('pictures/cat/b.PNG', await picture(20, 16, 8, 'png'));
    await write('pictures/dog/c.jpg', await picture(200, 8, 20, 'jpeg'));
    await write('pictures/dog/notes.txt', Buffer.from('not a picture'));
    await write('pictures/readme.txt', Buffer.from('not a class'));
  });

  test('has a class for each folder, and scales the pictures', async () => {
    const read = await readImages(path.join(folder, 'pictures'), { dims: [3, 6, 6] });
    // Of every class in turn.
    expect([...read.labels]).toEqual([0, 1, 0]);
    for (const [image, red] of [10, 200, 20].entries()) {
      const planes = [red, 100, 50].flatMap((value) => new Array<number>(36).fill(value));
      const pixels = read.pixels.subarray(image * 108, (image + 1) * 108);
      pixels.forEach((pixel, i) => expect(Math.abs(pixel - planes[i]!)).toBeLessThanOrEqual(2));
    }
    expect((await readImages(path.join(folder, 'pictures'), { dims: [1, 6, 6], count: 2 })).labels).toHaveLength(2);
  });

  test('without labels counts pictures in the folder itself, too', async () => {
    const loose = path.join(folder, 'loose');
    await write('loose/a.png', await picture(30, 8, 8, 'png'));
    await write('loose/more/b.png', await picture(60, 8, 8, 'png'));
    expect(await readImages(loose, { dims: [3, 6, 6] })).toHaveLength(1);
    expect(await readImages(loose, { dims: [3, 6, 6], isUnlabelled: true })).toHaveLength(2);
    await expect(readImages(path.join(folder, 'pictures', 'dog'), { dims: [3, 6, 6] })).rejects.toMatchObject({
      code: 'DATA_UNREADABLE',
    });
    expect(
      await readImages(path.join(folder, 'pictures', 'dog'), { dims: [3, 6, 6], isUnlabelled: true }),
    ).toHaveLength(1);
  });

  test('numbers classes in natural order, 2 before 10', async () => {
    for (const name of ['10', '2', '1'])
      await write(`numbered/${name}/a.png`, await picture(10 * Number(name), 4, 4, 'png'));
    const { labels, pixels } = await readImages(path.join(folder, 'numbered'), { dims: [1, 4, 4] });
    expect([...labels]).toEqual([0, 1, 2]);
    const brightness = [0, 16, 32].map((at) => pixels[at]!);
    expect(brightness).toEqual([...brightness].sort((a, b) => a - b));
  });

  test('is fitted as a recipe says, with the channels in its order', async () => {
    const pixels = Uint8Array.from({ length: 30 * 20 * 3 }, (_, at) => (at * 7919) % 251);
    await sharp(pixels, { raw: { width: 30, height: 20, channels: 3 } })
      .png()
      .toFile(await write('fitted/cat/a.png', bytes(0)));
    for (const preprocessing of [{ preset: 'caffe' }, { fit: 'contain' }, { fit: 'fill', order: 'bgr' }, {}] as const) {
      const read = await readImages(path.join(folder, 'fitted'), { dims: [3, 6, 9], preprocessing });
      const { fit, crop, order } = withPreset(preprocessing);
      const expected = await imageTensor(path.join(folder, 'fitted/cat/a.png'), {
        ...{ fit, crop, order, size: [6, 9], type: 'uint8' },
      });
      expect(read.pixels).toEqual(expected.data);
    }
  });

  test('is refused where there are none, or one cannot be read', async () => {
    await fs.mkdir(path.join(folder, 'empty'));
    await expect(readImages(path.join(folder, 'empty'), { dims: [3, 6, 6] })).rejects.toMatchObject({
      code: 'DATA_UNREADABLE',
    });
    const broken = await write('broken/cat/a.png', Buffer.from('no picture'));
    await expect(readImages(path.join(folder, 'broken'), { dims: [3, 6, 6] })).rejects.toMatchObject({
      code: 'DATA_UNREADABLE',
      file: broken,
    });
    await expect(readImages(path.join(folder, 'pictures'))).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});

test('MNIST finds its labels beside the images', async () => {
  const digits = await readImages(path.join(examples, 'mnist-test-images-idx3-ubyte'), { count: 5 });
  expect(digits).toMatchObject({ length: 5, dims: [1, 28, 28] });
  const elsewhere = path.join(folder, 'digits');
  await fs.copyFile(path.join(examples, 'mnist-test-images-idx3-ubyte'), elsewhere);
  await expect(readImages(elsewhere)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  const labels = path.join(examples, 'mnist-test-labels-idx1-ubyte');
  expect((await readImages(elsewhere, { labels, count: 5 })).labels).toEqual(digits.labels);
});

test('CIFAR-10', async () => {
  const record = Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? 9 : i % 256));
  const read = await readImages(await write('batch.bin', Buffer.concat([record, record])));
  expect(read).toMatchObject({ length: 2, dims: [3, 32, 32] });
  expect([...read.labels]).toEqual([9, 9]);
});

test('blue is first where a recipe says so, in files of arrays too', async () => {
  const images = await write('order.npy', npy([2, 3, 1, 2], bytes(12), 'uint8'));
  const read = await readImages(images, { isUnlabelled: true, preprocessing: { preset: 'caffe' } });
  const order = [4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7];
  expect([...read.pixels]).toEqual(order.map((at) => bytes(12)[at]));
  const grey = await write('order-grey.npy', npy([2, 1, 1, 2], bytes(4), 'uint8'));
  const same = await readImages(grey, { isUnlabelled: true, preprocessing: { order: 'bgr' } });
  expect(same.pixels).toEqual(bytes(4));
  await expect(readImages(images, { preprocessing: { std: [0] } })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
});

test('what is not there, and counts that make no sense, are refused', async () => {
  await expect(readImages(path.join(folder, 'absent'))).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  await expect(readImages(examples, { count: 0 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
});
