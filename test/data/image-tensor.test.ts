import fs from 'node:fs/promises';
import type { Tensor } from 'onnxruntime-common';
import sharp from 'sharp';
import { imageTensor, presets, type ImageTensorOptions } from '../../src';
import { float16ToFloat32 } from '../../src/onnx/float16';
import { temporaryFolder } from '../onnx/temporary-folder';

const folder = temporaryFolder();
const photo = folder.file('photo.png');
/** (2, 3, 3): two rows of three pixels. */
const pixels = Uint8Array.of(0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 255);
const raw = { raw: { width: 3, height: 2, channels: 3 } } as const;

beforeAll(() => sharp(pixels, raw).png().toFile(photo));

const dataOf = (tensor: Tensor) => Array.from(tensor.data as Uint8Array);
const bytes = async (options: ImageTensorOptions, source: string | Uint8Array = photo) =>
  dataOf(await imageTensor(source, { type: 'uint8', ...options }));
const plane = (channel: number) => Array.from({ length: 6 }, (_, at) => pixels[3 * at + channel]!);

test('numbers from 0 to 1, planes of red, green and blue, at its own size', async () => {
  const tensor = await imageTensor(photo);
  expect([tensor.type, tensor.dims]).toEqual(['float32', [1, 3, 2, 3]]);
  const expected = [0, 1, 2].flatMap(plane).map((byte) => Math.fround(byte / 255));
  expect(dataOf(tensor)).toEqual(expected);
});

test('mean and deviation of each channel, in the scale of range', async () => {
  const { mean, std } = presets.torchvision;
  const tensor = await imageTensor(photo, { mean, std });
  const expected = [0, 1, 2].flatMap((channel) =>
    plane(channel).map((byte) => (byte / 255 - mean![channel]!) / std![channel]!),
  );
  dataOf(tensor).forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 6));
  expect(dataOf(await imageTensor(photo, { range: 255 }))).toEqual([0, 1, 2].flatMap(plane));
  const tensorflow = await imageTensor(photo, { preset: 'tensorflow' });
  dataOf(tensorflow).forEach((value, at) => expect(value).toBeCloseTo([0, 1, 2].flatMap(plane)[at]! / 127.5 - 1, 6));
});

test("caffe's: blue first, its mean subtracted from bytes", async () => {
  const { data } = await imageTensor(photo, { preset: 'caffe', size: [2, 3], crop: 1 });
  const means = [103.939, 116.779, 123.68];
  const expected = [2, 1, 0].flatMap((channel, at) => plane(channel).map((byte) => byte - means[at]!));
  Array.from(data as Float32Array).forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 4));
});

test('what is given wins over the preset', async () => {
  const given = await imageTensor(photo, { preset: 'torchvision', mean: [0], std: [1], size: [2, 3], crop: 1 });
  expect(dataOf(given)).toEqual(dataOf(await imageTensor(photo)));
});

test('layouts, order and types', async () => {
  expect(await bytes({ layout: 'nhwc' })).toEqual([...pixels]);
  expect(await bytes({ layout: 'nhwc', order: 'bgr' })).toEqual(
    Array.from({ length: 6 }, (_, at) => [...pixels.subarray(3 * at, 3 * at + 3)].reverse()).flat(),
  );
  const half = await imageTensor(photo, { type: 'float16' });
  expect(half.type).toBe('float16');
  const bits = half.data as unknown as Uint16Array;
  const widened = float16ToFloat32(new Uint16Array(bits.buffer, bits.byteOffset, bits.length), new Float32Array(18));
  widened.forEach((value, at) => expect(value).toBeCloseTo([0, 1, 2].flatMap(plane)[at]! / 255, 3));
  const double = await imageTensor(photo, { type: 'float64', range: 255 });
  expect(double.data).toEqual(Float64Array.from([0, 1, 2].flatMap(plane)));
});

test('grey is luma, of Rec. 601', async () => {
  const tensor = await imageTensor(photo, { channels: 1, type: 'uint8' });
  expect(tensor.dims).toEqual([1, 1, 2, 3]);
  expect(dataOf(tensor)).toEqual(
    Array.from({ length: 6 }, (_, at) =>
      Math.round(0.299 * pixels[3 * at]! + 0.587 * pixels[3 * at + 1]! + 0.114 * pixels[3 * at + 2]!),
    ),
  );
  const grey = await sharp(Uint8Array.of(7, 200), { raw: { width: 2, height: 1, channels: 1 } })
    .png()
    .toBuffer();
  expect(await bytes({ channels: 1 }, grey)).toEqual([7, 200]);
  expect(await bytes({ layout: 'nhwc' }, grey)).toEqual([7, 7, 7, 200, 200, 200]);
});

