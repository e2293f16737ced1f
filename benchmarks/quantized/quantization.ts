import Table from 'cli-table3';
import { Command } from 'commander';
import type { InferenceSession } from 'onnxruntime-common';
import { native } from '../../src/addon/native';
import { simplify } from '../../src/analysis/simplify';
import { CalibrationSet } from '../../src/calibrate/calibration-set';
import { prepareCompression } from '../../src/compress/prepare';
import { outcomesOf } from '../../src/compress/drop/outcomes';
import type { ImageSet } from '../../src/data/image-set';
import { readImages } from '../../src/data/read-images';
import { Tensor } from '../../src/engine/session';
import { Graph } from '../../src/graph/graph';
import { measureInterleaved, type Contestant } from '../../src/measure';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { editableCopy } from '../../src/onnx/copy';
import { readModel } from '../../src/onnx/read';
import { encodeModel, writeWhole } from '../../src/onnx/write';
import type { RoundingSteps } from '../../src/quantize/quantization-pass';
import { quantize } from '../../src/quantize/quantize';
import { openSession, type EngineName } from '../engines';
import { describeMachine } from '../machine';
import { parseCount } from '../options';
import { machineLines, plain } from '../report';
import { steady } from '../race';
import { quantize as quantizePlainly } from './quantize';

interface Options {
  data: string;
  calib: string;
  calibCount: number;
  count?: number;
  macs: string;
  budget: number;
  steps?: boolean;
  json?: string;
}

/** The steps that rounding consists of, with all and with parts of them. */
const variants: readonly (readonly [string, Partial<RoundingSteps>])[] = [
  ['all steps', {}],
  ['without equalization of channels', { equalizes: false }],
  ['without bias correction', { correctsBias: false }],
  ['without rounding in sequence', { isSequential: false }],
  ['without regression', { fits: false }],
  ['plain rounding', { equalizes: false, fits: false, isSequential: false, correctsBias: false }],
];

interface Row {
  readonly form: string;
  readonly accuracy: number;
  readonly seconds?: number;
}

/** Accuracy and speed of a trained network in floats and in integers, dense and as GDWS, beside onnxruntime-node. */
async function main(): Promise<void> {
  const command = new Command('npm run bench:quantization --')
    .description(
      'Quantizes a trained network, dense and as GDWS; counts accuracy, and races the results with onnxruntime-node.',
    )
    .argument('<model>', 'ONNX file')
    .requiredOption('--data <file>', 'labelled images, as of gdws evaluate')
    .requiredOption('--calib <file>', 'images to calibrate on')
    .option('--calib-count <count>', 'of them', parseCount, 256)
    .option('--count <count>', 'labelled images to take', parseCount)
    .option('--macs <shares>', 'budgets of the GDWS forms', '0.5,0.35,0.25')
    .option('--budget <seconds>', 'time for the race; 0 leaves it out', Number, 20)
    .option('--steps', 'also count the accuracy without each of the steps')
    .option('--json <file>', 'write all figures there')
    .parse();
  const [file = ''] = command.args;
  const options = command.opts<Options>();
  const machine = describeMachine();
  console.log(machineLines(machine));
  const model = await readModel(file);
  const images = (await readImages(options.calib)).first(options.calibCount);
  const all = await readImages(options.data);
  const data = options.count === undefined ? all : all.first(options.count);
  const rows: Row[] = [];
  const forms: { form: string; model: ModelProto }[] = [];
  const add = async (form: string, one: ModelProto, seconds?: number) => {
    rows.push({ form, accuracy: await accuracyOf(one, data), seconds });
    forms.push({ form, model: one });
  };

  await add('dense fp32', model);
  const prepared = await prepareCompression(model, { calibration: { images } });
  const set = new CalibrationSet(new Graph(model), { images }, { threads: native().concurrency });
  const inputs = set.asInputs(images, 32);
  const floats: [string, ModelProto][] = [['dense', model]];
  for (const share of options.macs.split(',').map(Number)) {
    const begin = performance.now();
    const { model: separable } = await prepared.compress({ kind: 'macs', value: share });
    await add(`GDWS ${share} fp32`, separable, (performance.now() - begin) / 1000);
    floats.push([`GDWS ${share}`, separable]);
  }
  for (const [name, float] of floats) {
    for (const [variant, steps] of options.steps ? variants : variants.slice(0, 1)) {
      const begin = performance.now();
      const { model: quantized } = await quantize(model, float, inputs, {
        ...{ threads: native().concurrency, seed: 0, liveBytes: 7.5e8, momentBytes: 1.5e9, ...steps },
        onProduct: () => undefined,
        throwIfAborted: () => undefined,
      });
      const seconds = (performance.now() - begin) / 1000;
      if (variant === 'all steps') await add(`${name} int8`, quantized, seconds);
      else rows.push({ form: `${name} int8, ${variant}`, accuracy: await accuracyOf(quantized, data), seconds });
    }
  }
  const table = new Table({
    head: ['form', 'accuracy %', 'made in s'],
    colAligns: ['left', 'right', 'right'],
    ...plain,
  });
  for (const { form, accuracy, seconds } of rows) table.push([form, accuracy.toFixed(1), seconds?.toFixed(1) ?? '']);
  console.log(`${file}: ${data.length} images, calibrated on ${images.length} others\n${table.toString()}`);
  const race = options.budget > 0 ? await raced(model, forms, images, options.budget) : undefined;
  if (options.json) await writeWhole(options.json, `${JSON.stringify({ machine, file, rows, race }, null, 1)}\n`);
}

