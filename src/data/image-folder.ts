import fs from 'node:fs/promises';
import path from 'node:path';
import type Sharp from 'sharp';
import { GdwsError } from '../base/errors';
import { optionalPackage } from '../base/optional';
import { boolean, checkOptions, integer, listOf, required, type OptionTable } from '../base/options';
import { ImageSet } from './image-set';
import { compareNaturally } from './natural-order';
import { planesOf } from './numpy-images';

const extensions = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif']);

/** Which pictures {@link readImageFolder} reads, and in what size. */
export interface ImageFolderOptions {
  /** Channels (1 or 3), height and width of the result: images are scaled to cover it, then cropped around the centre. */
  readonly dims: readonly [channels: number, height: number, width: number];
  /** Number of images to read, evenly from all classes; all by default. */
  readonly count?: number;
  /** Whether labels are not needed: pictures in the folder itself count too. */
  readonly isUnlabelled?: boolean;
}

export const imageDims = listOf(integer(1), 'channels, height and width, as [3, 224, 224]', 3);

const imageFolderOptions: OptionTable<ImageFolderOptions> = {
  dims: required(imageDims),
  count: integer(1),
  isUnlabelled: boolean,
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
  const { dims, count, isUnlabelled = false } = options;
  const [channels, height, width] = dims;
  if (channels !== 1 && channels !== 3) {
    throw new GdwsError('ARGUMENT_INVALID', `pictures have 1 or 3 channels, not ${channels}.`, { file: folder });
  }
  const { default: sharp } = await optionalPackage<{ default: typeof Sharp }>('sharp');
  const pictures = spread(await picturesOf(folder, isUnlabelled), count);
  const imageLength = channels * height * width;
  const pixels = new Uint8Array(pictures.length * imageLength);
  for (const [index, { file }] of pictures.entries()) {
    try {
      const { data } = await sharp(file)
        .rotate()
        .resize(width, height, { fit: 'cover' })
        .flatten()
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .raw()
        .toBuffer({ resolveWithObject: true });
      pixels.set(planesOf(new Uint8Array(data), 1, height * width, channels), index * imageLength);
    } catch (cause) {
      throw new GdwsError('DATA_UNREADABLE', `the picture cannot be read: ${(cause as Error).message}.`, {
        file,
        cause,
      });
    }
  }
  return new ImageSet(
    dims,
    pixels,
    pictures.map(({ label }) => label),
  );
}

interface Picture {
  readonly file: string;
  readonly label: number;
}

async function picturesOf(folder: string, isUnlabelled: boolean): Promise<Picture[][]> {
  const entries = await entriesOf(folder);
  const classes = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (isUnlabelled) classes.push('.');
  const pictures = await Promise.all(
    classes.sort(compareNaturally).map(async (name, label) =>
      (await entriesOf(path.join(folder, name)))
        .filter((entry) => entry.isFile() && extensions.has(path.extname(entry.name).toLowerCase()))
        .map((entry) => ({ file: path.join(folder, name, entry.name), label }))
        .sort((a, b) => compareNaturally(a.file, b.file)),
    ),
  );
  if (pictures.every((ofClass) => ofClass.length === 0)) {
    throw new GdwsError('DATA_UNREADABLE', `the folder has no ${isUnlabelled ? '' : 'folders of '}pictures.`, {
      file: folder,
      remedy: isUnlabelled
        ? `They end in ${[...extensions].join(', ')}.`
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
