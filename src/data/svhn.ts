import { GdwsError } from '../base/errors';
import { ImageSet } from './image-set';
import { decodeMatlab } from './matlab';

/** The digit 0 is class 10 in the file, and class 0 in the result, as in torchvision. */
const classes = 10;

/**
 * The cropped digits of SVHN, `test_32x32.mat` and the like: X, bytes of (H, W, C, N), and y, N labels from 1 to 10, of which 10
 * becomes 0.
 *
 * @param file its name, for errors
 * @see http://ufldl.stanford.edu/housenumbers/
 * @throws GdwsError DATA_UNREADABLE
 */
export async function decodeSvhn(bytes: Uint8Array, file: string): Promise<ImageSet> {
  const variables = await decodeMatlab(bytes, file);
  const [x, y] = [variables.get('X'), variables.get('y')];
  if (
    x?.kind !== 'numbers' ||
    !(x.data instanceof Uint8Array) ||
    x.dims.length < 3 ||
    x.dims.length > 4 ||
    x.dims.includes(0)
  ) {
    const found = [...variables.keys()].join(', ') || 'no variables';
    throw new GdwsError('DATA_UNREADABLE', 'the file has no images: bytes X of (height, width, channels, images).', {
      file,
      remedy: `Take SVHN's cropped digits (test_32x32.mat). There are: ${found.slice(0, 200)}.`,
    });
  }
  // MATLAB leaves out trailing dims of 1.
  const [height = 0, width = 0, channels = 0, count = 1] = x.dims;
  if (y?.kind !== 'numbers' || y.data.length !== count) {
    throw new GdwsError('DATA_UNREADABLE', `the file has no y with the labels of ${count} images.`, { file });
  }
  const labels = Array.from(y.data as ArrayLike<number | bigint>, Number);
  const wrong = labels.find((label) => !Number.isInteger(label) || label < 1 || label > classes);
  if (wrong !== undefined) {
    throw new GdwsError('DATA_UNREADABLE', `a label is ${wrong}, not 1 to ${classes}.`, { file });
  }
  const plane = height * width;
  const pixels = new Uint8Array(x.data.length);
  for (let begin = 0; begin < pixels.length; begin += plane) {
    for (let row = 0; row < height; ++row) {
      for (let column = 0; column < width; ++column) {
        pixels[begin + row * width + column] = x.data[begin + column * height + row]!;
      }
    }
  }
  return new ImageSet(
    [channels, height, width],
    pixels,
    labels.map((label) => label % classes),
  );
}
