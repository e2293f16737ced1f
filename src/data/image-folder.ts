import fs from 'node:fs/promises';
import path from 'node:path';
import { GdwsError } from '../base/errors';
import { boolean, checkOptions, group, integer, listOf, required, text, type OptionTable } from '../base/options';
import { ImageSet } from './image-set';
import { compareNaturally } from './natural-order';
import { fitted } from './fitted';
import { planesOf } from './numpy-images';
import { pictureExtensions, readPicture } from './picture';
import { preprocessingOptions, withPreset, type Preprocessing } from './preprocessing';

/** Which pictures {@link readImageFolder} reads, and in what size. */
export interface ImageFolderOptions {
  /** Channels (1 or 3), height and width of the result. */
  readonly dims: readonly [channels: number, height: number, width: number];
  /** Number of images to read, evenly from all classes; all by default. */
  readonly count?: number;
  /** Whether labels are not needed: pictures in the folder itself count too. */
  readonly isUnlabelled?: boolean;
  /** Names of all classes in the order of their numbers; by default those of the folders, in natural order. */
  readonly classes?: readonly string[];
  /**
   * How pictures are fitted to the size (`fit`, `crop`), and which channel is the first (`order`). Numbers stay from 0 to 1: the rest of the
   * recipe is for {@link normalizationOf}.
   */
  readonly preprocessing?: Preprocessing;
}

export const imageDims = listOf(integer(1), 'channels, height and width, as [3, 224, 224]', 3);

const imageFolderOptions: OptionTable<ImageFolderOptions> = {
  dims: required(imageDims),
  count: integer(1),
  isUnlabelled: boolean,
  classes: listOf(text, 'names of classes'),
  preprocessing: group(preprocessingOptions),
};

/**
 * Reads a folder with a folder of pictures for each class. Classes are numbered in the natural order of their names, 2 before 10
 * (torchvision's ImageFolder has 10 before 2: names with as many digits each are in the same order for both). Needs the package
 * `sharp`.
 *
 * @throws GdwsError DATA_UNREADABLE, DEPENDENCY_MISSING, ARGUMENT_INVALID
 */
export async function readImageFolder(folder: string, options: ImageFolderOptions): Promise<ImageSet> {
  checkOptions(options, imageFolderOptions);
  const { count, isUnlabelled = false, classes } = options;
  return readPictures(spread(await picturesOf(folder, isUnlabelled, classes), count), options);
}

/**
 * Pictures by their files, in this order.
 *
 * @throws GdwsError DATA_UNREADABLE, DEPENDENCY_MISSING, ARGUMENT_INVALID
 */
export async function readPictures(
  pictures: readonly Picture[],
  { dims, preprocessing = {} }: Pick<ImageFolderOptions, 'dims' | 'preprocessing'>,
): Promise<ImageSet> {
  const recipe = withPreset(preprocessing);
  const [channels, height, width] = dims;
  if (channels !== 1 && channels !== 3) {
    throw new GdwsError('ARGUMENT_INVALID', `pictures have 1 or 3 channels, not ${channels}.`, {
      file: pictures[0]?.file,
    });
  }
  const imageLength = channels * height * width;
  const pixels = new Uint8Array(pictures.length * imageLength);
  for (const [index, { file }] of pictures.entries()) {
    const resized = fitted(await readPicture(file, channels), [height, width], recipe);
    pixels.set(planesOf(resized.pixels, 1, height * width, channels), index * imageLength);
  }
  return new ImageSet(
    dims,
    pixels,
    pictures.map(({ label }) => label),
  );
}

/** The pictures of one folder, in natural order. @throws GdwsError DATA_UNREADABLE */
export async function pictureFilesIn(folder: string): Promise<string[]> {
  return (await entriesOf(folder))
    .filter((entry) => entry.isFile() && pictureExtensions.has(path.extname(entry.name).toLowerCase()))
    .map((entry) => path.join(folder, entry.name))
    .sort(compareNaturally);
}

/** The file of a picture, and its class. */
export interface Picture {
  readonly file: string;
  readonly label: number;
}

async function picturesOf(
  folder: string,
  isUnlabelled: boolean,
  known: readonly string[] | undefined,
): Promise<Picture[][]> {
  const entries = await entriesOf(folder);
  const classes = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const strange = isUnlabelled || !known ? undefined : classes.find((name) => !known.includes(name));
  if (strange !== undefined) {
    throw new GdwsError('DATA_UNREADABLE', `the folder '${strange}' is not named as a class.`, { file: folder });
  }
  if (isUnlabelled) classes.push('.');
  const pictures = await Promise.all(
    classes.sort(compareNaturally).map(async (name, place) => {
      const label = known && !isUnlabelled ? known.indexOf(name) : place;
      return (await pictureFilesIn(path.join(folder, name))).map((file) => ({ file, label }));
    }),
  );
  if (pictures.every((ofClass) => ofClass.length === 0)) {
    throw new GdwsError('DATA_UNREADABLE', `the folder has no ${isUnlabelled ? '' : 'folders of '}pictures.`, {
      file: folder,
      remedy: isUnlabelled
        ? `They end in ${[...pictureExtensions].join(', ')}.`
        : 'Put the pictures of each class into a folder of their own within it.',
    });
  }
  return pictures;
}

async function entriesOf(folder: string) {
  try {
    return await fs.readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw new GdwsError('DATA_UNREADABLE', `the folder cannot be read: ${(cause as Error).message}.`, {
      file: folder,
      cause,
    });
  }
}

/** The first pictures of every class in turn, until there are `count`. */
function spread(classes: readonly Picture[][], count = Infinity): Picture[] {
  const most = Math.max(...classes.map((ofClass) => ofClass.length));
  const turns = Array.from({ length: most }, (_, turn) => classes.flatMap((ofClass) => ofClass.slice(turn, turn + 1)));
  return turns.flat().slice(0, count);
}
