import fs from 'node:fs/promises';
import { Command } from 'commander';
import { GdwsError } from '../base/errors';
import { formatBytes, formatCount, formatShape } from '../base/format';
import { drawNetwork } from '../drawing/draw-network';
import type { Drawing } from '../drawing/drawing';
import { networkPageOf } from '../drawing/page/page';
import { Graph } from '../graph/graph';
import { readModel } from '../onnx/read';
import { newerVersion } from '../onnx/versions';
import { writeTogether } from '../onnx/whole-file';
import { finiteNumber, jsonOption, positiveInteger, shapeOption } from './arguments';
import { firstGiven } from './dependent-options';
import { describeModel, type ModelDescription } from './description';
import { checkDestination } from './destination';
import { interruption } from './interrupt';
import { note, print, printHeading, printJson, printTable, warn } from './output';
import { Progress } from './progress';
import type { QuantizationDescription } from './quantization-description';
import { randomFeeds } from './random-feeds';

interface InspectOptions {
  readonly shape?: Record<string, number[]>;
  readonly json?: boolean;
  readonly html?: string;
  readonly time?: number;
  readonly threads?: number;
}

/** `gdws inspect`: the content and the cost of a model, and whether the engine runs it; with --html a drawing of it. */
export function inspectCommand(): Command {
  const command = new Command('inspect');
  return command
    .description("show a model's inputs, outputs, operators and the cost of its layers, and draw it")
    .argument('<model>', 'ONNX file')
    .option(
      '--html <file>',
      'where to write a page with the network drawn, and timed on random inputs; a file of that name is replaced',
    )
    .option('--time <seconds>', 'with --html: how long to time it; 2 by default', finiteNumber)
    .option('--threads <number>', 'with --html: threads of a run; by default all processors', positiveInteger)
    .addOption(shapeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ gdws inspect model.onnx
  $ gdws inspect model.onnx --shape input=1x3x224x224
  $ gdws inspect model.onnx --html model.html
  $ gdws inspect model.onnx --json | jq .macs`,
    )
    .action(async (file: string, options: InspectOptions) => {
      const { html, time, threads, shape } = options;
      const idle = html === undefined ? firstGiven({ '--time': time, '--threads': threads }) : undefined;
      if (idle !== undefined) command.error(`error: ${idle} belongs to --html`);
      if (time !== undefined && time <= 0) throw new GdwsError('ARGUMENT_INVALID', '--time must be above 0.');
      if (html !== undefined) await checkDestination(html, file);
      const graph = new Graph(await readModel(file), file);
      const description = describeModel(graph, shape);
      const { size: bytes } = await fs.stat(file);
      const drawing = html === undefined ? undefined : await draw(file, html, options);
      if (options.json) printJson({ file, bytes, ...description, drawing });
      else printDescription(file, bytes, description, newerVersion(graph.model));
      if (html !== undefined) note(`wrote ${html}`);
    });
}

/** Writes the page with the network drawn. */
async function draw(file: string, html: string, { shape, time, threads }: InspectOptions): Promise<Drawing> {
  const progress = new Progress('running');
  const drawing = await drawNetwork(file, {
    ...{ inputShapes: shape, time, threads, signal: interruption() },
    feeds: (session) => randomFeeds(session, file, undefined, shape).feeds,
    onProgress: (done) => progress.update(done),
  }).finally(() => progress.stop());
  if (drawing.refusal) warn(`the network was not run, and is drawn without times: ${drawing.refusal.message}`);
  await writeTogether([{ file: html, parts: [await networkPageOf(drawing)] }]);
  return drawing;
}

function printDescription(file: string, bytes: number, model: ModelDescription, newer: string | undefined): void {
  const opsets = Object.entries(model.opsets).map(([domain, version]) => `${domain} ${version}`);
  print(`${file}: ${formatBytes(bytes)}, ONNX IR ${model.irVersion}, opset ${opsets.join(', ')}`);
  if (model.producer) print(`exported by ${model.producer}`);

  const values = [
    ...model.inputs.map((input) => ['input', input] as const),
    ...model.outputs.map((output) => ['output', output] as const),
  ];
  printHeading('Inputs and outputs');
  printTable(
    [{ title: '' }, { title: 'name' }, { title: 'type' }, { title: 'shape' }],
    values.map(([kind, { name, type, dims }]) => [kind, name, type ?? 'unknown', formatShape(dims)]),
  );

  printHeading('Operators');
  printTable(
    [{ title: 'operator' }, { title: 'nodes', right: true }, { title: 'the engine' }],
    model.operators.map(({ domain, type, count, runs }) => [
      domain ? `${domain}.${type}` : type,
      String(count),
      runs ? 'runs it' : 'does not run it',
    ]),
  );

  if (model.layers.length > 0) {
    printHeading('Layers');
    printTable(
      [
        { title: 'name' },
        { title: 'operator' },
        { title: 'weights' },
        { title: 'output' },
        { title: 'MACs', right: true },
        { title: 'params', right: true },
      ],
      model.layers.map(({ name, operator, weights, output, macs, params }) => [
        name,
        operator,
        formatShape(weights),
        formatShape(output),
        macs === undefined ? '?' : formatCount(macs),
        formatCount(params),
      ]),
    );
  }

  print();
  const macs = model.macs === undefined ? 'unknown (give the input shapes: --shape)' : formatCount(model.macs);
  print(`total: ${macs} MACs, ${formatCount(model.params)} params`);
  if (model.nodesWithin > 0) {
    print(`without ${model.nodesWithin} nodes within If, Loop or Scan, which 'gdws compress' leaves as they are`);
  }
  if (model.quantization) print(quantizationLine(model.quantization));
  if (newer !== undefined) print(`'gdws run' cannot run this model: ${newer} 'gdws compress' can compress it.`);
  const missing = model.operators.filter(({ runs }) => !runs);
  if (missing.length > 0) {
    print(
      `'gdws run' cannot run this model, for lack of ${missing.map(({ type }) => type).join(', ')}; 'gdws compress' can compress it.`,
    );
  }
}

function quantizationLine({ integerOperations, floatNodes }: QuantizationDescription): string {
  const integers = `${integerOperations} operations on integers`;
  if (floatNodes.length === 0) return `${integers}, none on floats`;
  return `${integers}; in floats: ${floatNodes.map(({ name, operator }) => `${name} (${operator})`).join(', ')}`;
}
