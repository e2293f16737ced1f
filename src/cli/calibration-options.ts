import { Option, type Command } from 'commander';
import { GdwsError } from '../base/errors';
import type { Calibration } from '../calibrate/calibration';
import { attackNames } from '../robustness/attacks';
import { positiveInteger } from './arguments';
import { addAttackOptions, settingsOf, type AttackArguments } from './attack-options';
import { addNormalizationOptions, imagesOf, normalizationOf, type NormalizationArguments } from './data-options';
import { firstGiven } from './dependent-options';

/** Which images a compression is calibrated on, and how. */
export interface CalibrationArguments extends NormalizationArguments, Omit<AttackArguments, 'attack'> {
  readonly calib?: string;
  readonly calibCount?: number;
  readonly calibLabels?: string;
  readonly calibAttack?: AttackArguments['attack'];
  readonly calibRounds?: number;
  readonly robust?: boolean;
  /** Labelled images, to which mean and std apply too. */
  readonly data?: string;
  readonly shape?: Record<string, number[]>;
}

/** Default number of images. */
const defaultCount = 512;

export function addCalibrationOptions(command: Command): Command {
  command
    .option('--calib <path>', 'images that show what matters: CIFAR-10, MNIST, .npz, .npy or a folder of pictures')
    .option('--calib-count <number>', `of them, from the beginning; ${defaultCount} by default`, positiveInteger)
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
  return addNormalizationOptions(addAttackOptions(command, attack.choices(attackNames)));
}

/** Name of the attack that the images are perturbed by, if there is one. */
export function calibrationAttackOf({ calibAttack, robust }: CalibrationArguments): AttackArguments['attack'] {
  return calibAttack ?? (robust ? 'pgd' : undefined);
}

/**
 * Reads the images. `undefined` without any.
 *
 * @param attackOption the option that names the attack, for errors
 * @throws GdwsError ARGUMENT_INVALID for options that belong to images where there are none; DATA_UNREADABLE
 */
export async function calibrationOf(
  options: CalibrationArguments,
  model: string,
  onProgress: Calibration['onProgress'],
  attackOption = '--calib-attack',
): Promise<Calibration | undefined> {
  const { calib, calibCount, calibLabels, calibAttack, calibRounds, robust, seed, shape } = options;
  const normalization = normalizationOf(options);
  const attack = settingsOf({ ...options, attack: calibrationAttackOf(options) }, attackOption);
  if (calib === undefined) {
    const given = firstGiven({
      '--calib-count': calibCount,
      '--calib-labels': calibLabels,
      '--calib-attack': calibAttack,
      '--calib-rounds': calibRounds,
      '--robust': robust,
      '--mean or --std': options.data === undefined ? normalization : undefined,
    });
    if (given === undefined) return undefined;
    throw new GdwsError('ARGUMENT_INVALID', `${given} belongs to --calib, which is not given.`, {
      remedy: 'Name them: --calib data_batch_1.bin.',
    });
  }
  const data = { data: calib, labels: calibLabels, count: calibCount ?? defaultCount, shape };
  const images = await imagesOf(data, model, true);
  return { images, normalization, attack, rounds: calibRounds, seed, onProgress };
}
