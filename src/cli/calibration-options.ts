import { Option, type Command } from 'commander';
import { GdwsError } from '../base/errors';
import type { Calibration } from '../calibrate/calibration';
import type { ImageSet } from '../data/image-set';
import { normalizationOf } from '../data/preprocessing';
import type { Recipe } from '../data/recipe';
import { attackNames } from '../robustness/attacks';
import { positiveInteger } from './arguments';
import { addAttackOptions, settingsOf, type AttackArguments } from './attack-options';
import { imagesOf } from './data-options';
import { firstGiven } from './dependent-options';
import { addPreprocessingOptions, type PreprocessingArguments } from './preprocessing-options';
import { addReadingOptions, type ReadingArguments } from './reading-options';

/** Which images a compression is calibrated on, and how. */
export interface CalibrationArguments
  extends PreprocessingArguments, ReadingArguments, Omit<AttackArguments, 'attack'> {
  readonly calib?: string;
  readonly calibCount?: number;
  readonly calibLabels?: string;
  readonly calibAttack?: AttackArguments['attack'];
  readonly calibRounds?: number;
  readonly robust?: boolean;
  /** Labelled images. */
  readonly data?: string;
  readonly shape?: Record<string, number[]>;
}

/** Default number of images that are no larger than ImageNet's. */
const defaultCount = 512;

/** How many are taken by default. Of large ones few do, each with many patches: what both networks hold of them fills a temporary file. */
export function countFor([, height, width]: ImageSet['dims'] = [3, 0, 0]): number {
  const [pixels, least] = [2 ** 24, 8];
  const isLarge = height * width > 256 ** 2;
  return isLarge ? Math.max(least, Math.floor(pixels / (height * width))) : defaultCount;
}

export function addCalibrationOptions(command: Command): Command {
  command
    .option(
      '--calib <path>',
      'images that show what matters, as --data takes them; of a folder of CIFAR the training images',
    )
    .option(
      '--calib-count <number>',
      `of them, from the beginning; by default ${defaultCount}, or fewer of large ones: ${countFor([3, 1024, 1024])} of 1024×1024`,
      positiveInteger,
    )
    .option('--calib-labels <file>', 'their labels, where they are apart; none are needed, since they do not matter')
    .option(
      '--calib-rounds <number>',
      'fits, each after the first to attacks on the last; 3 by default',
      positiveInteger,
    );
  command.option(
    '--robust',
    'the network is robust and is to stay so: --calib-attack pgd, if no other attack is named',
  );
  const attack = new Option('--calib-attack <name>', 'perturb them, for a network that is to stay robust');
  return addPreprocessingOptions(addReadingOptions(addAttackOptions(command, attack.choices(attackNames))));
}

/** Name of the attack that the images are perturbed by, if there is one. */
export function calibrationAttackOf({ calibAttack, robust }: CalibrationArguments): AttackArguments['attack'] {
  return calibAttack ?? (robust ? 'pgd' : undefined);
}

/**
 * Reads the images. `undefined` without any.
 *
 * @param recipe what the model expects of images
 * @param attackOption the option that names the attack, for errors
 * @param isJudge whether as many again are read, to judge networks by
 * @throws GdwsError ARGUMENT_INVALID for options that belong to images where there are none; DATA_UNREADABLE
 */
export async function calibrationOf(
  options: CalibrationArguments,
  model: string,
  recipe: Recipe,
  onProgress: Calibration['onProgress'],
  { attackOption = '--calib-attack', isJudge = false } = {},
): Promise<Calibration | undefined> {
  const times = isJudge ? 2 : 1;
  const { calib, calibCount, calibLabels, calibAttack, calibRounds, robust, seed, shape } = options;
  const { coarse, synsets } = options;
  const attack = settingsOf({ ...options, attack: calibrationAttackOf(options) }, attackOption);
  if (calib === undefined) {
    const given = firstGiven({
      '--calib-count': calibCount,
      '--calib-labels': calibLabels,
      '--calib-attack': calibAttack,
      '--calib-rounds': calibRounds,
      '--robust': robust,
    });
    if (given === undefined) return undefined;
    throw new GdwsError('ARGUMENT_INVALID', `${given} belongs to --calib, which is not given.`, {
      remedy: 'Name them: --calib data_batch_1.bin.',
    });
  }
  const count = calibCount === undefined ? undefined : times * calibCount;
  const images = await imagesOf(
    { data: calib, labels: calibLabels, count, split: 'train', shape, coarse, synsets },
    model,
    recipe,
    true,
    (dims) => times * countFor(dims),
  );
  return { images, normalization: normalizationOf(recipe), attack, rounds: calibRounds, seed, onProgress };
}
