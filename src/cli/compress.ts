import { Command } from 'commander';
import { GdwsError } from '../base/errors';
import { compress } from '../compress/compress';
import type { Compression } from '../compress/compression';
import { compressWithinDrop, type WithinDrop } from '../compress/drop/compress-within-drop';
import { goals, isTime, type CompressOptions } from '../compress/options';
import type { AllocationSummary, Change, CompressionSummary, LayerSummary } from '../compress/summary';
import { alphaFor } from './alpha-file';
import { finiteNumber, jsonOption, positiveInteger, share, threadsOption } from './arguments';
import { addCalibrationOptions, calibrationOf, type CalibrationArguments } from './calibration-options';
import { imagesOf, normalizationOf } from './data-options';
import { refuseWithout } from './dependent-options';
import { checkDestination } from './destination';
import {
  addDropOptions,
  checkDropOptions,
  checkHeldOut,
  describeTrial,
  printDrops,
  type DropArguments,
} from './drop-options';
import { formatBytes, formatCount, formatNumber, formatShape, formatShare, formatTime } from './format';
import { interruption } from './interrupt';
import { addLayerOptions, type LayerArguments } from './layer-options';
import { note, print, printJson, printTable, warn } from './output';
import { Progress } from './progress';

type Goals = Pick<CompressOptions, (typeof goals)[number]>;
type Timing = Pick<CompressOptions, 'batch' | 'runThreads' | 'remeasure'>;

interface CompressArguments
  extends Goals, Timing, CalibrationArguments, DropArguments, LayerArguments, Pick<CompressOptions, 'threads'> {
  readonly output: string;
  readonly alpha?: string;
  readonly json?: boolean;
}

