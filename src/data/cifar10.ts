import { GdwsError } from '../base/errors';
import { ImageSet } from './image-set';
import { readBytes } from './read-file';

const pixelBytes = 3 * 32 * 32;
const recordBytes = 1 + pixelBytes;

/**
 * Reads CIFAR-10 in its binary version: for each image a label, then its red, green and blue planes.
 *
 * @param files data_batch_1.bin and the like, joined in this order
 * @see https://www.cs.toronto.edu/~kriz/cifar.html
 * @throws GdwsError DATA_UNREADABLE
 */
export async function readCifar10(...files: readonly string[]): Promise<ImageSet> {
  const contents = await Promise.all(files.map(readBytes));
  const count = contents.reduce((sum, bytes, index) => sum + imagesIn(bytes, files[index]!), 0);
  const pixels = new Uint8Array(count * pixelBytes);
  const labels = new Uint8Array(count);
  let image = 0;
  for (const bytes of contents) {
    for (let offset = 0; offset < bytes.length; offset += recordBytes, ++image) {
      labels[image] = bytes[offset]!;
      pixels.set(bytes.subarray(offset + 1, offset + recordBytes), image * pixelBytes);
    }
  }
  return new ImageSet([3, 32, 32], pixels, labels);
}

function imagesIn(bytes: Uint8Array, file: string): number {
  if (bytes.length === 0 || bytes.length % recordBytes !== 0) {
    const summary = `the file has ${bytes.length} bytes, not a multiple of the ${recordBytes} of an image.`;
    throw new GdwsError('DATA_UNREADABLE', summary, { file, remedy: 'Take the binary version of CIFAR-10.' });
  }
  for (let offset = 0; offset < bytes.length; offset += recordBytes) {
    if (bytes[offset]! > 9) {
      throw new GdwsError('DATA_UNREADABLE', `image ${offset / recordBytes} has label ${bytes[offset]}, not 0 to 9.`, {
        file,
        remedy: 'CIFAR-100 has another format.',
      });
    }
  }
  return bytes.length / recordBytes;
}
