import fs from 'node:fs/promises';
import path from 'node:path';
import { GdwsError } from '../base/errors';
import { boolean, checkOptions, integer, text, type OptionTable } from '../base/options';
import { readCifar10 } from './cifar10';
import { imageDims, readImageFolder } from './image-folder';
import type { ImageSet } from './image-set';
import { readMnist } from './mnist';
import { readNpzImages, readNumpyImages } from './numpy-images';

/** Options of {@link readImages}. */
export interface ReadImagesOptions {
  /** Channels, height and width to which pictures are scaled. */
  readonly dims?: readonly [channels: number, height: number, width: number];
  /** A separate file of the labels: IDX or .npy. */
  readonly labels?: string;
  /** Number of images to read: the first ones, or of pictures evenly from all classes; all by default. */
  readonly count?: number;
  /** Whether labels are not needed: without them all images are of class 0, and pictures in the folder itself count too. */
  readonly isUnlabelled?: boolean;
}

const readImagesOptions: OptionTable<ReadImagesOptions> = {
  dims: imageDims,
  labels: text,
  count: integer(1),
  isUnlabelled: boolean,
};

/**
 * Labelled images in any of these forms: CIFAR-10 in its binary version (.bin), MNIST's IDX files (labels beside the images,
 * under their usual name, or given), numpy's .npz, numpy's .npy with given labels, a folder with a folder of pictures for each
 * class.
 *
 * @throws GdwsError DATA_UNREADABLE, DEPENDENCY_MISSING, ARGUMENT_INVALID
 */
export async function readImages(place: string, options: ReadImagesOptions = {}): Promise<ImageSet> {
  checkOptions(options, readImagesOptions);
  const { count } = options;
  const images = await readWhole(place, options);
  if (images.length === 0) throw new GdwsError('DATA_UNREADABLE', 'there are no images in it.', { file: place });
  return count === undefined ? images : images.first(count);
}

async function readWhole(place: string, { dims, labels, count, isUnlabelled }: ReadImagesOptions): Promise<ImageSet> {
  const found = await fs.stat(place).catch((cause: Error) => {
    throw new GdwsError('DATA_UNREADABLE', `it cannot be read: ${cause.message}.`, { file: place, cause });
  });
  if (found.isDirectory()) {
    if (dims) return readImageFolder(place, { dims, count, isUnlabelled });
    throw new GdwsError('ARGUMENT_INVALID', 'the size that pictures are to get is not known.', {
      file: place,
      remedy: 'Give it: dims, as [3, 224, 224].',
    });
  }
  switch (path.extname(place).toLowerCase()) {
    case '.bin':
      return readCifar10(place);
    case '.npz':
      return readNpzImages(place, isUnlabelled);
    case '.npy':
      return readNumpyImages(place, labels ?? (isUnlabelled ? undefined : missingLabels(place)));
    default:
      return readMnist(place, labels ?? (isUnlabelled ? undefined : (labelsBeside(place) ?? missingLabels(place))));
  }
}

/** `train-labels-idx1-ubyte` of `train-images-idx3-ubyte`. */
function labelsBeside(file: string): string | undefined {
  const name = path.basename(file);
  const labels = name.replace('images', 'labels').replace('idx3', 'idx1');
  return labels === name ? undefined : path.join(path.dirname(file), labels);
}

function missingLabels(file: string): never {
  throw new GdwsError('ARGUMENT_INVALID', 'where are the labels of these images?', {
    file,
    remedy: 'Name their file: labels in the API, --labels on the command line.',
  });
}
