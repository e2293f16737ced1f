import { Command, Option } from 'commander';
import { GdwsError } from '../base/errors';
import { formatBytes, formatCount, formatNumber, formatShape, formatShare, formatTime } from '../base/format';
import { compress } from '../compress/compress';
import type { Compression } from '../compress/compression';
import {
  compressWithinDrop,
  type DropTrial,
  type WithinDrop,
  type WithinDropOptions,
} from '../compress/drop/compress-within-drop';
import { halves } from '../compress/drop/split';
import { goals, isTime, type CompressOptions, type Goal, type PrepareOptions } from '../compress/options';
import type {
  AllocationSummary,
  Change,
  CompressionSummary,
  LayerSummary,
  QuantizationSummary,
} from '../compress/summary';
import type { ImageSet } from '../data/image-set';
import { normalizationOf } from '../data/preprocessing';
import type { Recipe } from '../data/recipe';
import { quantizedForms } from '../quantize/quantize';
import { alphaFor } from './alpha-file';
import { finiteNumber, jsonOption, positiveInteger, share, shareUpToOne, threadsOption } from './arguments';
import { squareQueriesOf } from './attack-options';
import {
  addCalibrationOptions,
  calibrationAttackOf,
  calibrationOf,
  type CalibrationArguments,
} from './calibration-options';
import { imagesOf } from './data-options';
import { firstGiven } from './dependent-options';
import { checkDestination } from './destination';
import {
  addDropOptions,
  checkDropOptions,
  checkHeldOut,
  describeTrial,
  printDrops,
  type DropArguments,
} from './drop-options';
import { interruption } from './interrupt';
import { addLayerOptions, type LayerArguments } from './layer-options';
import { note, print, printJson, printTable, warn } from './output';
import { givenPreprocessing, recipeFor } from './preprocessing-options';
import { Progress } from './progress';
import { adviceForTime, isNoFaster, measureRunTime, type RunTime } from './run-time';

type Goals = Pick<CompressOptions, (typeof goals)[number]>;
type Timing = Pick<CompressOptions, 'batch' | 'runThreads' | 'remeasure'>;

interface CompressArguments
  extends
    Goals,
    Timing,
    CalibrationArguments,
    DropArguments,
    LayerArguments,
    Pick<CompressOptions, 'threads' | 'int8' | 'int8Exclude' | 'int8MaxLoss' | 'format'> {
  readonly output: string;
  readonly alpha?: string;
  readonly json?: boolean;
}

/** `gdws compress`: replaces convolutions by GDWS ones, without training. */
export function compressCommand(): Command {
  const command = new Command('compress');
  command
    .description(
      'make a trained network faster without training: convolutions become generalized depthwise-separable ones, and numbers 8-bit integers where images are given',
    )
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
      'images of a run whose time is measured; by default what the model declares, or 1',
      positiveInteger,
    )
    .option(
      '--run-threads <number>',
      'threads that the compressed model will run with; by default all processors',
      positiveInteger,
    )
    .option('--remeasure', 'with --latency or --fps: measure anew, even what was measured earlier')
    .option('--beta <number>', "most weighted error of each layer (the paper's β)", finiteNumber)
    .option(
      '--error <share>',
      'most error of each layer, as a share of the energy of its weights, as 0.02 or 2%',
      share,
    )
    .option('--alpha <file>', 'weight-error vectors by layer name, .json or .npz')
    .option('--int8', 'quantize to 8 bits, after what the goal asks for, if there is one; needs --calib')
    .option('--int8-exclude <names...>', 'with --int8: nodes that stay in floats; * stands for anything')
    .option(
      '--int8-max-loss <share>',
      'with --int8, but not for a time: the most that rounding may lose of what the predictions tell, before the layers that lose most stay in floats (default 2%); 100% quantizes all',
      shareUpToOne,
    )
    .addOption(
      new Option(
        '--format <form>',
        'with --int8: qdq (the default), operators of floats between QuantizeLinear and DequantizeLinear; or qoperator, operators on bytes, as QLinearConv',
      ).choices(quantizedForms),
    );
  return addLayerOptions(addCalibrationOptions(addDropOptions(command)))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
With images and nothing else, the fastest network within one point is searched for: of accuracy with labelled images (--data), of
images whose prediction changes with others (--calib). One of --max-drop, --latency, --fps, --macs, --params, --beta and --error says
how far to go instead; --int8 alone only quantizes. Fewer multiply-accumulates are often no less time: the times of both networks are
printed. docs/calibration.md says what images change, docs/quantization.md how numbers become integers, docs/latency.md how time is
measured, docs/max-drop.md how a network is searched.

