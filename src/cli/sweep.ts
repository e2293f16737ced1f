import path from 'node:path';
import { Command } from 'commander';
import { GdwsError } from '../base/errors';
import { formatNumber, formatShare, formatTime } from '../base/format';
import { normalizationOf } from '../data/preprocessing';
import { writeTogether } from '../onnx/whole-file';
import { defaultWithin } from '../sweep/chosen';
import { pageOf } from '../sweep/page/page';
import { svgOf } from '../sweep/page/svg';
import { ruleOf } from '../sweep/page/texts';
import type { SweepReport } from '../sweep/report';
import { defaultBudgets, sweep } from '../sweep/sweep';
import { alphaFor } from './alpha-file';
import { finiteNumber, jsonOption, positiveInteger, positiveShares, shareUpToOne, threadsOption } from './arguments';
import { attackOption, settingsOf, squareQueriesOf, type AttackArguments } from './attack-options';
import { addCalibrationOptions, calibrationOf, type CalibrationArguments } from './calibration-options';
import { imagesOf } from './data-options';
import { checkDestination } from './destination';
import { interruption } from './interrupt';
import { addLayerOptions, type LayerArguments } from './layer-options';
import { note, print, printJson, printTable, warn } from './output';
import { recipeFor } from './preprocessing-options';
import { Progress } from './progress';

interface SweepArguments extends CalibrationArguments, LayerArguments {
  readonly output: string;
  readonly report?: string;
  readonly svg?: string;
  readonly json?: boolean;
  readonly data: string;
  readonly labels?: string;
  readonly count?: number;
  readonly attack?: AttackArguments['attack'];
  readonly budgets?: number[];
  readonly int8?: boolean;
  readonly alpha?: string;
  readonly batch?: number;
  readonly runThreads?: number;
  readonly threads?: number;
  readonly time: number;
  readonly within: number;
}