async function accuracyOf(model: ModelProto, data: ImageSet): Promise<number> {
  const { natural } = await outcomesOf(encodeModel(model), data, {});
  return (100 * natural.reduce((sum, right) => sum + right, 0)) / natural.length;
}

/** One thread, one image. */
async function raced(
  dense: ModelProto,
  forms: readonly { readonly form: string; readonly model: ModelProto }[],
  images: ImageSet,
  budget: number,
) {
  const [input] = dense.graph!.input;
  const batch = images.batch(0, Math.min(32, images.length)).images;
  const ranges = { [input!.name]: new Tensor('float32', batch.data as Float32Array, batch.dims) };
  const graph = new Graph(editableCopy(dense));
  simplify(graph);
  const static8 = await quantizePlainly(graph.model, { feeds: ranges });
  const lanes: { name: string; engine: EngineName; model: ModelProto }[] = [
    ...forms.map(({ form, model }) => ({ name: `gdws ${form}`, engine: 'gdws' as const, model })),
    { name: 'onnxruntime dense fp32', engine: 'onnxruntime', model: dense },
    { name: 'onnxruntime plain static int8', engine: 'onnxruntime', model: static8 },
  ];
  const sessions: InferenceSession[] = [];
  try {
    for (const { engine, model } of lanes) sessions.push(await openSession(engine, encodeModel(model), { threads: 1 }));
    const one = images.batch(0, 1).images;
    const feeds = { [input!.name]: new Tensor('float32', one.data as Float32Array, one.dims) };
    const contestants = lanes.map(({ name }, i): Contestant => ({ name, run: () => sessions[i]!.run(feeds) }));
    const comparison = await measureInterleaved(contestants, { budget: 1000 * budget, ...steady });
    const table = new Table({
      head: ['one thread, one image', 'median ms', 'times as fast as onnxruntime fp32', 'as its static int8'],
      colAligns: ['left', 'right', 'right', 'right'],
      ...plain,
    });
    const results = lanes.map(({ name }, i) => {
      const { median } = comparison.measurements[i]!.time;
      const [float, integer] = ['onnxruntime dense fp32', 'onnxruntime plain static int8'].map((other) =>
        other === name ? undefined : comparison.ratio(other, name).ofMedians,
      );
      table.push([name, median.toFixed(3), float?.toFixed(2) ?? '', integer?.toFixed(2) ?? '']);
      return { name, median, ofFloat: float, ofInteger: integer };
    });
    console.log(table.toString());
    return results;
  } finally {
    for (const session of sessions) await session.release();
  }
}

void main();
