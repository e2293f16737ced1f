import { GdwsError } from '../base/errors';
import { readIdx } from './idx';
import { ImageSet } from './image-set';

/**
 * Reads images and labels in the format of MNIST: IDX files of (N, H, W) and of (N) bytes. Without a file of labels, all are 0.
 *
 * @throws GdwsError DATA_UNREADABLE
 */
export async function readMnist(imageFile: string, labelFile?: string): Promise<ImageSet> {
  const [images, labels] = await Promise.all([
    readIdx(imageFile),
    labelFile === undefined ? undefined : readIdx(labelFile),
  ]);
  if (images.type !== 'uint8' || images.dims.length !== 3) {
    throw new GdwsError('DATA_UNREADABLE', 'these are not images of (N, H, W) bytes.', {
      file: imageFile,
      shape: images.dims,
    });
  }
  if (labels && (labels.type !== 'uint8' || labels.dims.length !== 1 || labels.dims[0] !== images.dims[0])) {
    throw new GdwsError('DATA_UNREADABLE', `these are not the labels of ${images.dims[0]} images.`, {
      file: labelFile,
      shape: labels.dims,
    });
  }
  const [, height, width] = images.dims as [number, number, number];
  return new ImageSet(
    [1, height, width],
    images.data as Uint8Array,
    (labels?.data as Uint8Array) ?? new Uint8Array(images.dims[0]!),
  );
}
