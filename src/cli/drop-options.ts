import { Option, type Command } from 'commander';
import { GdwsError } from '../base/errors';
import { formatShare } from '../base/format';
import type { Drops, DropTrial, WithinDrop } from '../compress/drop/compress-within-drop';
import type { PairedDrop } from '../robustness/statistics/paired-drop';
import { positiveInteger, shareUpToOne } from './arguments';
import type { CalibrationArguments } from './calibration-options';
import { firstGiven } from './dependent-options';
import { print, printHeading, printTable } from './output';

/** The accuracy that a compression may cost. */
export interface DropArguments {
  readonly maxDrop?: number;
  readonly data?: string;
  readonly labels?: string;
  readonly count?: number;
  readonly save?: 'macs' | 'params' | 'latency';
  readonly fastest?: boolean;
  readonly sure?: boolean;
  readonly keepAnyway?: boolean;
}

export function addDropOptions(command: Command): Command {
  return command
    .option(
      '--max-drop <share>',
      'the most that accuracy may drop, as 1% or 0.01: finds the budget itself; without labels, the most predictions that may change',
      shareUpToOne,
    )
    .option('--data <path>', 'with --max-drop: labelled images, half to search with, half to report on')
    .option('--labels <file>', 'their labels, where they are apart')
    .option('--count <number>', 'images of --data to take, from the beginning; all by default', positiveInteger)
    .addOption(
      new Option('--save <what>', 'with --max-drop: what to save; macs by default').choices([
        'macs',
        'params',
        'latency',
      ]),
    )
    .option(
      '--fastest',
      'with --max-drop: the fastest network on this machine, in floats or quantized to 8 bits; needs --calib',
    )
    .option('--sure', "with --max-drop: the drop's 95 % bound must be within it, too")
    .option('--keep-anyway', 'with --max-drop: write the network even if it loses more on images not searched');
}

/**
 * @param goal the option that is given in place of --max-drop; `undefined` for --int8 alone
 * @throws GdwsError ARGUMENT_INVALID for options that belong to --max-drop, where it is not given, or not the images that it needs
 */
export function checkDropOptions(
  options: DropArguments & Pick<CalibrationArguments, 'calib'>,
  goal: string | undefined,
): void {
  const { maxDrop, data, labels, count, save, fastest, sure, keepAnyway, calib } = options;
  if (maxDrop !== undefined) {
    if (fastest && save !== undefined) {
      throw new GdwsError('ARGUMENT_INVALID', '--fastest saves time, and --save names what else to save.', {
        remedy: 'Give one of them.',
      });
    }
    if (data === undefined && calib === undefined) {
      throw new GdwsError('ARGUMENT_INVALID', '--max-drop needs images.', {
        remedy: 'Name labelled ones, --data test_batch.bin, or others, --calib photos.',
      });
    }
    const ofData = data === undefined ? firstGiven({ '--labels': labels, '--count': count }) : undefined;
    if (ofData !== undefined) {
      throw new GdwsError('ARGUMENT_INVALID', `${ofData} belongs to --data, which is not given.`, {
        remedy: 'Leave it out, or name labelled images: --data test_batch.bin.',
      });
    }
    if (fastest && calib === undefined) {
      throw new GdwsError('ARGUMENT_INVALID', '--fastest needs images to quantize with.', {
        remedy: 'Name them: --calib data_batch_1.bin.',
      });
    }
    return;
  }
  const given = firstGiven({
    '--data': data,
    '--labels': labels,
    '--count': count,
    '--save': save,
    '--fastest': fastest,
    '--sure': sure,
    '--keep-anyway': keepAnyway,
  });
  if (given === undefined) return;
  throw new GdwsError('ARGUMENT_INVALID', `${given} belongs to --max-drop, which is not given.`, {
    remedy: `Leave it out, or say how much accuracy may drop: --max-drop 1%${goal === undefined ? '' : ` in place of --${goal}`}.`,
  });
}

