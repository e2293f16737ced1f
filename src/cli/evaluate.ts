import path from 'node:path';
import { Command } from 'commander';
import { GdwsError, located } from '../base/errors';
import { formatNumber, formatShare, formatTime } from '../base/format';
import type { ImageSet } from '../data/image-set';
import { normalizationOf } from '../data/preprocessing';
import type { Recipe } from '../data/recipe';
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
import { isMasked } from '../robustness/ways';
import { collected, jsonOption, positiveInteger, threadsOption } from './arguments';
import { addAttackOptions, attackOption, settingsOf, squareQueriesOf, type AttackArguments } from './attack-options';
import { addDataOptions, imagesOf, type DataArguments } from './data-options';
import { firstGiven } from './dependent-options';
import { interruption } from './interrupt';
import { note, printHeading, printJson, printTable, warn } from './output';
import { recipeFor } from './preprocessing-options';
import { Progress } from './progress';

interface EvaluateArguments extends DataArguments, AttackArguments {
  readonly transfer?: boolean;
  readonly transferFrom?: string[];
  readonly batch: number;
  readonly threads?: number;
  readonly json?: boolean;
}

/** Printed results of a model; those of an attack only where there was one. */
type Report = NaturalReport & Partial<Pick<CandidateReport, 'robust' | 'standing' | 'ways'>>;

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
    .option(
      '--transfer-from <model>',
      'a further model that is attacked: all must withstand its images, too; may be repeated',
      collected,
    )
    .option('--batch <number>', 'images at once', positiveInteger, 32)
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
What is not given, is as docs/robustness.md says of each attack.

Rounding hides gradients. So a quantized model must also withstand the images made on models that are not quantized: on those beside it, and
on those of --transfer-from. It and the models beside it must also withstand the attack square, of --queries. An image counts as robust if
it withstands all.

Examples:
  $ gdws evaluate model.onnx small.onnx --data test_batch.bin
  $ gdws evaluate model.onnx --data test_batch.bin --attack pgd --norm linf --eps 8/255 --steps 100 --step-size 1/255
  $ gdws evaluate dense.onnx small.onnx --data t10k-images-idx3-ubyte --attack pgd --eps 0.3 --transfer
  $ gdws evaluate int8.onnx --transfer-from fp32.onnx --data test_batch.bin --attack apgd --eps 8/255 --queries 1000
  $ gdws evaluate model.onnx --data pictures/ --preset torchvision --attack autoattack`,
    )
    .action(async (models: string[], options: EvaluateArguments) => {
      const isOfSquare = squareQueriesOf(options) !== undefined;
      const settings = settingsOf(isOfSquare ? { ...options, queries: undefined } : options);
      const idle = firstGiven({ transfer: options.transfer, 'transfer-from': options.transferFrom });
      if (settings === undefined && idle) {
        throw new GdwsError('ARGUMENT_INVALID', `--${idle} belongs to --attack, which is not given.`, {
          remedy: 'Name the attack whose images are tried: --attack pgd.',
        });
      }
      const recipe = await recipeFor(options, [...models, ...(options.transferFrom ?? [])]);
      const images = await imagesOf(options, models[0]!, recipe);
      const progress = new Progress('evaluating');
      const found = await evaluateModels(models, images, recipe, settings, options, progress).finally(() =>
        progress.stop(),
      );
      if (options.json) printJson(documentOf(found, settings, images.length));
      else printEvaluation(found, images.length);
    });
}

async function evaluateModels(
  models: readonly string[],
  images: ImageSet,
  recipe: Recipe,
  settings: AttackSettings | undefined,
  arguments_: EvaluateArguments,
  progress: Progress,
): Promise<Found> {
  const { seed, batch: batchSize, transfer, transferFrom = [], threads } = arguments_;
  const { data: pixels } = images.batch(0, images.length).images as { data: Float32Array };
  const opening = { normalization: normalizationOf(recipe), threads };
  const options: EvaluateOptions = {
    ...{ seed, batchSize, transfer, signal: interruption() },
    onProgress: ({ classifier, attack, done, total, broken, imagesPerSecond }) =>
      progress.update(
        done / total,
        `${path.basename(classifier)}${attack ? `, ${attack}` : ''}: ${broken} of ${done} ${settings ? 'broken' : 'wrong'}, ${formatNumber(imagesPerSecond)} images/s`,
      ),
  };
  const openPlainly = (model: string) => openLogitsClassifier(model, images.dims, opening);
  if (settings === undefined) {
    const opened = await openAll(models, openPlainly);
    return evaluate(opened.of(models), pixels, images.labels, undefined, options).finally(opened.release);
  }
  const files = [...models, ...transferFrom];
  const withSources = (opened: Opened<LogitsClassifier>): EvaluateOptions => ({
    ...options,
    transferFrom: opened.of(transferFrom),
    squareQueries: squareQueriesOf(arguments_),
  });
  if (settings.attack === 'square') {
    const opened = await openAll(files, openPlainly);
    return evaluate(opened.of(models), pixels, images.labels, settings, withSources(opened)).finally(opened.release);
  }
  const opened = await openAll(files, (model) => openClassifier(model, images.dims, opening));
  const rounded = opened.of(files).filter(({ classifier }) => isMasked(classifier, settings));
  if (rounded.length === files.length) {
    warn(`${rounded[0]!.name} is quantized; name the model that it was made of, for its images: --transfer-from`);
  }
  return evaluate(opened.of(models), pixels, images.labels, settings, withSources(opened)).finally(opened.release);
}

/** Models that are open, each once. */
interface Opened<Kind extends LogitsClassifier> {
  /** Those of some files, in order. */
  readonly of: (files: readonly string[]) => { name: string; classifier: Kind }[];
  readonly release: () => Promise<void>;
}

async function openAll<Kind extends LogitsClassifier>(
  files: readonly string[],
  open: (model: string) => Promise<OpenClassifier<Kind>>,
): Promise<Opened<Kind>> {
  const opened = new Map<string, OpenClassifier<Kind>>();
  const release = async () => {
    for (const one of opened.values()) await one.release();
  };
  try {
    for (const file of new Set(files)) {
      const one = await open(file).catch((error: unknown) => {
        throw located(error, { file });
      });
      opened.set(file, one);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { of: (some) => some.map((name) => ({ name, classifier: opened.get(name)!.classifier })), release };
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
    models: candidates.map(({ name, natural, robust, passes, seconds, imagesPerSecond, correct, standing, ways }) => ({
      ...{ model: name, natural, robust, passes, seconds, imagesPerSecond },
      correct: Array.from(correct),
      standing: standing && Array.from(standing),
      ways: ways?.map((way) => ({ ...way, standing: Array.from(way.standing) })),
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
  const severally = candidates.filter(({ ways = [] }) => ways.length > 1);
  if (severally.length > 0) {
    printHeading('What counts: the least, image by image');
    printTable(
      [{ title: 'model' }, { title: 'attack' }, { title: 'images made on' }, { title: 'robust' }],
      severally.flatMap(({ name, ways = [] }) =>
        ways.map(({ attack, norm, madeOn, robust }) => [
          ...[name, norm ? `${attack}, ${norm}` : attack, madeOn ?? 'itself', formatProportion(robust)],
        ]),
      ),
    );
  }
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