test('a photo is upright as EXIF says', async () => {
  // Orientation 6: its first row is the right column.
  const turned = await sharp(pixels, raw).withMetadata({ orientation: 6 }).png().toBuffer();
  const tensor = await imageTensor(turned, { channels: 3, layout: 'nhwc', type: 'uint8' });
  expect(tensor.dims).toEqual([1, 3, 2, 3]);
  const pixel = (at: number) => [...pixels.subarray(3 * at, 3 * at + 3)];
  expect(dataOf(tensor)).toEqual([3, 0, 4, 1, 5, 2].flatMap(pixel));
});

test('what is transparent is black', async () => {
  const rgba = Uint8Array.of(200, 100, 50, 255, 200, 100, 50, 0, 200, 100, 50, 128);
  const file = await sharp(rgba, { raw: { width: 3, height: 1, channels: 4 } })
    .png()
    .toBuffer();
  const half = [200, 100, 50].map((value) => Math.round((value * 128) / 255));
  const made = await bytes({ layout: 'nhwc' }, file);
  expect(made.slice(0, 6)).toEqual([200, 100, 50, 0, 0, 0]);
  made.slice(6).forEach((value, at) => expect(Math.abs(value - half[at]!)).toBeLessThanOrEqual(1));
});

test('of 16 bits, and of one pixel', async () => {
  const deep = await sharp(Uint16Array.of(0, 32896, 65535), { raw: { width: 1, height: 1, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  expect(await bytes({}, deep)).toEqual([0, 128, 255]);
  const one = await sharp(Uint8Array.of(9, 8, 7), { raw: { width: 1, height: 1, channels: 3 } })
    .png()
    .toBuffer();
  expect(await bytes({ size: 2, crop: 0.875 }, one)).toEqual([9, 9, 9, 9, 8, 8, 8, 8, 7, 7, 7, 7]);
});

test('contained in its size, it has black beside it', async () => {
  expect(await bytes({ size: [4, 3], fit: 'contain', layout: 'nhwc' })).toEqual([
    ...new Array<number>(9).fill(0),
    ...pixels,
    ...new Array<number>(9).fill(0),
  ]);
});

test('a path, a Buffer and a Uint8Array give the same', async () => {
  const buffer = await fs.readFile(photo);
  const expected = await bytes({});
  expect(await bytes({}, buffer)).toEqual(expected);
  expect(await bytes({}, Uint8Array.from(buffer))).toEqual(expected);
});

test.each<[string, ImageTensorOptions, string]>([
  ['bytes that are normalized', { type: 'uint8', preset: 'torchvision' }, 'not normalized'],
  ['three means of a grey picture', { channels: 1, mean: [0.5, 0.5, 0.5] }, 'Give one number: it is grey'],
  ['two means', { mean: [0.5, 0.5] }, 'Give one number, or three'],
  ['a deviation of 0', { std: [0] }, 'std is'],
  ['means that are no numbers', { mean: [NaN] }, 'mean is'],
  ['an unknown preset', { preset: 'resnet' as 'unit' }, 'torchvision, cifar10'],
  ['a huge size', { size: 1e6 }, 'size is'],
  ['a share above 1', { crop: 1.5 }, 'crop is'],
  ['a misspelt option', { crops: 1 } as ImageTensorOptions, 'Did you mean crop?'],
  ['two channels', { channels: 2 as 3 }, 'channels is 2'],
])('refuses %s', async (_, options, message) => {
  const refused = imageTensor(photo, options);
  await expect(refused).rejects.toMatchObject({ name: 'GdwsError', code: 'ARGUMENT_INVALID' });
  await expect(refused).rejects.toThrow(message);
});

test('refuses what is no picture', async () => {
  const text = folder.file('text.jpg');
  await fs.writeFile(text, 'no picture');
  await expect(imageTensor(text)).rejects.toMatchObject({ code: 'DATA_UNREADABLE', file: text });
  await expect(imageTensor(folder.file('absent.png'))).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  await expect(imageTensor(Buffer.alloc(0))).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  const cut = (await fs.readFile(photo)).subarray(0, 60);
  await expect(imageTensor(cut)).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  await expect(imageTensor(7 as unknown as string)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  const long = await sharp({ create: { width: 1, height: 70000, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  await expect(imageTensor(long)).rejects.toThrow('a side of it has more than 65535 pixels');
});