export function describeTrial({ share, format, natural, robust }: DropTrial): string {
  return `${format === 'int8' ? 'int8, ' : ''}${formatShare(share)} kept: accuracy ${describe(natural)}${robust ? `, under attack ${describe(robust)}` : ''}`;
}

/** @param isUnlabelled whether predictions are compared with the dense network's, and not with labels */
export function printDrops({ trials, share, format, heldOut }: WithinDrop, saved: string, isUnlabelled: boolean): void {
  const hasFormats = trials.some((trial) => trial.format === 'int8');
  const isAttacked = heldOut.robust !== undefined;
  printHeading('Networks tried');
  printTable(
    [
      ...(hasFormats ? [{ title: 'numbers' }] : []),
      { title: `${saved} kept`, right: true },
      { title: isUnlabelled ? '% changed' : 'points lost', right: true },
      ...(isAttacked ? [{ title: 'under attack', right: true }] : []),
      { title: '' },
    ],
    [...trials]
      .sort((a, b) => b.share - a.share)
      .map((trial) => [
        ...(hasFormats ? [trial.format] : []),
        formatShare(trial.share),
        points(trial.natural.estimate),
        ...(isAttacked ? [points(trial.robust?.estimate ?? 0)] : []),
        trial.share === share && trial.format === format ? 'chosen' : trial.isWithin ? 'within' : '',
      ]),
  );
  print();
  print(isUnlabelled ? reportChanged(heldOut) : report(heldOut));
}

function reportChanged({ natural }: Drops): string {
  const { trials, estimate, confidence, atMost } = natural;
  return `on ${imagesOf(trials)} that the search has not seen: the prediction changes on ${points(estimate)} %; with ${100 * confidence} % confidence on at most ${points(atMost)} %`;
}

/**
 * Checks the drop on the held-out images.
 *
 * @throws GdwsError DROP_EXCEEDED
 */
export function checkHeldOut(
  { heldOut }: WithinDrop,
  { maxDrop, sure, keepAnyway, data }: DropArguments,
  file: string,
): void {
  if (heldOut.isWithin) return;
  const drops = [heldOut.natural, ...(heldOut.robust ? [heldOut.robust] : [])];
  const most = Math.max(...drops.map((drop) => (sure ? drop.atMost : drop.estimate)));
  const written = keepAnyway ? 'it was written all the same' : 'nothing was written';
  if (data === undefined) {
    throw new GdwsError(
      'DROP_EXCEEDED',
      `the prediction changes on ${points(most)} % of the images that the search has not seen, where ${points(maxDrop!)} % are allowed; ${written}.`,
      { file, remedy: 'Allow a larger --max-drop, give more of --calib or --sure, or --keep-anyway writes it.' },
    );
  }
  throw new GdwsError(
    'DROP_EXCEEDED',
    `the network loses ${points(most)} points on images that the search has not seen, where ${points(maxDrop!)} are allowed; ${written}.`,
    { file, remedy: 'Allow a larger --max-drop, give more of --data or --sure, or --keep-anyway writes it.' },
  );
}

function report({ natural, robust }: Drops): string {
  const sentence = (what: string, drop: PairedDrop) =>
    `${what} ${describe(drop)}; with ${100 * drop.confidence} % confidence it drops by at most ${points(drop.atMost)} points`;
  const parts = [sentence('accuracy', natural), ...(robust ? [sentence('accuracy under attack', robust)] : [])];
  return `on ${imagesOf(natural.trials)} that the search has not seen: ${parts.join('; ')}`;
}

function describe({ estimate }: PairedDrop): string {
  return estimate < 0 ? `rises by ${points(-estimate)} points` : `drops by ${points(estimate)} points`;
}

function imagesOf(count: number): string {
  return count === 1 ? '1 image' : `${count} images`;
}

/** A share as percentage points. */
function points(share: number): string {
  return (100 * share).toFixed(1);
}
