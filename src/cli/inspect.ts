import fs from 'node:fs/promises';
import { Command } from 'commander';
import { Graph } from '../graph/graph';
import { readModel } from '../onnx/read';
import { newerVersion } from '../onnx/versions';
import { jsonOption, shapeOption } from './arguments';
import { describeModel, type ModelDescription } from './description';
import { formatBytes, formatCount, formatShape } from './format';
import { print, printHeading, printJson, printTable } from './output';
import type { QuantizationDescription } from './quantization-description';

interface InspectOptions {
  readonly shape?: Record<string, number[]>;
  readonly json?: boolean;
}

/** `gdws inspect`: the content and the cost of a model, and whether the engine runs it. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description("show a model's inputs, outputs, operators and the cost of its layers")
    .argument('<model>', 'ONNX file')
    .addOption(shapeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  $ gdws inspect model.onnx
  $ gdws inspect model.onnx --shape input=1x3x224x224
  $ gdws inspect model.onnx --json | jq .macs`,
    )
    .action(async (file: string, options: InspectOptions) => {
      const graph = new Graph(await readModel(file), file);
      const description = describeModel(graph, options.shape);
      const { size: bytes } = await fs.stat(file);
      if (options.json) printJson({ file, bytes, ...description });
      else printDescription(file, bytes, description, newerVersion(graph.model));
    });
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
