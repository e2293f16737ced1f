import fs from 'node:fs/promises';
import type { Command } from 'commander';
import { checkInputs } from '../analysis/infer';
import { typesOfInputs } from '../analysis/input-types';
import { GdwsError } from '../base/errors';
import { formatShape } from '../base/format';
import { cifarFilesIn, type Split } from '../data/cifar-folder';
import type { ImageSet } from '../data/image-set';
import { sizeIn } from '../data/preprocessing';
import { readImages } from '../data/read-images';
import type { Recipe } from '../data/recipe';
import { Graph } from '../graph/graph';
import { readModel } from '../onnx/read';
import { positiveInteger, shapeOption } from './arguments';
import { addPreprocessingOptions, type PreprocessingArguments } from './preprocessing-options';
import { addReadingOptions, readingOf, splitOption, type ReadingArguments } from './reading-options';
import { exampleShape } from './shapes';

/** Images to evaluate a classifier on. */
export interface ImageArguments extends ReadingArguments {
  readonly data: string;
  readonly labels?: string;
  readonly count?: number;
  readonly split?: Split;
  /** Of inputs whose shape the model leaves open; by name. */
  readonly shape?: Record<string, number[]>;
}

/** Such images, and what the classifier expects of them. */
export type DataArguments = ImageArguments & PreprocessingArguments;

/** @param split the usual part of a data set that is a folder */
export function addDataOptions(command: Command, split: Split = 'test'): Command {
  return addPreprocessingOptions(addImageOptions(command, split));
}

/** As above, without what the classifier expects of images. */
export function addImageOptions(command: Command, split: Split = 'test'): Command {
  command
    .requiredOption(
      '-d, --data <path>',
      'images: CIFAR-10 or CIFAR-100 (.bin, the Python version, or the folder), SVHN (.mat), MNIST (IDX), .npz, .npy, a folder with a ' +
        "folder of pictures for each class, or ImageNet's validation pictures with --labels",
    )
    .option('--labels <file>', 'labels, where they are apart from the images')
    .option('--count <number>', 'images to take, from the beginning; all by default', positiveInteger)
    .addOption(splitOption(split))
    .addOption(shapeOption());
  return addReadingOptions(command);
}

/**
 * The images. Pictures are fitted to the size of `--shape` or of the model; other images must have the size of `--shape`.
 *
 * @param recipe what the model expects; its numbers are not applied: {@link normalizationOf}
 * @param isUnlabelled labels are not needed
 * @param most how many are taken at most where no number is given, of a size (C, H, W) if it is known; all by default
 * @throws GdwsError DATA_UNREADABLE, ARGUMENT_INVALID; SHAPE_UNKNOWN, SHAPE_MISMATCH, INPUT_UNKNOWN
 */
export async function imagesOf(
  { data, labels, count, split, shape, ...reading }: ImageArguments,
  model: string,
  recipe: Recipe,
  isUnlabelled = false,
  most?: (dims?: ImageSet['dims']) => number,
): Promise<ImageSet> {
  const isOfPictures = await isPictureFolder(data);
  // Otherwise the model need not be read.
  const dims = isOfPictures || shape ? await imageDimsOf(model, shape, isOfPictures, sizeIn(recipe)) : undefined;
  const read = await readImages(data, {
    ...readingOf(reading),
    ...{ labels, count: count ?? most?.(dims), isUnlabelled, dims, split },
    preprocessing: recipe,
  });
  const images = count === undefined && most ? read.first(most(read.dims)) : read;
  if (dims && images.dims.some((dim, axis) => dim !== dims[axis])) {
    throw new GdwsError(
      'SHAPE_MISMATCH',
      `the images are ${formatShape(images.dims)}, and --shape says ${formatShape(dims)}.`,
      {
        file: data,
        remedy: 'Give --shape theirs, or other images: only folders of pictures are scaled.',
      },
    );
  }
  return images;
}

async function isPictureFolder(place: string): Promise<boolean> {
  const found = await fs.stat(place).catch(() => undefined);
  return found?.isDirectory() === true && !(await cifarFilesIn(place, 'test'));
}

/**
 * The size (C, H, W) of a model's images, as given or declared; `undefined` where its first input takes no images.
 *
 * @param isNeeded whether pictures are to get it
 * @param usual height and width of pictures where they are open
 *
 * @throws GdwsError SHAPE_UNKNOWN where the size is needed and open; INPUT_UNKNOWN, SHAPE_MISMATCH for shapes that do not fit
 */
async function imageDimsOf(
  model: string,
  shapes: Record<string, number[]> | undefined,
  isNeeded: boolean,
  usual?: readonly [height: number, width: number],
): Promise<[number, number, number] | undefined> {
  const graph = new Graph(await readModel(model), model);
  checkInputs(graph, typesOfInputs(graph, shapes));
  const name = graph.inputs[0]?.name ?? '';
  const declared = graph.declared(name)?.dims ?? [];
  const open = (shapes?.[name] ?? declared).slice(1);
  // Channels are never taken from it.
  const dims = open.map((dim, axis) => (typeof dim === 'number' || !isNeeded ? dim : usual?.[axis - 1]));
  if (dims.length === 3 && dims.every((dim) => typeof dim === 'number')) return dims as [number, number, number];
  if (!isNeeded) return undefined;
  throw new GdwsError('SHAPE_UNKNOWN', 'the size that pictures are to get is not known.', {
    file: model,
    tensor: name,
    shape: declared.map((dim) => dim ?? '?'),
    remedy: `Give it: --shape ${name}=${exampleShape(declared)} (with its own numbers).`,
  });
}
