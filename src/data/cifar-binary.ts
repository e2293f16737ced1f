import { GdwsError } from '../base/errors';
import { ImageSet } from './image-set';
import { readBytes } from './read-file';

const pixelBytes = 3 * 32 * 32;

/** What stands before the pixels of an image. */
interface Labels {
  readonly name: string;
  /** How many classes each byte of a label distinguishes. */
  readonly classes: readonly number[];
}

const cifar10: Labels = { name: 'CIFAR-10', classes: [10] };
/** The superclass, then the class. */
const cifar100: Labels = { name: 'CIFAR-100', classes: [20, 100] };

/**
 * Reads CIFAR-10 in its binary version: for each image a label, then its red, green and blue planes.
 *
 * @param files data_batch_1.bin and the like, joined in this order
 * @see https://www.cs.toronto.edu/~kriz/cifar.html
 * @throws GdwsError DATA_UNREADABLE
 */
export async function readCifar10(...files: readonly string[]): Promise<ImageSet> {
  const sets = await Promise.all(files.map(async (file) => imagesOf(await readBytes(file), file, cifar10, 0)));
  const [first, ...others] = sets;
  return first ? ImageSet.joined([first, ...others]) : new ImageSet([3, 32, 32], new Uint8Array(0), []);
}

/**
 * Reads CIFAR-10 or CIFAR-100 in its binary version: which of them, the length and the labels tell.
 *
 * @param isCoarse of CIFAR-100, the 20 superclasses instead of the 100 classes
 * @throws GdwsError DATA_UNREADABLE
 */
export async function readCifarBinary(file: string, isCoarse = false): Promise<ImageSet> {
  const bytes = await readBytes(file);
  if (wrongLabel(bytes, cifar100) !== undefined || wrongLabel(bytes, cifar10) === undefined) {
    return imagesOf(bytes, file, cifar10, 0);
  }
  return imagesOf(bytes, file, cifar100, isCoarse ? 0 : 1);
}

function imagesOf(bytes: Uint8Array, file: string, labelling: Labels, chosen: number): ImageSet {
  const wrong = wrongLabel(bytes, labelling);
  if (wrong !== undefined)
    throw new GdwsError('DATA_UNREADABLE', wrong, {
      file,
      remedy: 'Take the binary version of CIFAR-10 or CIFAR-100.',
    });
  const size = labelling.classes.length + pixelBytes;
  const count = bytes.length / size;
  const pixels = new Uint8Array(count * pixelBytes);
  const labels = new Uint8Array(count);
  for (let image = 0; image < count; ++image) {
    labels[image] = bytes[image * size + chosen]!;
    pixels.set(bytes.subarray(image * size + labelling.classes.length, (image + 1) * size), image * pixelBytes);
  }
  return new ImageSet([3, 32, 32], pixels, labels);
}

/** Why bytes are not of this data set, if they are not. */
function wrongLabel(bytes: Uint8Array, { name, classes }: Labels): string | undefined {
  const size = classes.length + pixelBytes;
  if (bytes.length === 0 || bytes.length % size !== 0) {
    return `the file has ${bytes.length} bytes, not a multiple of the ${size} of an image of ${name}.`;
  }
  for (let offset = 0; offset < bytes.length; offset += size) {
    for (const [index, count] of classes.entries()) {
      const label = bytes[offset + index]!;
      if (label >= count) return `image ${offset / size} has label ${label}, not 0 to ${count - 1}.`;
    }
  }
  return undefined;
}
