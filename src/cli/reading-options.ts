import { Option, type Command } from 'commander';
import { splits, type Split } from '../data/cifar-folder';
import type { ReadImagesOptions } from '../data/read-images';

/** How files of images are read, those of --data and of --calib alike. */
export interface ReadingArguments {
  readonly coarse?: boolean;
  readonly synsets?: string;
}

export function addReadingOptions(command: Command): Command {
  return command
    .option('--coarse', 'of CIFAR-100, the 20 superclasses instead of the 100 classes')
    .option(
      '--synsets <file>',
      "of ImageNet, all synsets: the development kit's meta.mat, or one at the beginning of each line",
    );
}

export function splitOption(usual: Split): Option {
  return new Option('--split <name>', 'part of a folder of CIFAR-10 or CIFAR-100').choices(splits).default(usual);
}

export function readingOf({ coarse, synsets }: ReadingArguments): ReadImagesOptions {
  return { isCoarse: coarse, synsets };
}
