import fs from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { writeWhole } from '../../src/onnx/write';
import { measureLimits } from '../limits';
import { describeMachine } from '../machine';
import { networks } from '../networks';
import { quantize } from '../quantized/quantize';
import { machineLines } from '../report';
import { LayerCollection, type CountedLayer } from './collect';
import type { LayerFigures, LayerRow } from './figures';
import { bytesOf, nameOf, operationsOf } from './layer';
import { measureLayer } from './measure';
import { parseLayerOptions, plainName, type LayerBenchmarkOptions } from './options';
import { rooflineSvg } from './roofline';
import { layerTable, limitsLine } from './table';

async function main(options: LayerBenchmarkOptions): Promise<void> {
  const figures =
    options.from === undefined
      ? await measure(options)
      : (JSON.parse(await fs.readFile(options.from, 'utf8')) as LayerFigures);
  console.log(machineLines(figures.machine));
  for (const limits of figures.limits) console.log(limitsLine(limits));
  console.log(`weights ${figures.weights}`);
  console.log(layerTable(figures.rows));
  if (options.json !== undefined) await writeWhole(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  if (options.svg !== undefined) await writeWhole(options.svg, rooflineSvg(figures));
}

async function measure(options: LayerBenchmarkOptions): Promise<LayerFigures> {
  const { threads: threadCounts, weights, budget, kernel } = options;
  const machine = describeMachine();
  const limits = threadCounts.map(measureLimits);
  const rows: LayerRow[] = [];
  const layers = await collect(options);
  for (const [index, { layer, counts, batch }] of layers.entries()) {
    const name = nameOf(layer);
    for (const threads of threadCounts) {
      progress(`${index + 1} of ${layers.length}: ${name}, batch ${batch}, ${threads} thread(s)`);
      const setting = { layer: name, opcode: layer.opcode, batch, threads, networks: Object.fromEntries(counts) };
      const cost = { operations: operationsOf(layer), bytes: bytesOf(layer) };
      const times = await measureLayer(layer, { threads, weights, budget, kernel });
      rows.push(...times.map((time) => ({ ...setting, ...cost, ...time })));
      // The collector does not see how much native memory a program holds, and frees it in the loop's next turn.
      (globalThis as { gc?: () => void }).gc?.();
      await nextTurn();
    }
  }
  progress('');
  return { machine, weights, limits, rows };
}

async function collect(options: LayerBenchmarkOptions): Promise<(CountedLayer & { batch: number })[]> {
  const collections = new Map(options.batch.map((batch) => [batch, new LayerCollection()]));
  for (const network of options.networks) {
    for (const { kernels, isQuantized } of options.forms) {
      const label = `${network} ${isQuantized ? 'int8 ' : ''}${kernels === undefined ? 'dense' : `g=${kernels}`}`;
      progress(`lowering ${label}`);
      const { model, input } = networks[network]({ kernels });
      const built = { model: isQuantized ? await quantize(model) : model, input };
      for (const [batch, collection] of collections) collection.add(label, built, batch);
    }
  }
  const wanted = ({ layer }: CountedLayer): boolean => plainName(nameOf(layer)).includes(options.layer);
  return [...collections].flatMap(([batch, { layers }]) =>
    layers.filter(wanted).map((counted) => ({ ...counted, batch })),
  );
}

/** One line that each call replaces, where there is a terminal. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
}

main(parseLayerOptions(process.argv)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