/** `gdws compress`: replaces convolutions by GDWS ones, without training. */
export function compressCommand(): Command {
  const command = new Command('compress');
  command
    .description("replace a trained network's convolutions by generalized depthwise-separable ones, without training")
    .argument('<model>', 'ONNX file')
    .requiredOption('-o, --output <file>', 'where to write the compressed model; a file of that name is replaced')
    .option('--macs <share>', 'share of the multiply-accumulates to keep, above 0 to 1, as 0.35 or 35%', share)
    .option('--params <share>', 'share of the weights to keep, above 0 to 1, as 0.35 or 35%', share)
    .option(
      '--latency <share>',
      "share of the dense network's time on this machine to keep, above 0 to 1, as 0.5 or 50%",
      share,
    )
    .option('--fps <number>', 'images a second to make on this machine', finiteNumber)
    .option(
      '--batch <number>',
      'with --latency or --fps: images of a run; by default what the model declares, or 1',
      positiveInteger,
    )
    .option(
      '--run-threads <number>',
      'with --latency or --fps: threads that the compressed model will run with; by default all processors',
      positiveInteger,
    )
    .option('--remeasure', 'with --latency or --fps: measure anew, even what was measured earlier')
    .option('--beta <number>', "most weighted error of each layer (the paper's β)", finiteNumber)
    .option(
      '--error <share>',
      'most error of each layer, as a share of the energy of its weights, as 0.02 or 2%',
      share,
    )
    .option('--alpha <file>', 'weight-error vectors by layer name, .json or .npz');
  return addLayerOptions(addCalibrationOptions(addDropOptions(command)))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Exactly one of --macs, --params, --latency, --fps, --beta, --error and --max-drop says how far to go. docs/calibration.md
says what images change, docs/latency.md how time is measured, docs/max-drop.md how a budget is searched.

Examples:
  $ gdws compress model.onnx -o small.onnx --macs 0.35
  $ gdws compress model.onnx -o small.onnx --macs 0.35 --calib data_batch_1.bin
  $ gdws compress robust.onnx -o small.onnx --macs 0.5 --calib data_batch_1.bin --calib-attack pgd --eps 8/255 --steps 10
  $ gdws compress model.onnx -o small.onnx --latency 0.5 --run-threads 1 --calib data_batch_1.bin
  $ gdws compress model.onnx -o small.onnx --fps 200 --batch 16
  $ gdws compress model.onnx -o small.onnx --max-drop 1% --data test_batch.bin --calib data_batch_1.bin
  $ gdws compress model.onnx -o small.onnx --beta 0.005 --alpha alpha.json
  $ gdws compress model.onnx -o small.onnx --error 0.02 --exclude '/head/*'`,
    )
    .action(async (model: string, options: CompressArguments) => {
      const given = goals.filter((goal) => options[goal] !== undefined);
      if (given.length + (options.maxDrop === undefined ? 0 : 1) !== 1) {
        command.error('error: give exactly one of --macs, --params, --latency, --fps, --beta, --error and --max-drop');
      }
      const { batch, runThreads, remeasure, save = 'macs' } = options;
      if (!isTime(given[0] ?? save)) {
        const dependent = { '--batch': batch, '--run-threads': runThreads, '--remeasure': remeasure };
        refuseWithout('--latency or --fps', dependent, 'Leave it out, or give a goal of time: --latency 50%.');
      }
      checkDropOptions(options, given[0]);
      const { data, labels, calib, calibLabels } = options;
      await checkDestination(options.output, model, options.alpha, data, labels, calib, calibLabels);
      const { output, shape, json, include, exclude, firstLayer, foldBatchNorm, threads } = options;
      const layers = { include, exclude, firstLayer };
      const alpha = options.alpha === undefined ? undefined : await alphaFor(model, options.alpha, layers);

      const progress = new Progress('compressing');
      let tried = '';
      const calibration = await calibrationOf(options, model, ({ step, done, total }) =>
        progress.update(
          done / total,
          `${tried}${step}: ${done} of ${total} ${step === 'refit' || step === 'losses' ? 'layers' : 'images'}`,
        ),
      );
      const prepare = {
        ...layers,
        ...{ foldBatchNorm, threads, batch, runThreads, remeasure },
        alpha,
        calibration,
        inputShapes: shape,
        signal: interruption(),
        onMeasured: (done: number) => progress.update(done, 'measuring times'),
        onProgress: (done: number, total: number, layer: string) => progress.update(done / total, layer),
      };
      let found: WithinDrop | undefined;
      let compression: Compression | undefined;
      try {
        if (options.maxDrop === undefined) {
          compression = await compress(model, { ...prepare, [given[0]!]: options[given[0]!] });
        } else {
          const { count, seed, sure, maxDrop } = options;
          found = await compressWithinDrop(model, {
            ...prepare,
            ...{ maxDrop, budget: save, isSure: sure, seed },
            data: await imagesOf({ data: data!, labels, count, shape }, model),
            normalization: normalizationOf(options),
            attack: calibration?.attack,
            onTrial: (trial) => (tried = `${describeTrial(trial)}; `),
          });
          compression = found.compression;
        }
      } finally {
        progress.stop();
      }
      if (!compression) {
        throw new GdwsError('BUDGET_OUT_OF_RANGE', 'only the dense network is within the drop.', {
          file: model,
          remedy: 'Allow a larger --max-drop, give --calib images, or more of --data where it is to be --sure.',
        });
      }
      const isKept = found === undefined || found.heldOut.isWithin || options.keepAnyway === true;
      if (isKept) await compression.write(output);

      if (json) {
        const place = { model, ...(isKept && { output }) };
        printJson({ ...place, ...compression.summary, ...(found && { search: searchOf(found) }) });
      } else printSummary(compression.summary);
      if (found && !json) printDrops(found, save === 'latency' ? 'time' : save === 'macs' ? 'MACs' : save);
      if (compression.summary.layers.every(({ status }) => status === 'dense')) {
        const { layers } = compression.summary;
        const reasons = [...new Set(layers.map(({ reason }) => reason))].join(', ');
        warn(`no layer was replaced: ${layers.length === 0 ? 'the model has no convolution' : reasons}.`);
      }
      const uncalibrated = compression.summary.layers.filter((layer) => layer.calibrated === false);
      if (uncalibrated.length > 0) {
        const names = uncalibrated.map(({ name }) => name).join(', ');
        warn(
          `compressed by their weights alone, because the images do not reach them or the engine does not: ${names}.`,
        );
      }
      if (isKept) note(`wrote ${output}`);
      if (found) checkHeldOut(found, options, output);
    });
}

function searchOf({ share, trials, heldOut }: WithinDrop) {
  return { share, trials, heldOut };
}

function printSummary({ layers, macs, params, time, allocation, bytes }: CompressionSummary): void {
  printTable(
    [
      { title: 'layer' },
      { title: 'shape' },
      { title: 'is now' },
      { title: 'g', right: true },
      { title: 'MACs', right: true },
      { title: 'kept', right: true },
      ...(time ? [{ title: 'time', right: true }] : []),
      { title: 'error', right: true },
    ],
    layers.map((layer) => [
      layer.name,
      shapeOf(layer),
      layer.status === 'gdws' ? 'GDWS' : `dense: ${layer.reason}`,
      meanKernels(layer),
      layer.macs ? formatCount(layer.macs.after) : '?',
      layer.macs ? formatShare(kept(layer.macs)) : '?',
      ...(time ? [layer.time ? formatTime(layer.time.after) : ''] : []),
      layer.status === 'gdws' ? formatShare(layer.relativeError) : '',
    ]),
  );
  print();
  print('g: depthwise kernels an input channel, on average; error: share of the (weighted) energy of the weights');
  const replaced = layers.filter(({ status }) => status === 'gdws').length;
  print(`${replaced} of ${layers.length} convolutions replaced`);
  if (macs) print(change('MACs', macs, formatCount));
  if (time) print(`${change('time', time, formatTime)}, as measured layer by layer`);
  print(change('params', params, formatCount));
  print(change('file', bytes, formatBytes));
  if (allocation) print(spent(allocation));
}

function shapeOf({ outputChannels, inputChannels, kernel, groups }: LayerSummary): string {
  if (!kernel || outputChannels === undefined || inputChannels === undefined) return '?';
  return `${formatShape([outputChannels, inputChannels, ...kernel])}${groups && groups > 1 ? ` in ${groups} groups` : ''}`;
}

function meanKernels({ kernels, inputChannels }: LayerSummary): string {
  return kernels === undefined || !inputChannels ? '' : formatNumber(kernels / inputChannels);
}

function change(what: string, { before, after }: Change, format: (count: number) => string): string {
  return `${what}: ${format(before)} → ${format(after)} (${formatShare(kept({ before, after }))})`;
}

function spent({ loss, gap, isOptimal }: AllocationSummary): string {
  const proof = isOptimal ? 'the least there is' : 'nearly the least there is';
  return `allocation: loss ${formatNumber(loss)}, ${proof}; ${(100 * gap).toFixed(4)} % above the bound of its relaxation`;
}

function kept({ before, after }: Change): number {
  return before === 0 ? 1 : after / before;
}
