import fs from 'node:fs/promises';
import path from 'node:path';
import { GdwsError } from '../base/errors';
import { boolean, checkOptions, group, integer, oneOf, text, type OptionTable } from '../base/options';
import { readCifarBinary } from './cifar-binary';
import { cifarFilesIn, splits, type Split } from './cifar-folder';
import { decodeCifarPickle } from './cifar-pickle';
import { imageDims, pictureFilesIn, readImageFolder, readPictures } from './image-folder';
import { ImageSet } from './image-set';
import { readMnist } from './mnist';
import { preprocessingOptions, withPreset, type Preprocessing } from './preprocessing';
import { readNpzImages, readNumpyImages } from './numpy-images';
import { isPickle } from './pickle';
import { PictureLabels } from './picture-labels';
import { readBytes } from './read-file';
import { decodeSvhn } from './svhn';
import { Synsets } from './synsets';

/** Options of {@link readImages}. */
export interface ReadImagesOptions {
  /** Channels, height and width to which pictures are scaled. */
  readonly dims?: readonly [channels: number, height: number, width: number];
  /**
   * A separate file of the labels: IDX or .npy; of pictures in one folder, lines of labels, or of file names and labels. A label is a
   * synset, a class number from 0 on beside a file name, or alone in a line a number of ImageNet's development kit.
   */
  readonly labels?: string;
  /** Number of images to read: the first ones, or of folders of classes evenly from all; all by default. */
  readonly count?: number;
  /** Whether labels are not needed: without them all images are of class 0, and pictures in the folder itself count too. */
  readonly isUnlabelled?: boolean;
  /** Which part of a folder of CIFAR-10 or CIFAR-100; `test` by default. */
  readonly split?: Split;
  /** Of CIFAR-100, the 20 superclasses instead of the 100 classes. */
  readonly isCoarse?: boolean;
  /**
   * A file of all synsets of ImageNet: meta.mat of its development kit, or text with one at the beginning of each line. The class of
   * a synset is its place in ascending order.
   */
  readonly synsets?: string;
  /**
   * How pictures are fitted to `dims` (`fit`, `crop`), and which channel of images is the first (`order`; files have red first).
   * Numbers stay from 0 to 1: the rest of the recipe is for {@link normalizationOf}.
   */
  readonly preprocessing?: Preprocessing;
}

const readImagesOptions: OptionTable<ReadImagesOptions> = {
  dims: imageDims,
  labels: text,
  count: integer(1),
  isUnlabelled: boolean,
  split: oneOf(splits),
  isCoarse: boolean,
  synsets: text,
  preprocessing: group(preprocessingOptions),
};

/**
 * Labelled images in any of these forms: CIFAR-10 and CIFAR-100, files or folder, in their binary (.bin) or Python version
 * (pickles, in which nothing is run); SVHN's cropped digits (.mat); MNIST's IDX files (labels beside the images, under their
 * usual name, or given); numpy's .npz; numpy's .npy with given labels; a folder with a folder of pictures for each class; ImageNet's
 * validation pictures in one folder, with given labels.
 *
 * @throws GdwsError DATA_UNREADABLE, DEPENDENCY_MISSING, ARGUMENT_INVALID
 */
export async function readImages(place: string, options: ReadImagesOptions = {}): Promise<ImageSet> {
  checkOptions(options, readImagesOptions);
  const { count } = options;
  const found = await fs.stat(place).catch((cause: Error) => {
    throw new GdwsError('DATA_UNREADABLE', `it cannot be read: ${cause.message}.`, { file: place, cause });
  });
  const all = found.isDirectory() ? await readFolder(place, options) : await readFile(place, options);
  if (all.length === 0) throw new GdwsError('DATA_UNREADABLE', 'there are no images in it.', { file: place });
  return count === undefined ? all : all.first(count);
}

async function readFile(place: string, options: ReadImagesOptions): Promise<ImageSet> {
  const images = await decodeFile(place, options);
  const read = options.count === undefined ? images : images.first(options.count);
  return withPreset(options.preprocessing ?? {}).order === 'bgr' ? read.reversed() : read;
}

async function decodeFile(place: string, { labels, isUnlabelled, isCoarse }: ReadImagesOptions): Promise<ImageSet> {
  switch (path.extname(place).toLowerCase()) {
    case '.bin':
      return readCifarBinary(place, isCoarse);
    case '.mat':
      return decodeSvhn(await readBytes(place), place);
    case '.npz':
      return readNpzImages(place, isUnlabelled);
    case '.npy':
      return readNumpyImages(place, labels ?? (isUnlabelled ? undefined : missingLabels(place)));
    default:
      if (await beginsAsPickle(place)) return decodeCifarPickle(await readBytes(place), place, isCoarse);
      return readMnist(place, labels ?? (isUnlabelled ? undefined : (labelsBeside(place) ?? missingLabels(place))));
  }
}

async function readFolder(folder: string, options: ReadImagesOptions): Promise<ImageSet> {
  const { dims, labels, count, isUnlabelled, split = 'test', preprocessing, synsets } = options;
  const files = await cifarFilesIn(folder, split);
  if (files) return readInOrder(files, options);
  if (!dims) {
    throw new GdwsError('ARGUMENT_INVALID', 'the size that pictures are to get is not known.', {
      file: folder,
      remedy: 'Give it: dims, as [3, 224, 224].',
    });
  }
  if (labels !== undefined) {
    const known = await PictureLabels.read(labels, synsets);
    const pictures = (await pictureFilesIn(folder)).slice(0, count);
    return readPictures(
      pictures.map((file) => ({ file, label: known.of(file) })),
      { dims, preprocessing },
    );
  }
  const classes = synsets === undefined ? undefined : (await Synsets.read(synsets)).sorted;
  return readImageFolder(folder, { dims, count, isUnlabelled, preprocessing, classes });
}

/** As many of the files as have `count` images. */
async function readInOrder(
  files: readonly string[],
  { count = Infinity, isCoarse, preprocessing }: ReadImagesOptions,
): Promise<ImageSet> {
  const sets: ImageSet[] = [];
  for (const file of files) {
    if (sets.reduce((sum, { length }) => sum + length, 0) >= count) break;
    sets.push(await readFile(file, { isCoarse, preprocessing }));
  }
  return ImageSet.joined(sets as [ImageSet, ...ImageSet[]]);
}

async function beginsAsPickle(place: string): Promise<boolean> {
  const file = await fs.open(place).catch((cause: Error) => {
    throw new GdwsError('DATA_UNREADABLE', `it cannot be read: ${cause.message}.`, { file: place, cause });
  });
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0).finally(() => file.close());
  return isPickle(buffer);
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
