import { placementOf } from '../../src/data/placement';
import { resample, type Axis } from '../../src/data/resample';

const [width, height, channels] = [7, 5, 3];
/** The picture from which Pillow 9.4 made the numbers below, by `resize(…, Image.BILINEAR)`. */
const pixels = Uint8Array.from({ length: width * height * channels }, (_, at) => {
  const [y, x, c] = [Math.floor(at / 21), Math.floor(at / 3) % 7, at % 3];
  return (37 * x * x + 91 * y + 13 * x * y + 17 * c * (x + 2 * y)) % 256;
});
const source = { width, height, channels, pixels };
const whole = (length: number, count: number): Axis => ({ start: 0, scale: length / count, count });
const resized = (wide: number, tall: number) =>
  Array.from(resample(source, whole(width, wide), whole(height, tall)).pixels);

test("smaller pictures are Pillow's, byte by byte", () => {
  expect(resized(3, 2)).toEqual([
    103, 124, 132, 129, 129, 137, 137, 145, 114, 135, 152, 139, 155, 118, 93, 129, 152, 157,
  ]);
  expect(resized(2, 1)).toEqual([129, 133, 127, 137, 141, 125]);
  expect(resized(4, 5)).toEqual([
    ...[23, 32, 41, 106, 141, 177, 95, 161, 177, 98, 191, 41, 109, 151, 194, 91, 89, 158, 185, 81, 131, 151, 132, 149],
    ...[
      206, 174, 104, 137, 189, 88, 122, 206, 85, 167, 84, 123, 60, 159, 148, 204, 137, 18, 213, 126, 90, 85, 158, 207,
    ],
    ...[146, 169, 180, 117, 33, 204, 99, 97, 115, 125, 208, 181],
  ]);
});

test("the first row of a larger one is Pillow's", () => {
  expect(resized(11, 8).slice(0, 33)).toEqual([
    ...[0, 0, 0, 17, 25, 32, 47, 66, 84, 118, 147, 176, 122, 162, 203, 77, 128, 179, 79, 141, 203, 101, 174, 176],
    ...[150, 233, 84, 100, 194, 32, 52, 154, 0],
  ]);
});

test("torchvision's Resize(4) and CenterCrop(3)", () => {
  const { x, y } = placementOf([height, width], [3, 3], 'cover', 0.75);
  expect(Array.from(resample(source, x, y).pixels)).toEqual([
    ...[91, 126, 161, 111, 118, 178, 123, 172, 142, 114, 141, 157, 141, 117, 110, 152, 146, 96, 177, 162, 67, 170],
    ...[159, 42, 176, 143, 117],
  ]);
});

test('a window of a resized picture is that part of the whole', () => {
  const all = resample(source, whole(width, 9), whole(height, 4));
  const [scaleX, scaleY] = [width / 9, height / 4];
  const part = resample(
    source,
    { start: 2 * scaleX, scale: scaleX, count: 5 },
    { start: scaleY, scale: scaleY, count: 2 },
  );
  const expected = [1, 2].flatMap((row) => Array.from(all.pixels.subarray((row * 9 + 2) * 3, (row * 9 + 7) * 3)));
  expect(Array.from(part.pixels)).toEqual(expected);
});

test('floats are not rounded, and what lies outside is 0', () => {
  const floats = { width: 2, height: 1, channels: 1, pixels: Float32Array.of(1, 2) };
  const { pixels: wide } = resample(floats, { start: -1, scale: 0.5, count: 8 }, whole(1, 1));
  expect(Array.from(wide)).toEqual([0, 0, 1, 1.25, 1.75, 2, 0, 0]);
});
