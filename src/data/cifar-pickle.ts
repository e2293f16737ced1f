import { GdwsError } from '../base/errors';
import { ImageSet } from './image-set';
import { decodePickle, PickledArray } from './pickle';

const pixelBytes = 3 * 32 * 32;

/** Labels of the Python versions: their name, and how many classes they distinguish. */
const labellings = { labels: 10, fine_labels: 100, coarse_labels: 20 } as const;

/**
 * The images of CIFAR-10 or CIFAR-100 in their Python version: a pickle of a dictionary with `data`, an array (N, 3072) of bytes,
 * and `labels`, or `fine_labels` and `coarse_labels`, lists of N numbers.
 *
 * @param file its name, for errors
 * @param isCoarse of CIFAR-100, the 20 superclasses instead of the 100 classes
 * @see https://www.cs.toronto.edu/~kriz/cifar.html
 * @throws GdwsError DATA_UNREADABLE
 */
export function decodeCifarPickle(bytes: Uint8Array, file: string, isCoarse = false): ImageSet {
  const unfit = (summary: string) =>
    new GdwsError('DATA_UNREADABLE', summary, { file, remedy: 'Take the Python version of CIFAR-10 or CIFAR-100.' });
  const entries = decodePickle(bytes, file);
  if (!(entries instanceof Map)) throw unfit('the pickle is no dictionary.');
  const data = entries.get('data');
  if (!(data instanceof PickledArray) || data.dims.length !== 2 || data.dims[1] !== pixelBytes) {
    throw unfit(`the pickle has no 'data' of images, ${pixelBytes} bytes each.`);
  }
  const name = entries.has('labels') ? 'labels' : isCoarse ? 'coarse_labels' : 'fine_labels';
  const labels = entries.get(name);
  const isLabel = (label: unknown) => Number.isInteger(label) && Number(label) >= 0 && Number(label) < labellings[name];
  if (!Array.isArray(labels) || labels.length !== data.dims[0] || !labels.every(isLabel)) {
    throw unfit(`the pickle's '${name}' are not a number from 0 to ${labellings[name] - 1} for each image.`);
  }
  const { buffer, byteOffset, length } = data.data;
  return new ImageSet([3, 32, 32], new Uint8Array(buffer, byteOffset, length), labels as number[]);
}
