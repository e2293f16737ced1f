import { Command } from 'commander';
import { native } from '../addon/native';
import { GdwsError } from '../base/errors';
import { formatCount, formatTime } from '../base/format';
import { InferenceSession } from '../engine/session';
import { measureInterleaved } from '../measure';
import { finiteNumber, jsonOption, positiveIntegers, shapeOption } from './arguments';
import { interruption } from './interrupt';
import { print, printHeading, printJson, printTable } from './output';
import { Progress } from './progress';
import { randomFeeds } from './random-feeds';

interface BenchArguments {
  readonly threads?: number[];
  readonly batch?: number[];
  readonly time: number;
  readonly shape?: Record<string, number[]>;
  readonly json?: boolean;
}

/** The speed of one model with one number of threads and one batch size. */
interface BenchResult {
  readonly model: string;
  /** Median and quartiles of one run, in milliseconds. */
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly imagesPerSecond: number;
  /** Median time of the first model as a multiple of this one's. */
  readonly speedUp: number;
}

interface BenchSetting {
  readonly threads: number;
  readonly batch: number;
  readonly rounds: number;
  readonly results: readonly BenchResult[];
}

/** `gdws bench`: times models in turn. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('time models against each other, in turn, on random inputs')
    .argument('<models...>', 'ONNX files; the first is what the others are compared with')
    .option(
      '--threads <numbers>',
      'numbers of threads, as 1,2; by default all processors that this process may use',
      positiveIntegers,
    )
    .option('--batch <numbers>', 'batch sizes, as 1,16; by default what the models declare, or 1', positiveIntegers)
    .option('--time <seconds>', 'how long to measure at each setting', finiteNumber, 2)
    .addOption(shapeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Models run one after the other, again and again, so that what else the machine does slows all of them alike: trust the
ratios more than the times.

Examples:
  $ gdws bench model.onnx small.onnx --threads 1,2 --batch 1,16
  $ gdws bench model.onnx --shape input=1x3x224x224 --json`,
    )
    .action(async (models: string[], options: BenchArguments) => {
      if (options.time <= 0) throw new GdwsError('ARGUMENT_INVALID', '--time must be above 0.');
      if (new Set(models).size < models.length) throw new GdwsError('ARGUMENT_INVALID', 'a model was given twice.');
      const threads = options.threads ?? [native().concurrency];
      const batches = options.batch ?? [undefined];
      const progress = new Progress('measuring');
      const signal = interruption();
      const settings: BenchSetting[] = [];
      try {
        for (const threadCount of threads) {
          for (const batch of batches) {
            const onProgress = (done: number) =>
              progress.update((settings.length + done) / (threads.length * batches.length));
            settings.push(await measure(models, threadCount, batch, { ...options, signal, onProgress }));
          }
        }
      } finally {
        progress.stop();
      }
      if (options.json) printJson({ instructionSet: native().instructionSet, settings });
      else printSettings(settings);
    });
}

interface MeasureOptions extends BenchArguments {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

async function measure(
  models: readonly string[],
  threads: number,
  batch: number | undefined,
  { time, shape, signal, onProgress }: MeasureOptions,
): Promise<BenchSetting> {
  const contestants = await Promise.all(
    models.map(async (name) => {
      const session = await InferenceSession.create(name, { intraOpNumThreads: threads });
      const { feeds, batch: size } = randomFeeds(session, name, batch, shape);
      return { name, session, size, run: () => session.run(feeds, { signal }) };
    }),
  );
  const comparison = await measureInterleaved(contestants, { budget: 1000 * time, signal, onProgress });
  await Promise.all(contestants.map(({ session }) => session.release()));
  return {
    threads,
    batch: contestants[0]!.size,
    rounds: comparison.rounds,
    results: comparison.measurements.map(({ name, time: { median, lowerQuartile, upperQuartile } }, index) => ({
      model: name,
      median,
      lowerQuartile,
      upperQuartile,
      imagesPerSecond: (1000 * contestants[index]!.size) / median,
      speedUp: comparison.ratio(models[0]!, name).ofMedians,
    })),
  };
}

function printSettings(settings: readonly BenchSetting[]): void {
  for (const { threads, batch, rounds, results } of settings) {
    printHeading(`${threads} ${threads === 1 ? 'thread' : 'threads'}, batch ${batch}: medians of ${rounds} rounds`);
    printTable(
      [
        { title: 'model' },
        { title: 'time', right: true },
        { title: 'quartiles', right: true },
        { title: 'images/s', right: true },
        { title: 'speed', right: true },
      ],
      results.map(({ model, median, lowerQuartile, upperQuartile, imagesPerSecond, speedUp }) => [
        model,
        formatTime(median),
        `${formatTime(lowerQuartile)} to ${formatTime(upperQuartile)}`,
        formatCount(Math.round(imagesPerSecond)),
        `${speedUp.toFixed(2)}×`,
      ]),
    );
  }
  print();
  print(`on ${native().instructionSet}; speed: how many times as fast as the first model`);
}