/** `gdws sweep`: the whole trade-off of a network, as a page of charts. */
export function sweepCommand(): Command {
  const command = new Command('sweep');
  command
    .description('measure the whole trade-off of a network, accuracy against cost, and draw it as one page')
    .argument('<model>', 'ONNX file')
    .requiredOption('-o, --output <file>', 'where to write the page, an HTML file; a file of that name is replaced')
    .option('--report <file>', 'where to write the figures, as JSON; a file of that name is replaced')
    .option('--svg <file>', 'where to write the first chart, as an SVG picture; a file of that name is replaced')
    .requiredOption('-d, --data <path>', 'labelled images that accuracy is counted on, as for evaluate')
    .option('--labels <file>', 'their labels, where they are apart')
    .option('--count <number>', 'of them, from the beginning; all by default', positiveInteger)
    .addOption(attackOption('count accuracy under this attack, too'))
    .option(
      '--budgets <shares>',
      `shares of the multiply-accumulates, as 0.3,50%; ${defaultBudgets.join(',')} by default`,
      positiveShares,
    )
    .option(
      '--within <share>',
      'what the chosen network, the fastest, may lose of the dense accuracy, as 1% or 0.01',
      shareUpToOne,
      defaultWithin,
    )
    .option('--int8', 'with --calib: also gdws quantized to 8 bits, at each budget and alone')
    .option('--alpha <file>', "weight-error vectors for the paper's algorithm, .json or .npz");
  return addLayerOptions(addCalibrationOptions(command))
    .option(
      '--batch <number>',
      'images of a run that is timed; by default what the model declares, or 1',
      positiveInteger,
    )
    .option('--run-threads <number>', 'threads of a run that is timed; by default all processors', positiveInteger)
    .option('--time <seconds>', 'how long to time the networks', finiteNumber, 10)
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Every budget is met twice: by gdws (calibrated on --calib, else by weights alone; with --int8 quantized, too), and by the paper's
algorithm with one β for all layers. The norm, --eps, --steps, ... are those of --attack and of --calib-attack. docs/sweep.md shows a page.

Examples:
  $ gdws sweep model.onnx -o trade-off.html --data test_batch.bin --calib data_batch_1.bin
  $ gdws sweep model.onnx -o trade-off.html --int8 --data test_batch.bin --calib data_batch_1.bin
  $ gdws sweep robust.onnx -o trade-off.html --report trade-off.json --data test_batch.bin --count 500 \\
      --calib data_batch_1.bin --robust --attack pgd --eps 8/255 --steps 10`,
    )
    .action(async (model: string, options: SweepArguments) => {
      const {
        output,
        report: reportFile,
        svg,
        data,
        labels,
        count,
        attack,
        budgets,
        shape,
        time,
        seed,
        within,
      } = options;
      const { include, exclude, firstLayer, foldBatchNorm, batch, runThreads, threads, int8 } = options;
      const { coarse, synsets } = options;
      const files = [reportFile, svg, output].filter((file) => file !== undefined);
      const twice = files.find((file, index) =>
        files.slice(index + 1).some((other) => path.resolve(file) === path.resolve(other)),
      );
      if (twice !== undefined) {
        throw new GdwsError('ARGUMENT_INVALID', 'two of the files to be written have one name.', {
          file: twice,
          remedy: 'Give -o, --report and --svg different ones.',
        });
      }
      for (const file of files) {
        await checkDestination(file, model, data, labels, options.calib, options.calibLabels, options.alpha);
      }
      const squareQueries = squareQueriesOf(options);
      const attacking = squareQueries === undefined ? options : { ...options, queries: undefined };
      const settings = attack && settingsOf({ ...attacking, attack });
      const progress = new Progress('sweeping');
      const isAttackedOnly = settings !== undefined && options.calibAttack === undefined && !options.robust;
      const ofCalibration = isAttackedOnly ? withoutAttack(attacking) : attacking;
      const report = await (async () => {
        const recipe = await recipeFor(options, [model]);
        const calibration = await calibrationOf(
          ofCalibration,
          model,
          recipe,
          ({ step, done, total }) => progress.update(done / total, step),
          { attackOption: '--attack' },
        );
        return sweep(model, {
          ...{ budgets, attack: settings, squareQueries, calibration, time, seed, within },
          ...{ include, exclude, firstLayer, foldBatchNorm, batch, runThreads, threads, int8 },
          data: await imagesOf({ data, labels, count, shape, coarse, synsets }, model, recipe),
          normalization: normalizationOf(recipe),
          alpha:
            options.alpha === undefined
              ? undefined
              : await alphaFor(model, options.alpha, { include, exclude, firstLayer }),
          inputShapes: shape,
          signal: interruption(),
          onStep: (step, done, total) => progress.update(done / total, step),
        });
      })().finally(() => progress.stop());

      await writeTogether([
        ...(reportFile === undefined ? [] : [{ file: reportFile, parts: [`${JSON.stringify(report, null, 1)}\n`] }]),
        ...(svg === undefined ? [] : [{ file: svg, parts: [svgOf(report)] }]),
        { file: output, parts: [await pageOf(report)] },
      ]);
      if (options.json) printJson({ output, ...report });
      else printReport(report);
      note(`wrote ${files.join(' and ')}`);
    });
}

/** The options without those of the attack, which is not the calibration's. */
function withoutAttack(options: SweepArguments): SweepArguments {
  const none = undefined;
  return { ...options, norm: none, eps: none, steps: none, stepSize: none, restarts: none, loss: none, queries: none };
}

function printReport(report: SweepReport): void {
  const { networks, unmet, settings } = report;
  const dense = networks[0]!;
  printTable(
    [
      { title: 'network' },
      { title: 'budget', right: true },
      { title: 'MACs', right: true },
      { title: 'params', right: true },
      { title: 'accuracy', right: true },
      ...(settings.attack ? [{ title: 'under attack', right: true }] : []),
      { title: 'time', right: true },
      { title: 'images/s', right: true },
    ],
    networks.map((network) => [
      network.method === 'paper' ? "paper's β" : network.method === 'int8' ? 'gdws in int8' : network.method,
      formatShare(network.budget),
      formatShare(network.macs / dense.macs),
      formatShare(network.params / dense.params),
      formatShare(network.natural.value),
      ...(settings.attack ? [network.robust ? formatShare(network.robust.value) : ''] : []),
      formatTime(network.milliseconds),
      formatNumber(network.imagesPerSecond),
    ]),
  );
  print();
  print(ruleOf(report));
  for (const { method, budget, reason } of unmet) {
    warn(`${method === 'paper' ? "the paper's algorithm" : method}, budget ${budget}: ${reason}`);
  }
}
