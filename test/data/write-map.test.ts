import fs from 'node:fs/promises';
import { Tensor } from 'onnxruntime-common';
import sharp from 'sharp';
import { writeMap, type WriteMapOptions } from '../../src';
import { temporaryFolder } from '../onnx/temporary-folder';

const folder = temporaryFolder();
const file = folder.file('map.png');

/** The bytes of the picture, and its size, as another program reads them. */
async function written(tensor: Tensor, options: WriteMapOptions = {}) {
  const reading = await writeMap(file, tensor, options);
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  return { reading, size: [info.height, info.width], channels: info.channels, bytes: Array.from(data) };
}

/** Only where the picture has a palette: its bytes, which no decoder of sharp's gives. */
async function indices(width: number): Promise<number[]> {
  const { inflateSync } = await import('node:zlib');
  const png = await fs.readFile(file);
  const at = png.indexOf('IDAT');
  const rows = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
  return Array.from(rows).filter((_, index) => index % (width + 1) !== 0);
}

const grey = (values: number[], dims: number[]) => new Tensor('float32', Float32Array.from(values), dims);

test.each([
  ['from 0 to 1', [0, 0.2, 0.5, 1], [0, 51, 128, 255]],
  ['rounded beyond that', [-0.0001, 0.2, 0.5, 1.0005], [0, 51, 128, 255]],
  ['logits', [-20, 0, Math.log(3), 20], [0, 128, 191, 255]],
  ['logits of any size', [-Infinity, 0, 0, Infinity], [0, 128, 128, 255]],
  ['larger numbers', [0, 50, 100, 200], [0, 64, 128, 255]],
])('one channel: %s', async (_, values, expected) => {
  for (const dims of [
    [1, 1, 2, 2],
    [1, 2, 2],
    [1, 2, 2, 1],
  ]) {
    const { bytes, channels, size } = await written(grey(values, dims));
    // sharp reads grey as such, or as three equal channels.
    expect(bytes.filter((__, at) => at % channels === 0)).toEqual(expected);
    expect(size).toEqual([2, 2]);
  }
});

test('bytes stay as they are', async () => {
  const { bytes, channels } = await written(new Tensor('uint8', Uint8Array.of(0, 1, 2, 255), [1, 1, 2, 2]));
  expect(bytes.filter((_, at) => at % channels === 0)).toEqual([0, 1, 2, 255]);
});

test('several channels are the number of the largest, with the palette of PASCAL VOC', async () => {
  const planes = [...[5, 0, 0, 1], ...[1, 9, 0, 1], ...[0, 0, 2, 0]];
  const { bytes } = await written(grey(planes, [1, 3, 2, 2]));
  expect(await indices(2)).toEqual([0, 1, 2, 0]);
  expect(bytes).toEqual([0, 0, 0, 128, 0, 0, 0, 128, 0, 0, 0, 0]);
  const last = [0, 1, 2, 3].flatMap((at) => [planes[at]!, planes[4 + at]!, planes[8 + at]!]);
  await written(grey(last, [1, 2, 2, 3]), { layout: 'nhwc' });
  expect(await indices(2)).toEqual([0, 1, 2, 0]);
});

test('a class that is ruled out at one pixel does not spread', async () => {
  await written(grey([-Infinity, 1, 1, 1, 0, 0, 0, 0], [1, 2, 2, 2]));
  expect(await indices(2)).toEqual([1, 0, 0, 0]);
});

test('integers are numbers of classes, which are not mixed', async () => {
  const classes = new Tensor('int64', BigInt64Array.of(0n, 20n, 20n, 0n), [1, 2, 2]);
  await written(classes, { picture: [4, 4], size: [2, 2], fit: 'fill' });
  const [a, b] = [0, 20];
  expect(await indices(4)).toEqual([a, a, b, b, a, a, b, b, b, b, a, a, b, b, a, a]);
});

test('a map is laid over the picture as the tensor lay in it', async () => {
  const map = grey([1, 1, 1, 1], [1, 1, 2, 2]);
  const ofPicture = async (options: WriteMapOptions) => {
    const { bytes, size, channels } = await written(map, options);
    expect(size).toEqual(options.picture);
    return bytes.filter((_, at) => at % channels === 0);
  };
  expect(await ofPicture({ picture: [2, 4], size: [8, 8], fit: 'fill' })).toEqual(new Array(8).fill(255));
  // Of a picture twice as wide as high the middle was taken.
  expect(await ofPicture({ picture: [2, 4], size: [8, 8] })).toEqual([0, 255, 255, 0, 0, 255, 255, 0]);
  expect(await ofPicture({ picture: [2, 4], size: [8, 8], fit: 'contain' })).toEqual(new Array(8).fill(255));
  expect(await ofPicture({ picture: [4, 4], size: [8, 8], crop: 0.5 })).toEqual([
    ...[0, 0, 0, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 0, 0, 0],
  ]);
});

test('it becomes larger by linear interpolation', async () => {
  const { bytes, channels } = await written(grey([0, 1, 0, 1], [1, 1, 2, 2]), {
    picture: [2, 4],
    size: [2, 2],
    fit: 'fill',
  });
  expect(bytes.filter((_, at) => at % channels === 0)).toEqual([0, 64, 191, 255, 0, 64, 191, 255]);
});

test.each([
  ['logits of classes', [1, 1000], 'SHAPE_MISMATCH'],
  ['two pictures', [2, 1, 4, 4], 'SHAPE_MISMATCH'],
  ['one row', [1, 1, 1, 8], 'SHAPE_MISMATCH'],
  ['300 classes', [1, 300, 2, 2], 'SHAPE_MISMATCH'],
])('refuses %s', async (_, dims, code) => {
  const tensor = grey(new Array<number>(dims.reduce((a, b) => a * b)).fill(0), dims);
  await expect(writeMap(file, tensor)).rejects.toMatchObject({ name: 'GdwsError', code });
});

test('refuses NaN, numbers of no class, and what cannot be written', async () => {
  for (const dims of [
    [1, 2, 2],
    [1, 4, 2, 2],
  ]) {
    const values = new Array<number>(dims.reduce((a, b) => a * b)).fill(0).fill(NaN, 1, 2);
    await expect(writeMap(file, grey(values, dims))).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  }
  const infinite = grey([Infinity, 0, 0, 0], [1, 2, 2]);
  await expect(writeMap(file, infinite)).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  const negative = new Tensor('int32', Int32Array.of(-1, 0, 0, 0), [1, 2, 2]);
  await expect(writeMap(file, negative)).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
  const place = folder.file('absent', 'map.png');
  await expect(writeMap(place, grey([0, 0, 0, 0], [1, 2, 2]))).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
});