Examples:
  $ gdws compress model.onnx -o fast.onnx --calib photos/
  $ gdws compress model.onnx -o fast.onnx --calib data_batch_1.bin --data test_batch.bin
  $ gdws compress model.onnx -o small.onnx --macs 0.35
  $ gdws compress model.onnx -o small.onnx --macs 0.35 --calib data_batch_1.bin
  $ gdws compress model.onnx -o small.onnx --int8 --calib data_batch_1.bin
  $ gdws compress model.onnx -o small.onnx --int8 --macs 0.35 --calib data_batch_1.bin
  $ gdws compress robust.onnx -o small.onnx --macs 0.5 --calib data_batch_1.bin --calib-attack pgd --eps 8/255 --steps 10
  $ gdws compress model.onnx -o small.onnx --latency 0.5 --run-threads 1 --calib data_batch_1.bin
  $ gdws compress model.onnx -o small.onnx --fps 200 --batch 16
  $ gdws compress model.onnx -o small.onnx --max-drop 1% --data test_batch.bin --calib data_batch_1.bin
  $ gdws compress model.onnx -o small.onnx --fastest --max-drop 1% --data test_batch.bin --calib data_batch_1.bin
  $ gdws compress model.onnx -o small.onnx --beta 0.005 --alpha alpha.json
  $ gdws compress model.onnx -o small.onnx --error 0.02 --exclude '/head/*'`,
    )
    .action(async (model: string, given: CompressArguments) => {
      const options = withDefaultGoal(given);
      const goal = goalOf(command, options);
      await checkArguments(command, model, options, goal);
      const found = await findCompression(model, options, goal);
      const isKept = found.search === undefined || found.search.heldOut.isWithin || options.keepAnyway === true;
      if (isKept) await found.compression.write(options.output);
      const { batch, runThreads, shape } = options;
      const timing = { batch, runThreads, shape, signal: interruption() };
      const compressed = isKept ? options.output : found.compression.bytes();
      const runTime = await measureRunTime(model, compressed, timing);
      report(model, options, found, isKept, runTime);
      if (found.search) checkHeldOut(found.search, options, options.output);
    });
}

/** A compressed network, and the search that found it where there was one. */
interface Found {
  readonly compression: Compression;
  readonly search?: WithinDrop;
}

/** Where images are given and nothing else: the fastest network within one point. */
function withDefaultGoal(options: CompressArguments): CompressArguments {
  const { maxDrop, int8, data, calib, save, fastest } = options;
  const isGiven = goals.some((goal) => options[goal] !== undefined) || maxDrop !== undefined || int8 === true;
  if (isGiven || (data === undefined && calib === undefined)) return options;
  if (save !== undefined) return { ...options, maxDrop: 0.01 };
  const isFastest = calib !== undefined || fastest === true;
  return { ...options, maxDrop: 0.01, ...(isFastest ? { fastest: true } : { save: 'latency' }) };
}

/** The goal that is given; `undefined` for --max-drop, and where the network is only quantized. */
function goalOf(command: Command, options: CompressArguments): Goal['kind'] | undefined {
  const given = goals.filter((goal) => options[goal] !== undefined);
  const count = given.length + (options.maxDrop === undefined ? 0 : 1);
  if (count > 1 || (count === 0 && !options.int8)) {
    command.error(
      count === 0
        ? 'error: give images, --calib or --data, to find the fastest network within one point; or say how far to go: --latency, --fps, --macs, --params, --beta or --error'
        : 'error: give exactly one of --macs, --params, --latency, --fps, --beta, --error and --max-drop; or --int8',
    );
  }
  const ofIntegers = firstGiven({
    '--int8-exclude': options.int8Exclude,
    '--int8-max-loss': options.int8MaxLoss,
    '--format': options.format,
  });
  if (ofIntegers !== undefined && !options.int8 && !options.fastest) {
    command.error(`error: ${ofIntegers} belongs to --int8`);
  }
  return given[0];
}

/** @throws GdwsError ARGUMENT_INVALID for options that belong to others, OUTPUT_UNWRITABLE */
async function checkArguments(
  command: Command,
  model: string,
  options: CompressArguments,
  goal: Goal['kind'] | undefined,
): Promise<void> {
  const { remeasure, output, alpha, data, labels, calib, calibLabels } = options;
  if (!isTime(goal ?? budgetOf(options))) {
    if (remeasure !== undefined) command.error('error: --remeasure belongs to --latency or --fps');
  }
  checkDropOptions(options, goal);
  await checkDestination(output, model, alpha, data, labels, calib, calibLabels);
}

/** The budget that a search lowers. */
function budgetOf({ save = 'macs', fastest }: DropArguments) {
  return fastest ? 'latency' : save;
}

/** @throws GdwsError BUDGET_OUT_OF_RANGE where only the dense network is within the drop, and what `compress` throws */
async function findCompression(
  model: string,
  options: CompressArguments,
  goal: Goal['kind'] | undefined,
): Promise<Found> {
  const { include, exclude, firstLayer, foldBatchNorm, threads, batch, runThreads, remeasure, shape } = options;
  const { int8, int8Exclude, int8MaxLoss, format } = options;
  const layers = { include, exclude, firstLayer };
  const alpha = options.alpha === undefined ? undefined : await alphaFor(model, options.alpha, layers);
  const progress = new Progress('compressing');
  let tried = '';
  const squareQueries =
    options.maxDrop === undefined
      ? undefined
      : squareQueriesOf({ attack: calibrationAttackOf(options), queries: options.queries });
  const attacking = squareQueries === undefined ? options : { ...options, queries: undefined };
  // Without labelled images, half of the others are to judge networks by.
  const isUnlabelled = options.maxDrop !== undefined && options.data === undefined;
  const isGiven = givenPreprocessing(options) !== undefined;
  const isNeeded = isGiven || options.calib !== undefined || options.data !== undefined;
  const recipe = isNeeded ? await recipeFor(options, [model]) : {};
  const read = await calibrationOf(
    attacking,
    model,
    recipe,
    ({ step, done, total }) =>
      progress.update(
        done / total,
        `${tried}${step}: ${done} of ${total} ${step === 'attack' || step === 'moments' ? 'images' : 'layers'}`,
      ),
    { isJudge: isUnlabelled },
  );
  // Two to calibrate with, one to search with, one to report on.
  if (isUnlabelled && read && read.images.length < 4) {
    throw new GdwsError('ARGUMENT_INVALID', `images to calibrate and to judge with: ${read.images.length}.`, {
      file: options.calib,
      remedy: 'Give 4 at least, better some hundred: --calib, --calib-count 2.',
    });
  }
  const [images, judges] = isUnlabelled && read ? halves(read.images, options.seed ?? 0) : [read?.images];
  const calibration = read && { ...read, images: images! };
  const prepare: PrepareOptions = {
    ...layers,
    ...{ foldBatchNorm, threads, batch, runThreads, remeasure, alpha, calibration },
    ...{ int8, int8Exclude, int8MaxLoss, format },
    ...(isGiven && { preprocessing: recipe }),
    inputShapes: shape,
    signal: interruption(),
    onMeasured: (done) => progress.update(done, 'measuring times'),
    onProgress: (done, total, layer) => progress.update(done / total, layer),
  };
  try {
    if (options.maxDrop === undefined) {
      return { compression: await compress(model, { ...prepare, ...(goal && { [goal]: options[goal] }) }) };
    }
    const onTrial = (trial: DropTrial) => (tried = `${describeTrial(trial)}; `);
    return await searchWithinDrop(model, options, { recipe, judges }, { ...prepare, squareQueries, onTrial });
  } finally {
    progress.stop();
  }
}

/** @throws GdwsError BUDGET_OUT_OF_RANGE where only the dense network is within the drop, or no other one saves anything */
async function searchWithinDrop(
  model: string,
  options: CompressArguments,
  /** What the model expects of images, and images without labels in place of --data. */
  { recipe, judges }: { readonly recipe: Recipe; readonly judges: ImageSet | undefined },
  prepare: PrepareOptions & Pick<WithinDropOptions, 'squareQueries' | 'onTrial'>,
): Promise<Found> {
  const { data, labels, count, shape, seed, sure, maxDrop, coarse, synsets } = options;
  const search = await compressWithinDrop(model, {
    ...prepare,
    ...{ maxDrop: maxDrop!, budget: budgetOf(options), fastest: options.fastest, isSure: sure, seed },
    data: judges ?? (await imagesOf({ data: data!, labels, count, shape, coarse, synsets }, model, recipe)),
    isUnlabelled: judges !== undefined,
    normalization: normalizationOf(recipe),
    attack: prepare.calibration?.attack,
  });
  if (search.compression) return { compression: search.compression, search };
  if (search.trials.every(({ isWithin }) => isWithin)) throw nothingSaved(model, budgetOf(options));
  if (judges) {
    throw new GdwsError('BUDGET_OUT_OF_RANGE', 'only the dense network predicts nearly the same.', {
      file: model,
      remedy: 'Allow a larger --max-drop, or give more of --calib where it is to be --sure.',
    });
  }
  throw new GdwsError('BUDGET_OUT_OF_RANGE', 'only the dense network is within the drop.', {
    file: model,
    remedy: 'Allow a larger --max-drop, give --calib images, or more of --data where it is to be --sure.',
  });
}

/** No network in floats saves what is searched for, whatever its accuracy. */
function nothingSaved(file: string, budget: 'macs' | 'params' | 'latency'): GdwsError {
  if (budget === 'latency') {
    return new GdwsError('BUDGET_OUT_OF_RANGE', 'no network in floats is faster on this machine.', {
      file,
      remedy: 'Search among quantized ones, too: --fastest in place of --save, with images: --calib data_batch_1.bin.',
    });
  }
  const saved = budget === 'macs' ? 'multiply-accumulates' : 'weights';
  return new GdwsError('BUDGET_OUT_OF_RANGE', `no network has less than 99 % of the ${saved}.`, {
    file,
    remedy: 'Let more layers be replaced: a wider --include, fewer --exclude, or --first-layer.',
  });
}

/** Prints the result and warnings. */
function report(
  model: string,
  options: CompressArguments,
  { compression, search }: Found,
  isKept: boolean,
  runTime: RunTime | string,
): void {
  const { summary } = compression;
  const { output } = options;
  if (options.json) {
    const place = { model, ...(isKept && { output }) };
    const measured = typeof runTime === 'string' ? undefined : runTime;
    printJson({ ...place, ...summary, runTime: measured, ...(search && { search: searchOf(search) }) });
  } else {
    printSummary(summary, runTime);
    const saved = { latency: 'time', macs: 'MACs', params: 'params' }[budgetOf(options)];
    if (search) printDrops(search, saved, options.data === undefined);
  }
  const isForTime = options.params === undefined && options.save !== 'params';
  if (typeof runTime !== 'string' && isForTime && isNoFaster(runTime)) {
    warn(`the network is no faster here than the dense one. ${adviceForTime(options)}`);
  }
  warnOfLayers(summary);
  if (isKept) note(`wrote ${output}`);
}

function warnOfLayers({ layers, quantization }: CompressionSummary): void {
  if (!quantization && layers.every(({ status }) => status === 'dense')) {
    const reasons = [...new Set(layers.map(({ reason }) => reason))].join(', ');
    warn(`no layer was replaced: ${layers.length === 0 ? 'the model has no convolution' : reasons}.`);
  }
  const uncalibrated = layers.filter((layer) => layer.calibrated === false);
  if (uncalibrated.length > 0) {
    const names = uncalibrated.map(({ name }) => name).join(', ');
    warn(`compressed by their weights alone, because the images do not reach them or the engine does not: ${names}.`);
  }
}

function searchOf({ share, format, trials, heldOut }: WithinDrop) {
  return { share, format, trials, heldOut };
}

function printSummary(
  { layers, macs, params, time, allocation, bytes, quantization }: CompressionSummary,
  runTime: RunTime | string,
): void {
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
      isNow(layer),
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
  if (typeof runTime === 'string') {
    print(`time: not measured: ${runTime}`);
  } else {
    const threads = `${runTime.threads} ${runTime.threads === 1 ? 'thread' : 'threads'}`;
    print(
      `${change('time', runTime, formatTime)} a run, measured in turn with ${threads} and a batch of ${runTime.batch}`,
    );
  }
  if (time) print(`${change('time', time, formatTime)}, as measured layer by layer`);
  if (macs) print(change('MACs', macs, formatCount));
  print(change('params', params, formatCount));
  print(change('file', bytes, formatBytes));
  if (allocation) print(spent(allocation));
  if (quantization) printQuantization(quantization);
}

function printQuantization({ products, inFloats, loss }: QuantizationSummary): void {
  const lost = loss === undefined ? '' : `; rounding loses ${formatShare(loss)} of what the predictions tell`;
  print(`int8: ${products.length} products (Conv, ConvTranspose, Gemm, MatMul)${lost}`);
  const fitted = products.filter(({ error }) => error !== undefined).sort((a, b) => b.error! - a.error!);
  const worst = fitted.slice(0, 3).map(({ node, error }) => `${node} (${formatShare(error!)})`);
  if (worst.length > 0) print(`largest errors, of the variance of what the dense network gives: ${worst.join(', ')}`);
  const reasons = new Map<string, string[]>();
  for (const { node, operator, reason } of inFloats) {
    const why = `${operator}, ${reason}`;
    reasons.set(why, [...(reasons.get(why) ?? []), node]);
  }
  for (const [why, nodes] of reasons) print(`in floats: ${nodes.join(', ')} (${why})`);
}

function shapeOf({ outputChannels, inputChannels, kernel, groups }: LayerSummary): string {
  if (!kernel || outputChannels === undefined || inputChannels === undefined) return '?';
  return `${formatShape([outputChannels, inputChannels, ...kernel])}${groups && groups > 1 ? ` in ${groups} groups` : ''}`;
}

function isNow({ status, reason, format }: LayerSummary): string {
  return `${status === 'gdws' ? 'GDWS' : `dense: ${reason}`}${format === 'float32' ? ', in floats' : ''}`;
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
