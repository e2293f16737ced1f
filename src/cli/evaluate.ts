import path from 'node:path';
import { Command } from 'commander';
import { located } from '../errors';
import { GradientSession } from '../gradient-session';
import { evaluate, type Candidate, type CandidateReport, type Evaluation } from '../robustness/evaluate';
import { normalized } from '../robustness/normalized';
import { sessionClassifier } from '../robustness/session-classifier';
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

/** `gdws evaluate`: natural and robust accuracy of one model or several. */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('measure the accuracy of models, natural and under attack')
    .argument('<models...>', 'ONNX files of classifiers; the first is compared with the others, image by image');
  return addAttackOptions(addDataOptions(command), attackOption('the attack').default('pgd'))
    .option('--transfer', 'also try the images made on each model on the others')
    .option('--batch <number>', 'images at once', positiveInteger, 32)
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
What is not given, is as docs/robustness.md says of each attack.

Examples:
  $ gdws evaluate model.onnx --data test_batch.bin --attack pgd --norm linf --eps 8/255 --steps 100 --step-size 1/255
  $ gdws evaluate dense.onnx small.onnx --data t10k-images-idx3-ubyte --eps 0.3 --transfer
  $ gdws evaluate model.onnx --data pictures/ --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --attack autoattack`,
    )
    .action(async (models: string[], options: EvaluateArguments) => {
      const signal = interruption();
      const settings = settingsOf(options)!;
      const images = await imagesOf(options, models[0]!);
      const sessions = await Promise.all(
        models.map((model) => GradientSession.create(model, { intraOpNumThreads: options.threads })),
      );
      const normalization = normalizationOf(options);
      const candidates: Candidate[] = [];
      for (const [index, session] of sessions.entries()) {
        const classifier = await sessionClassifier(session, images.dims).catch((error: unknown) => {
          throw located(error, { file: models[index] });
        });
        candidates.push({
          name: models[index]!,
          classifier: normalization ? normalized(classifier, normalization) : classifier,
        });
      }
      const progress = new Progress(settings.attack);
      const evaluation = await evaluate(
        candidates,
        images.batch(0, images.length).images.data as Float32Array,
        images.labels,
        settings,
        {
          seed: options.seed,
          batchSize: options.batch,
          transfer: options.transfer,
          signal,
          onProgress: ({ classifier, done, total, broken, imagesPerSecond }) =>
            progress.update(
              done / total,
              `${path.basename(classifier)}: ${broken} of ${done} broken, ${formatNumber(imagesPerSecond)} images/s`,
            ),
        },
      ).finally(() => progress.stop());
      await Promise.all(sessions.map((session) => session.release()));
      if (options.json) printJson(documentOf(evaluation, settings, images.length));
      else printEvaluation(evaluation, images.length);
    });
}

/** Without the images themselves. */
function documentOf({ candidates, comparisons, transfers }: Evaluation, settings: AttackSettings, images: number) {
  const flags = (outcome: Uint8Array) => Array.from(outcome);
  return {
    settings,
    images,
    models: candidates.map((report: CandidateReport) => ({
      model: report.name,
      natural: report.natural,
      robust: report.robust,
      passes: report.passes,
      seconds: report.seconds,
      imagesPerSecond: report.imagesPerSecond,
      correct: flags(report.correct),
      standing: flags(report.standing),
    })),
    comparisons,
    transfers,
  };
}

function printEvaluation({ candidates, comparisons, transfers }: Evaluation, images: number): void {
  printTable(
    [{ title: 'model' }, { title: 'natural' }, { title: 'robust' }, { title: 'images/s', right: true }],
    candidates.map(({ name, natural, robust, imagesPerSecond }) => [
      name,
      formatProportion(natural),
      formatProportion(robust),
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
        (
          [
            ['natural', natural],
            ['robust', robust],
          ] as const
        ).map(([kind, { lost, gained, pValue }]) => [to, kind, String(lost), String(gained), formatNumber(pValue)]),
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
