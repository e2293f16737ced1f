import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readImages } from '../data/read-images';
import { GdwsError } from '../errors';
import { GradientSession } from '../gradient-session';
import { Graph } from '../graph/graph';
import { readModel } from '../onnx/read';
import { attackNames } from '../robustness/attacks';
import { evaluate, type Candidate, type CandidateReport, type Evaluation } from '../robustness/evaluate';
import { norms, type Norm } from '../robustness/norm';
import { normalized } from '../robustness/normalized';
import { sessionClassifier } from '../robustness/session-classifier';
import type { AttackSettings } from '../robustness/settings';
import type { Proportion } from '../robustness/statistics/wilson';
import { jsonOption, positiveInteger, threadsOption } from './arguments';
import { formatNumber, formatShare, formatTime } from './format';
import { interruption } from './interrupt';
import { note, printHeading, printJson, printTable } from './output';
import { Progress } from './progress';

interface EvaluateArguments {
  readonly data: string;
  readonly labels?: string;
  readonly count?: number;
  readonly attack: (typeof attackNames)[number];
  readonly norm: Norm;
  readonly eps: string;
  readonly steps?: number;
  readonly stepSize?: string;
  readonly restarts?: number;
  readonly loss?: 'ce' | 'dlr' | 'dlr-targeted';
  readonly queries?: number;
  readonly mean?: number[];
  readonly std?: number[];
  readonly transfer?: boolean;
  readonly seed: number;
  readonly batch: number;
  readonly threads?: number;
  readonly json?: boolean;
}

/** `gdws evaluate`: natural and robust accuracy of one model or several. */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('measure the accuracy of models, natural and under attack')
    .argument('<models...>', 'ONNX files of classifiers; the first is compared with the others, image by image')
    .requiredOption(
      '-d, --data <path>',
      'images: CIFAR-10 (.bin), MNIST (IDX), .npz, .npy, or a folder with a folder of pictures for each class',
    )
    .option('--labels <file>', 'labels, where they are apart from the images')
    .option('--count <number>', 'images to take, from the beginning; all by default', positiveInteger)
    .addOption(new Option('-a, --attack <name>', 'the attack').choices(attackNames).default('pgd'))
    .addOption(new Option('--norm <name>', 'norm of the perturbation').choices(norms).default('linf'))
    .option('--eps <bound>', 'its bound, of pixels from 0 to 1; of msd three, for linf,l2,l1', '8/255')
    .option('--steps <number>', 'gradient steps', positiveInteger)
    .option('--step-size <length>', 'length of a step, of pgd')
    .option('--restarts <number>', 'independent runs', positiveInteger)
    .addOption(new Option('--loss <name>', 'what pgd and apgd raise').choices(['ce', 'dlr', 'dlr-targeted']))
    .option('--queries <number>', 'queries of square and autoattack', positiveInteger)
    .option('--mean <numbers>', 'mean that the models expect to be subtracted, one or one a channel', channelNumbers)
    .option('--std <numbers>', 'deviation that they expect to be divided by', channelNumbers)
    .option('--transfer', 'also try the images made on each model on the others')
    .option('--seed <number>', 'repeats a run', seedNumber, 0)
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
      const settings = settingsOf(options);
      const { data, labels, count } = options;
      const images = await readImages(data, { labels, count, dims: await imageDimsOf(models[0]!) });
      const sessions = await Promise.all(
        models.map((model) => GradientSession.create(model, { intraOpNumThreads: options.threads })),
      );
      const candidates: Candidate[] = [];
      for (const [index, session] of sessions.entries()) {
        const classifier = await sessionClassifier(session, images.dims).catch((error: unknown) => {
          throw error instanceof GdwsError ? error.within({ file: models[index] }) : error;
        });
        const { mean = [0], std = [1] } = options;
        const isPlain = options.mean === undefined && options.std === undefined;
        candidates.push({
          name: models[index]!,
          classifier: isPlain ? classifier : normalized(classifier, { mean, std }),
        });
      }
      const progress = new Progress(options.attack);
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

/** What the options say, for {@link evaluate} to check: each attack refuses what it does not know. */
function settingsOf(options: EvaluateArguments): AttackSettings {
  const { attack, norm, eps, steps, stepSize, restarts, loss, queries } = options;
  const given = Object.fromEntries(
    Object.entries({ steps, stepSize, restarts, loss, queries }).filter(([, value]) => value !== undefined),
  );
  if (attack !== 'msd') return { attack, norm, eps, ...given };
  const bounds = eps.split(',');
  if (bounds.length !== norms.length) {
    throw new GdwsError('ARGUMENT_INVALID', `eps is ${eps}.`, {
      remedy: `The attack msd takes three bounds, for ${norms.join(',')}: --eps 0.3,2,10.`,
    });
  }
  const byNorm = Object.fromEntries(norms.map((name, i) => [name, bounds[i]!]));
  return { attack, eps: byNorm, ...given } as unknown as AttackSettings;
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

function seedNumber(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError(`'${text}' is not a whole number from 0 on.`);
  }
  return Number(text);
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
