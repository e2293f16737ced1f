import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { GdwsError } from '../../src/base/errors';
import { decodeCifarPickle } from '../../src/data/cifar-pickle';
import { decodeMatlab } from '../../src/data/matlab';
import { decodePickle } from '../../src/data/pickle';
import { readImages } from '../../src/data/read-images';
import { decodeSvhn } from '../../src/data/svhn';
import { Synsets } from '../../src/data/synsets';
import { RandomStream } from '../../src/robustness/random-stream';

// Data sets as they are published, but with few images: made by test/fixtures/data-sets/make.py.
const fixtures = path.join(__dirname, '../fixtures/data-sets');
const fixture = (name: string) => path.join(fixtures, name);
let folder: string;
beforeAll(async () => void (folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-data-sets-'))));
afterAll(() => fs.rm(folder, { recursive: true }));

async function write(name: string, content: Uint8Array | string): Promise<string> {
  const file = path.join(folder, name);
  await fs.mkdir(path.dirname(file), { recursive: true });
  await fs.writeFile(file, content);
  return file;
}

/** The pixels that make.py has. */
function pixelsOf(count: number, height = 32, width = 32): Uint8Array {
  const pixels = [];
  for (let n = 0; n < count; ++n)
    for (let c = 0; c < 3; ++c)
      for (let h = 0; h < height; ++h)
        for (let w = 0; w < width; ++w) pixels.push((7 * n + 50 * c + 3 * h + 5 * w) % 256);
  return Uint8Array.from(pixels);
}

const refused = { name: 'GdwsError', code: 'DATA_UNREADABLE' };

describe('CIFAR in its Python version', () => {
  test.each([
    'cifar-10-batches-py/test_batch',
    'cifar-10-column-major',
    'cifar-10-python-3',
    'cifar-10-python-3-bytes',
  ])('%s', async (name) => {
    const read = await readImages(fixture(name));
    expect(read.dims).toEqual([3, 32, 32]);
    expect(read.pixels).toEqual(pixelsOf(2));
    expect([...read.labels]).toEqual([3, 9]);
  });

  test('CIFAR-100 has classes and superclasses', async () => {
    const file = fixture('cifar-100-python/test');
    const fine = await readImages(file);
    expect(fine.pixels).toEqual(pixelsOf(2));
    expect([...fine.labels]).toEqual([99, 4]);
    expect([...(await readImages(file, { isCoarse: true })).labels]).toEqual([19, 0]);
  });

  test('a name that arrays do not need is refused, not run', async () => {
    await expect(readImages(fixture('harmful'))).rejects.toMatchObject(refused);
    await expect(readImages(fixture('harmful'))).rejects.toThrow("'posix.system'");
    await expect(fs.stat('harmed')).rejects.toThrow();
  });

  const pickle = (...parts: (string | Uint8Array)[]) =>
    Buffer.concat([Buffer.from([0x80, 2]), ...parts.map((part) => Buffer.from(part as string, 'latin1'))]);
  test.each([
    ['no operation', pickle('')],
    ['a list', pickle('].')],
    ['a later protocol', Buffer.from([0x80, 4, 0x95])],
    ['an operation of classes', pickle('c__main__\nThing\n)\x81.')],
    ['a persistent id', pickle('Pfile\n.')],
    ['a call of what is no function', pickle('cnumpy\nndarray\n)R.')],
    ['elements of another type', pickle('cnumpy\ndtype\n(U\x02f8K\x00K\x01tR.')],
    ['objects as elements', pickle('cnumpy\ndtype\n(U\x01OK\x00K\x01tR.')],
    ['another codec', pickle('c_codecs\nencode\n(X\x01\x00\x00\x00aU\x05rot13tR.')],
    ['a mark too many', pickle('(].')],
    ['nothing to pop', pickle('e.')],
    ['a memo that is not there', pickle('h\x07.')],
    ['text longer than the file', pickle('T\xff\xff\xff\x7fabc')],
    ['a negative length', pickle('T\xff\xff\xff\xffabc')],
    ['a name without end', pickle('cnumpy')],
    ['more operations than any', pickle('N'.repeat(1 << 20), '.')],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeCifarPickle(bytes, 'file')).toThrow(expect.objectContaining(refused) as Error);
  });

  test('text that is encoded again and again fills no memory', () => {
    const long = 'a'.repeat(100_000);
    const head = pickle('](X\xa0\x86\x01\x00', long, 'q\x00');
    const again = 'c_codecs\nencode\n(h\x00U\x06latin1tR'.repeat(10_000);
    expect(() => decodePickle(Buffer.concat([head, Buffer.from(again, 'latin1'), Buffer.from('e.')]), 'file')).toThrow(
      'more bytes than it has',
    );
  });

  test('a list that contains itself is no list of labels', () => {
    const bytes = pickle('}(U\x04dataK\x01U\x06labels]q\x00h\x00au.');
    expect(() => decodeCifarPickle(bytes, 'file')).toThrow(expect.objectContaining(refused) as Error);
  });

  test('labels must be of the classes, and as many as images', async () => {
    const bytes = await fs.readFile(fixture('cifar-10-batches-py/test_batch'));
    const at = bytes.indexOf(Buffer.from('K\x03K\x09e', 'latin1'));
    bytes[at + 1] = 10;
    expect(() => decodeCifarPickle(bytes, 'file')).toThrow('0 to 9');
  });
});

describe('CIFAR in its binary version', () => {
  const record = (labels: number[], image: number) =>
    Buffer.concat([Uint8Array.from(labels), pixelsOf(image + 1).subarray(3072 * image)]);

  test('CIFAR-100 is told from CIFAR-10', async () => {
    const file = await write('both.bin', Buffer.concat([record([19, 99], 0), record([0, 4], 1)]));
    const fine = await readImages(file);
    expect(fine.pixels).toEqual(pixelsOf(2));
    expect([...fine.labels]).toEqual([99, 4]);
    expect([...(await readImages(file, { isCoarse: true })).labels]).toEqual([19, 0]);
  });

  test.each([
    ['label 10', record([10], 0)],
    ['superclass 20', record([20, 0], 0)],
    ['class 100', record([0, 100], 0)],
    ['a byte too many', Buffer.concat([record([0, 0], 0), Buffer.alloc(1)])],
    ['no bytes', Buffer.alloc(0)],
  ])('refuses %s', async (name, bytes) => {
    await expect(readImages(await write(`${name}.bin`, bytes))).rejects.toMatchObject(refused);
  });

  test('a folder has the test images, or those to train on from as many files as are needed', async () => {
    const names = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
    for (const [index, name] of names.entries()) await write(`cifar/${name}`, record([index], index));
    const cifar = path.dirname(await write('cifar/test_batch.bin', record([9], 0)));
    expect([...(await readImages(cifar)).labels]).toEqual([9]);
    const train = await readImages(cifar, { split: 'train' });
    expect([...train.labels]).toEqual([0, 1, 2, 3, 4]);
    expect(train.pixels).toEqual(pixelsOf(5));
    await fs.rm(path.join(cifar, 'data_batch_4.bin'));
    expect([...(await readImages(cifar, { split: 'train', count: 3 })).labels]).toEqual([0, 1, 2]);
    await expect(readImages(cifar, { split: 'train' })).rejects.toMatchObject({
      file: path.join(cifar, 'data_batch_4.bin'),
    });
  });

  test('folders of the other versions, too', async () => {
    expect([...(await readImages(fixture('cifar-10-batches-py'))).labels]).toEqual([3, 9]);
    expect([...(await readImages(fixture('cifar-100-python'))).labels]).toEqual([99, 4]);
    const binary = path.dirname(await write('cifar-100/train.bin', record([1, 2], 0)));
    expect([...(await readImages(binary, { split: 'train' })).labels]).toEqual([2]);
    await expect(readImages(binary)).rejects.toMatchObject({ ...refused, file: path.join(binary, 'test.bin') });
  });
});

describe('SVHN', () => {
  test.each([
    ['svhn-compressed.mat', [3, 32, 32], 3, [0, 1, 9]],
    ['svhn-plain.mat', [3, 32, 32], 2, [2, 0]],
    ['svhn-big-endian.mat', [3, 4, 6], 2, [7, 0]],
  ])('%s', async (name, dims, count, labels) => {
    const read = await readImages(fixture(name));
    expect(read.dims).toEqual(dims);
    expect(read.pixels).toEqual(pixelsOf(count, dims[1], dims[2]));
    expect([...read.labels]).toEqual(labels);
  });

  /** An element of a little-endian file. */
  const element = (type: number, data: Uint8Array, length = data.length) => {
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(type, 0);
    tag.writeUInt32LE(length, 4);
    return Buffer.concat([tag, data, Buffer.alloc(-length & 7)]);
  };
  const words = (...values: number[]) => Buffer.from(Int32Array.from(values).buffer);
  const numbers = (name: string, dims: number[], data: Uint8Array) =>
    element(
      14,
      Buffer.concat([
        element(6, words(9, 0)),
        element(5, words(...dims)),
        element(1, Buffer.from(name)),
        element(2, data),
      ]),
    );
  const file = (...elements: Uint8Array[]) =>
    Buffer.concat([Buffer.from('MATLAB 5.0'.padEnd(124)), Buffer.from([0, 1]), Buffer.from('IM'), ...elements]);
  const labels = (...values: number[]) => numbers('y', [values.length, 1], Uint8Array.from(values));
  const one = numbers('X', [1, 2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6));

  test('of one image, whose dim is left out', async () => {
    const read = await decodeSvhn(file(one, labels(10)), 'file');
    expect(read).toMatchObject({ length: 1, dims: [3, 1, 2], pixels: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  });

  test.each([
    ['MATLAB 7.3', Buffer.from('MATLAB 7.3 MAT-file'.padEnd(600)), '-v7'],
    ['something else', Buffer.alloc(600), 'MATLAB 5'],
    ['no images', file(labels(1)), 'There are: y'],
    ['label 0', file(one, labels(0)), 'a label is 0'],
    ['label 11', file(one, labels(11)), 'a label is 11'],
    ['labels too few', file(one), 'labels of 1 images'],
    ['too few elements', file(numbers('X', [32, 32, 3, 2], Buffer.alloc(5))), '5 elements'],
    ['dims that are negative', file(numbers('X', [-1, 32, 3, 2], Buffer.alloc(0))), 'dims'],
    ['dims beyond any number', file(numbers('X', [2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1], Buffer.alloc(0))), 'dims'],
    ['no rows', file(numbers('X', [0, 32, 3, 1], Buffer.alloc(0)), labels(1)), 'no images'],
    ['a name longer than any', file(numbers('X'.repeat(2 ** 20 + 1), [1, 1], Buffer.alloc(1))), 'longer than any'],
    ['an element beyond the end', file(element(14, Buffer.alloc(8), 2 ** 31)), 'cut short'],
    ['deflate that is none', file(element(15, Buffer.alloc(64))), 'unpacked'],
  ])('refuses %s', async (_, bytes, why) => {
    await expect(decodeSvhn(bytes, 'file')).rejects.toMatchObject(refused);
    await expect(decodeSvhn(bytes, 'file')).rejects.toThrow(why);
  });

  test('what unpacks to far more than the file is refused', async () => {
    // Compressed elements follow each other without padding.
    const packed = (variable: Uint8Array) => {
      const data = deflateSync(variable);
      return element(15, data).subarray(0, 8 + data.length);
    };
    const bomb = packed(numbers('X', [4096, 4096, 4], Buffer.alloc(1 << 26)));
    await expect(decodeSvhn(file(bomb), 'file')).rejects.toThrow('100 times');
    // Nor many that are each within the limit.
    const half = packed(numbers('X', [1024, 512], Buffer.alloc(1 << 19)));
    await expect(decodeSvhn(file(...Array<Buffer>(5).fill(half)), 'file')).rejects.toThrow('100 times');
  });

  test('structures cannot have more fields than any', async () => {
    const names = element(1, Buffer.alloc(1 << 20, 'a'));
    const fields = [
      element(6, words(2, 0)),
      element(5, words(1, 1)),
      element(1, Buffer.from('s')),
      element(5, words(1)),
      names,
    ];
    await expect(decodeMatlab(file(element(14, Buffer.concat(fields))), 'file')).rejects.toThrow('names of fields');
  });

  test('structures within structures end', async () => {
    let nested: Buffer = element(14, Buffer.alloc(0));
    for (let depth = 0; depth < 2000; ++depth) {
      const fields = [element(5, words(4)), element(1, Buffer.from('abc\0')), nested];
      nested = element(
        14,
        Buffer.concat([element(6, words(2, 0)), element(5, words(1, 1)), element(1, Buffer.from('s')), ...fields]),
      );
    }
    await expect(decodeMatlab(file(nested), 'file')).rejects.toThrow('too deep');
  });
});

describe('ImageNet', () => {
  const ascending = ['n01440764', 'n02100735', 'n02119789'];
  let pictures: string;
  beforeAll(async () => {
    for (const [index, red] of [0, 100, 200].entries()) {
      const picture = sharp({ create: { width: 8, height: 6, channels: 3, background: { r: red, g: 9, b: 9 } } });
      await write(`flat/ILSVRC2012_val_0000000${index + 1}.JPEG`, await picture.jpeg().toBuffer());
    }
    pictures = path.join(folder, 'flat');
  });
  const read = (labels: string, synsets?: string) => readImages(pictures, { dims: [3, 4, 4], labels, synsets });

  test("the kit's numbers become places in the order of synsets", async () => {
    const labels = await write('ILSVRC2012_validation_ground_truth.txt', '3\n1\n2\n');
    for (const kit of ['meta.mat', 'meta-plain.mat']) {
      const set = await read(labels, fixture(kit));
      expect([...set.labels]).toEqual([0, 2, 1]);
      expect(set.pixels[0]).toBeLessThan(20);
      expect(set.pixels[2 * 48]).toBeGreaterThan(180);
    }
    const list = await write('kit.txt', 'n02119789 kit fox\nn02100735 setter\nn01440764 tench\n');
    expect([...(await read(labels, list)).labels]).toEqual([0, 2, 1]);
  });

  test("the kit's numbers are refused where their order is not known, and others than the kit's", async () => {
    const labels = await write('numbers.txt', '3\n1\n2\n');
    await expect(read(labels)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    const sorted = await write('sorted.txt', ascending.join('\n'));
    await expect(read(labels, sorted)).rejects.toThrow('ascending order');
    await expect(read(await write('zero.txt', '0\n1\n2\n'), fixture('meta.mat'))).rejects.toThrow('label 0');
    await expect(read(await write('parent.txt', '4\n1\n2\n'), fixture('meta.mat'))).rejects.toThrow('1 to 3');
  });

  test('names with synsets, as in LOC_val_solution.csv', async () => {
    const labels = await write(
      'LOC_val_solution.csv',
      'ImageId,PredictionString\nILSVRC2012_val_00000003,n02100735 1 2 3 4 n01440764 5 6 7 8\n' +
        'ILSVRC2012_val_00000001,n02119789 1 2 3 4 \r\nILSVRC2012_val_00000002,n01440764 0 0 1 1\n',
    );
    expect([...(await read(labels, fixture('meta.mat'))).labels]).toEqual([2, 0, 1]);
    // Of three synsets nobody knows the places among a thousand.
    await expect(read(labels)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    const thousand = Array.from({ length: 1000 }, (_, index) => `n${String(10_000_000 + 7 * index)}`);
    const whole = await write('thousand.txt', [...thousand].reverse().join('\n'));
    expect([...(await read(whole)).labels]).toEqual([999, 998, 997]);
  });

  test('names with class numbers', async () => {
    const labels = await write(
      'val.txt',
      'val/ILSVRC2012_val_00000002.JPEG 7\nILSVRC2012_val_00000001.JPEG 999\nILSVRC2012_val_00000003.JPEG 0\n',
    );
    expect([...(await read(labels)).labels]).toEqual([999, 7, 0]);
  });

  test.each([
    ['a picture without label', 'a,1\n'],
    ['too few lines', 'n02119789\n'],
    ['nothing', ''],
    ['words', 'file,class\na,cat\nb,dog\n'],
    ['synsets and numbers', 'file,class\na,1\nb,n02119789\n'],
    ['an unknown synset', 'n00000001\nn00000001\nn00000001\n'],
  ])('refuses %s', async (name, content) => {
    await expect(read(await write(`${name}.txt`, content), fixture('meta.mat'))).rejects.toMatchObject(refused);
  });

  test('synsets must be known once each', async () => {
    await expect(Synsets.read(await write('twice.txt', 'n02119789\nn02119789\n'))).rejects.toMatchObject(refused);
    await expect(Synsets.read(await write('none.txt', 'cat\n'))).rejects.toMatchObject(refused);
    await expect(Synsets.read(fixture('svhn-plain.mat'))).rejects.toMatchObject(refused);
  });

  test('folders of classes get the places of their synsets', async () => {
    const picture = await fs.readFile(path.join(pictures, 'ILSVRC2012_val_00000001.JPEG'));
    await write('classes/n02119789/a.JPEG', picture);
    await write('classes/n01440764/b.JPEG', picture);
    const classes = path.join(folder, 'classes');
    const options = { dims: [3, 4, 4], synsets: fixture('meta.mat') } as const;
    expect([...(await readImages(classes, options)).labels]).toEqual([0, 2]);
    await write('classes/n99999999/b.JPEG', picture);
    await expect(readImages(classes, options)).rejects.toThrow('n99999999');
  });

  test('pictures are scaled and cropped as torchvision does', async () => {
    // A ramp along the longer side; the scale is 1, so that what is cut off shows.
    const width = 11;
    const ramp = Buffer.from(Array.from({ length: 4 * width }, (_, i) => 20 * (i % width)));
    const file = await sharp(ramp, { raw: { width, height: 4, channels: 1 } })
      .png()
      .toBuffer();
    const place = path.dirname(await write('ramp/class/a.png', file));
    const { pixels } = await readImages(path.dirname(place), { dims: [1, 4, 4], preprocessing: { crop: 1 } });
    // Half of the 7 that are cut is 3.5, which Python rounds to 4.
    expect([...pixels.subarray(0, 4)]).toEqual([80, 100, 120, 140]);
  });
});

test('random faults in files give typed errors or images, soon and in little memory', async () => {
  const random = new RandomStream(7);
  const decoders: [string, (bytes: Uint8Array) => unknown][] = [
    ...['cifar-10-batches-py/test_batch', 'cifar-10-python-3', 'cifar-100-python/test', 'harmful'].map(
      (name): [string, (bytes: Uint8Array) => unknown] => [name, (bytes) => decodeCifarPickle(bytes, name)],
    ),
    ...['svhn-compressed.mat', 'svhn-plain.mat', 'svhn-big-endian.mat'].map(
      (name): [string, (bytes: Uint8Array) => unknown] => [name, (bytes) => decodeSvhn(bytes, name)],
    ),
    ...['meta.mat', 'meta-plain.mat'].map((name): [string, (bytes: Uint8Array) => unknown] => [
      name,
      (bytes) => decodeMatlab(bytes, name),
    ]),
  ];
  const outcomes = { read: 0, refused: 0 };
  const before = process.memoryUsage().rss;
  for (const [name, decode] of decoders) {
    const whole = await fs.readFile(fixture(name));
    for (let round = 0; round < 600; ++round) {
      let bytes = Uint8Array.from(whole);
      for (let faults = random.integer(1, 3); faults > 0; --faults) {
        // Mostly where the structure is, not the pixels.
        const reach = random.integer(0, 4) === 0 ? bytes.length : Math.min(bytes.length, 300);
        const place = random.integer(0, reach - 1);
        bytes[random.integer(0, 1) === 0 ? place : bytes.length - 1 - place] = random.integer(0, 255);
      }
      if (random.integer(0, 3) === 0) bytes = bytes.subarray(0, random.integer(0, bytes.length));
      const begin = performance.now();
      try {
        await decode(bytes);
        outcomes.read++;
      } catch (error) {
        if (!(error instanceof GdwsError) || error.code === 'INTERNAL') throw error;
        outcomes.refused++;
      }
      expect(performance.now() - begin).toBeLessThan(2000);
    }
  }
  expect(outcomes.read).toBeGreaterThan(100);
  expect(outcomes.refused).toBeGreaterThan(1000);
  expect(process.memoryUsage().rss - before).toBeLessThan(500e6);
});
