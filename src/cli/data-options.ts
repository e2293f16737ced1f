import fs from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import type { ImageSet } from '../data/image-set';
import { readImages } from '../data/read-images';
import { Graph } from '../graph/graph';
import { readModel } from '../onnx/read';
import type { Normalization } from '../robustness/normalized';
import { positiveInteger } from './arguments';

/** What a network expects of images. */
export interface NormalizationArguments {
  readonly mean?: number[];
  readonly std?: number[];
}

/** Which images a classifier is tried on, and what it expects of them. */
export interface DataArguments extends NormalizationArguments {
  readonly data: string;
  readonly labels?: string;
  readonly count?: number;
}

export function addDataOptions(command: Command): Command {
  command
    .requiredOption(
      '-d, --data <path>',
      'images: CIFAR-10 (.bin), MNIST (IDX), .npz, .npy, or a folder with a folder of pictures for each class',
    )
    .option('--labels <file>', 'labels, where they are apart from the images')
    .option('--count <number>', 'images to take, from the beginning; all by default', positiveInteger);
  return addNormalizationOptions(command);
}

export function addNormalizationOptions(command: Command): Command {
  return command
    .option('--mean <numbers>', 'mean that the model expects to be subtracted, one or one a channel', channelNumbers)
    .option('--std <numbers>', 'deviation that it expects to be divided by', channelNumbers);
}

/** The images, of the size that the model declares where they are pictures. Unlabelled pictures need no folder of their class. */
export async function imagesOf(
  { data, labels, count }: DataArguments,
  model: string,
  isUnlabelled = false,
): Promise<ImageSet> {
  // Only pictures are scaled, and only they make it worth reading the model for their size.
  const isFolder = await fs.stat(data).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return readImages(data, { labels, count, isUnlabelled, dims: isFolder ? await imageDimsOf(model) : undefined });
}

/** `undefined` where the images go to the model as they are. */
export function normalizationOf({ mean, std }: NormalizationArguments): Normalization | undefined {
  return mean || std ? { mean: mean ?? [0], std: std ?? [1] } : undefined;
}

/** The size that a model declares for its images, if it does. */
async function imageDimsOf(model: string): Promise<[number, number, number] | undefined> {
  const graph = new Graph(await readModel(model), model);
  const dims = graph.declared(graph.inputs[0]?.name ?? '')?.dims?.slice(1);
  return dims?.length === 3 && dims.every((dim) => typeof dim === 'number')
    ? (dims as [number, number, number])
    : undefined;
}

function channelNumbers(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (text.trim() === '' || !numbers.every(Number.isFinite)) {
    throw new InvalidArgumentError(`'${text}' is not a number, or numbers with commas between them.`);
  }
  return numbers;
}
