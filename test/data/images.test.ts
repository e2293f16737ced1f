import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { readCifar10 } from '../../src/data/cifar-binary';
import { readIdx } from '../../src/data/idx';
import { readMnist } from '../../src/data/mnist';

const examples = path.join(__dirname, '../../examples');
let folder: string;
const write = async (name: string, bytes: Uint8Array) => {
  const file = path.join(folder, name);
  await fs.writeFile(file, bytes);
  return file;
};

beforeAll(async () => void (folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-'))));
afterAll(() => fs.rm(folder, { recursive: true }));

/** IDX bytes: type code, dims, elements. */
const idx = (code: number, dims: number[], elements: Uint8Array) => {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header[2] = code;
  header[3] = dims.length;
  dims.forEach((dim, axis) => header.writeUInt32BE(dim, 4 + 4 * axis));
  return Buffer.concat([header, elements]);
};

describe('IDX', () => {
  test('elements are big-endian', async () => {
    const elements = Buffer.alloc(16);
    [1.5, -2, 0, 1e10].forEach((value, index) => elements.writeFloatBE(value, 4 * index));
    expect(await readIdx(await write('floats', idx(0x0d, [2, 2], elements)))).toEqual({
      type: 'float32',
      dims: [2, 2],
      data: Float32Array.of(1.5, -2, 0, 1e10),
    });
    expect(await readIdx(await write('shorts', idx(0x0b, [2], Uint8Array.of(0xff, 0xfe, 1, 0))))).toEqual({
      type: 'int16',
      dims: [2],
      data: Int16Array.of(-2, 256),
    });
  });

  test('gzip is unpacked', async () => {
    const bytes = idx(0x08, [3], Uint8Array.of(7, 8, 9));
    const packed = await readIdx(await write('packed', gzipSync(bytes)));
    expect(packed).toEqual(await readIdx(await write('plain', bytes)));
    expect(packed.data).toEqual(Uint8Array.of(7, 8, 9));
  });

  test.each([
    ['empty', Buffer.alloc(0)],
    ['two bytes', Buffer.alloc(2)],
    ['unknown type', idx(0x07, [1], Buffer.alloc(1))],
    ['short', idx(0x08, [10, 28, 28], Buffer.alloc(100))],
    ['long', idx(0x08, [1], Buffer.alloc(2))],
    ['header cut', idx(0x08, [1, 2, 3], Buffer.alloc(0)).subarray(0, 9)],
    ['huge', idx(0x0e, [0xffffffff, 0xffffffff, 0xffffffff], Buffer.alloc(8))],
    ['gzip cut', gzipSync(Buffer.alloc(100)).subarray(0, 20)],
  ])('refuses: %s', async (name, bytes) => {
    const file = await write(name, bytes);
    await expect(readIdx(file)).rejects.toMatchObject({ name: 'GdwsError', code: 'DATA_UNREADABLE', file });
  });
});

describe('MNIST', () => {
  const images = path.join(examples, 'mnist-test-images-idx3-ubyte');
  const labels = path.join(examples, 'mnist-test-labels-idx1-ubyte');

  test('the bundled digits', async () => {
    const digits = await readMnist(images, labels);
    expect(digits).toMatchObject({ length: 1000, dims: [1, 28, 28] });
    expect(new Set(digits.labels).size).toBe(10);
    const sizes = [];
    for (const batch of digits.batches(300)) {
      expect(batch.images.dims).toEqual([batch.labels.length, 1, 28, 28]);
      sizes.push(batch.labels.length);
    }
    expect(sizes).toEqual([300, 300, 300, 100]);
    const raw = await fs.readFile(images);
    const { images: one, labels: label } = digits.batch(41, 42);
    expect(Array.from(one.data as Float32Array, (value) => Math.round(value * 255))).toEqual([
      ...raw.subarray(16 + 41 * 784, 16 + 42 * 784),
    ]);
    expect(label[0]).toBe((await fs.readFile(labels))[8 + 41]);
  });

  test('labels that are not those of the images', async () => {
    await expect(readMnist(images, images)).rejects.toMatchObject({ code: 'DATA_UNREADABLE', file: images });
    await expect(readMnist(labels, labels)).rejects.toMatchObject({ code: 'DATA_UNREADABLE', file: labels });
    const fewer = await write('fewer', idx(0x08, [999], Buffer.alloc(999)));
    await expect(readMnist(images, fewer)).rejects.toMatchObject({ code: 'DATA_UNREADABLE', file: fewer });
  });

  test('batches that are not there', async () => {
    const digits = await readMnist(images, labels);
    expect(() => digits.batch(999, 1001)).toThrow('999 to 1001 among 1000');
    expect(() => digits.batches(0).next()).toThrow('a batch cannot have 0 images');
  });
});

describe('CIFAR-10', () => {
  const record = (label: number, value: number) => Buffer.concat([Buffer.of(label), Buffer.alloc(3072, value)]);

  test('files are joined', async () => {
    const first = await write('first.bin', Buffer.concat([record(3, 51), record(9, 255)]));
    const second = await write('second.bin', record(0, 102));
    const set = await readCifar10(first, second);
    expect([...set.labels]).toEqual([3, 9, 0]);
    const { images } = set.batch(1, 3);
    expect(images.dims).toEqual([2, 3, 32, 32]);
    expect(images.data[0]).toBe(1);
    expect(images.data[3072]).toBeCloseTo(0.4, 6);
  });

  test.each([
    ['empty.bin', Buffer.alloc(0)],
    ['cut.bin', record(1, 1).subarray(0, 3000)],
    ['cifar100.bin', record(57, 1)],
  ])('refuses %s', async (name, bytes) => {
    const file = await write(name, bytes);
    await expect(readCifar10(file)).rejects.toMatchObject({ name: 'GdwsError', code: 'DATA_UNREADABLE', file });
  });
});
