import path from 'node:path';
import { Command } from 'commander';
import { GdwsError, located } from '../base/errors';
import type { ImageSet } from '../data/image-set';
import type { LogitsClassifier } from '../robustness/classifier';
import {
  evaluate,
  type CandidateComparison,
  type CandidateReport,
  type EvaluateOptions,
  type Evaluation,
  type NaturalComparison,
  type NaturalReport,
} from '../robustness/evaluate';
import { openClassifier, openLogitsClassifier, type OpenClassifier } from '../robustness/open-classifier';
import type { AttackSettings } from '../robustness/settings';
import type { Proportion } from '../robustness/statistics/wilson';
import { jsonOption, positiveInteger, threadsOption } from './arguments';
import { addAttackOptions, attackOption, settingsOf, type AttackArguments } from './attack-options';
import { addDataOptions, imagesOf, normalizationOf, type DataArguments } from './data-options';
import { formatNumber, formatShare, formatTime } from './format';
import { interruption } from './interrupt';
import { note, printHeading, printJson, printTable } from './output';
import { Progress } from './progress';

interface EvaluateArguments extends DataArguments, AttackArguments {
  readonly transfer?: boolean;
  readonly batch: number;
  readonly threads?: number;
  readonly json?: boolean;
}

/** Printed results of a model; those of an attack only where there was one. */
type Report = NaturalReport & Partial<Pick<CandidateReport, 'robust' | 'standing'>>;

/** All printed results, with or without an attack. */
interface Found {
  readonly candidates: readonly Report[];
  readonly comparisons: readonly (NaturalComparison & Partial<CandidateComparison>)[];
  readonly transfers?: Evaluation['transfers'];
}

/** `gdws evaluate`: natural accuracy of one model or several, and robust accuracy under an attack. */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('measure the accuracy of models, natural and under attack')
    .argument('<models...>', 'ONNX files of classifiers; the first is compared with the others, image by image');
  return addAttackOptions(addDataOptions(command), attackOption('the attack; without one, natural accuracy alone'))
    .option('--transfer', 'also try the images made on each model on the others')
    .option('--batch <number>', 'images at once', positiveInteger, 32)
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
What is not given, is as docs/robustness.md says of each attack.

Examples:
  $ gdws evaluate model.onnx small.onnx --data test_batch.bin
  $ gdws evaluate model.onnx --data test_batch.bin --attack pgd --norm linf --eps 8/255 --steps 100 --step-size 1/255
  $ gdws evaluate dense.onnx small.onnx --data t10k-images-idx3-ubyte --attack pgd --eps 0.3 --transfer
  $ gdws evaluate model.onnx --data pictures/ --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --attack autoattack`,
    )
    .action(async (models: string[], options: EvaluateArguments) => {
      const settings = settingsOf(options);
      if (settings === undefined && options.transfer) {
        throw new GdwsError('ARGUMENT_INVALID', '--transfer belongs to --attack, which is not given.', {
          remedy: 'Name the attack whose images are tried: --attack pgd.',
        });
      }
      const images = await imagesOf(options, models[0]!);
      const progress = new Progress(settings?.attack ?? 'evaluating');
      const found = await evaluateModels(models, images, settings, options, progress).finally(() => progress.stop());
      if (options.json) printJson(documentOf(found, settings, images.length));
      else printEvaluation(found, images.length);
    });
}

async function evaluateModels(
  models: readonly string[],
  images: ImageSet,
  settings: AttackSettings | undefined,
  arguments_: EvaluateArguments,
  progress: Progress,
): Promise<Found> {
  const { seed, batch: batchSize, transfer, threads } = arguments_;
  const { data: pixels } = images.batch(0, images.length).images as { data: Float32Array };
  const opening = { normalization: normalizationOf(arguments_), threads };
  const options: EvaluateOptions = {
    ...{ seed, batchSize, transfer, signal: interruption() },
    onProgress: ({ classifier, done, total, broken, imagesPerSecond }) =>
      progress.update(
        done / total,
        `${path.basename(classifier)}: ${broken} of ${done} ${settings ? 'broken' : 'wrong'}, ${formatNumber(imagesPerSecond)} images/s`,
      ),
  };
  if (settings === undefined) {
    const opened = await openAll(models, (model) => openLogitsClassifier(model, images.dims, opening));
    return evaluate(opened.candidates, pixels, images.labels, undefined, options).finally(opened.release);
  }
  const opened = await openAll(models, (model) => openClassifier(model, images.dims, opening));
  return evaluate(opened.candidates, pixels, images.labels, settings, options).finally(opened.release);
}

async function openAll<Kind extends LogitsClassifier>(
  models: readonly string[],
  open: (model: string) => Promise<OpenClassifier<Kind>>,
) {
  const opened: { name: string; classifier: Kind; release: () => Promise<void> }[] = [];
  const release = async () => {
    for (const one of opened) await one.release();
  };
  try {
    for (const name of models) {
      const one = await open(name).catch((error: unknown) => {
        throw located(error, { file: name });
      });
      opened.push({ name, ...one });
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { candidates: opened, release };
}

/** Without the images themselves. */
function documentOf(
  { candidates, comparisons, transfers }: Found,
  settings: AttackSettings | undefined,
  images: number,
) {
  return {
    settings,
    images,
    models: candidates.map(({ name, natural, robust, passes, seconds, imagesPerSecond, correct, standing }) => ({
      ...{ model: name, natural, robust, passes, seconds, imagesPerSecond },
      correct: Array.from(correct),
      standing: standing && Array.from(standing),
    })),
    comparisons,
    transfers,
  };
}

function printEvaluation({ candidates, comparisons, transfers = [] }: Found, images: number): void {
  const isAttacked = candidates.some(({ robust }) => robust !== undefined);
  printTable(
    [
      { title: 'model' },
      { title: 'natural' },
      ...(isAttacked ? [{ title: 'robust' }] : []),
      { title: 'images/s', right: true },
    ],
    candidates.map(({ name, natural, robust, imagesPerSecond }) => [
      name,
      formatProportion(natural),
      ...(robust ? [formatProportion(robust)] : []),
      formatNumber(imagesPerSecond),
    ]),
  );
  if (comparisons.length > 0) {
    printHeading(`Image by image, against ${comparisons[0]!.from}`);
    printTable(
      [
        { title: 'model' },
        { title: 'accuracy' },
        { title: 'lost', right: true },
        { title: 'gained', right: true },
        { title: 'McNemar p', right: true },
      ],
      comparisons.flatMap(({ to, natural, robust }) =>
        Object.entries({ natural, ...(robust && { robust }) }).map(([kind, { lost, gained, pValue }]) => [
          ...[to, kind, String(lost), String(gained), formatNumber(pValue)],
        ]),
      ),
    );
  }
  if (transfers.length > 0) {
    printHeading('Images made on one model, tried on another');
    printTable(
      [
        { title: 'made on' },
        { title: 'tried on' },
        { title: 'robust' },
        { title: 'of those that broke the first, break the other' },
      ],
      transfers.map(({ madeOn, triedOn, robust, transferred }) => [
        madeOn,
        triedOn,
        formatProportion(robust),
        transferred.trials === 0 ? 'none did' : formatProportion(transferred),
      ]),
    );
  }
  const seconds = candidates.reduce((sum, report) => sum + report.seconds, 0);
  note(`${images} images, 95 % Wilson intervals, in ${formatTime(1000 * seconds)}`);
}

function formatProportion({ value, lower, upper }: Proportion): string {
  return `${formatShare(value)} (${formatShare(lower)} to ${formatShare(upper)})`;
}
