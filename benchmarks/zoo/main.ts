import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import Table from 'cli-table3';
import { Command } from 'commander';
import { Tensor, type InferenceSession } from 'onnxruntime-common';
import { randomFeeds } from '../../src/cli/random-feeds';
import type { InferenceSession as OwnSession } from '../../src/engine/session';
import { describe, measureInterleaved, untilIdle } from '../../src/measure';
import { disagreement, tolerance } from '../agreement';
import { engineNames, openSession, type EngineName } from '../engines';
import { describeMachine } from '../machine';
import { writeNetwork } from '../model-files';
import type { NetworkName } from '../networks';
import { machineLines } from '../report';
import { findModels, type ZooModel } from './models';

interface Options {
  readonly models?: string;
  readonly networks: string;
  readonly threads: string;
  readonly batch: string;
  readonly budget: string;
  readonly only?: string;
}

const command = new Command('npm run bench:zoo --')
  .description("Real models in both engines in turn: time and opening, gdws as a multiple of onnxruntime's.")
  .option('--models <folder>', 'with .onnx files, as npm packages have them')
  .option('--networks <names>', 'of benchmarks/networks, by commas', '')
  .option('--threads <counts>', 'by commas', '1,2')
  .option('--batch <counts>', 'by commas; more than 1 where the model leaves the leading dims open', '1,8')
  .option('--budget <seconds>', 'for each comparison', '2')
  .option('--only <pattern>', 'of the names of models');

interface Row {
  readonly name: string;
  readonly threads: number;
  readonly batch: number;
  /** Milliseconds of a run, by engine, and ours by theirs. */
  readonly times: Record<EngineName, number>;
  readonly ratio: number;
  /** The same of opening. */
  readonly opening: number;
}

/** How long each engine takes to open a file, in turn; medians of milliseconds. */
async function timeOpening(file: string, threads: number): Promise<number> {
  const ratios: number[] = [];
  for (let round = 0; round < 5; round++) {
    const times = {} as Record<EngineName, number>;
    for (const engine of round % 2 === 0 ? engineNames : engineNames.toReversed()) {
      const begin = performance.now();
      const session = await openSession(engine, file, { threads });
      times[engine] = performance.now() - begin;
      await session.release();
    }
    ratios.push(times.gdws / times.onnxruntime);
  }
  return describe(ratios).median;
}

async function measure({ name, file, shapes }: ZooModel, threads: number, batch: number, budget: number): Promise<Row> {
  const sessions = {} as Record<EngineName, InferenceSession>;
  for (const engine of engineNames) sessions[engine] = await openSession(engine, file, { threads });
  try {
    const names = Object.keys(shapes);
    // Of several inputs, some have states before the batch.
    if (batch > 1 && names.length > 1) throw new Error('batches of such inputs are not tried');
    const sized = Object.fromEntries(
      names.map((input) => [input, shapes[input]!.map((dim, axis) => (axis === 0 && dim === 1 ? batch : dim))]),
    );
    const random = randomFeeds(sessions.gdws as OwnSession, file, names.length > 0 ? undefined : batch, sized).feeds;
    // onnxruntime takes only its own class.
    const feeds = Object.fromEntries(
      Object.entries(random).map(([input, { type, data, dims }]) => [input, new Tensor(type, data as never, dims)]),
    );
    const { relative, output } = disagreement(await sessions.gdws.run(feeds), await sessions.onnxruntime.run(feeds), 1);
    if (!(relative <= tolerance)) throw new Error(`output '${output}' is off by ${relative.toExponential(1)}`);
    const comparison = await measureInterleaved(
      engineNames.map((engine) => ({ name: engine, run: () => sessions[engine].run(feeds) })),
      { budget: 1000 * budget, settlingCalls: 2, minSample: 10, rest: threads > 1 ? () => untilIdle() : undefined },
    );
    const [own, other] = comparison.measurements.map(({ time }) => time.median) as [number, number];
    const ratio = comparison.ratio('gdws', 'onnxruntime').ofPairs.median;
    const opening = await timeOpening(file, threads);
    return { name, threads, batch, times: { gdws: own, onnxruntime: other }, ratio, opening };
  } finally {
    for (const session of Object.values(sessions)) await session.release();
  }
}

async function main(options: Options): Promise<void> {
  const numbers = (text: string) => text.split(',').map(Number);
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-zoo-'));
  try {
    const models = options.models ? findModels(options.models) : [];
    for (const network of options.networks.split(',').filter((name) => name !== '')) {
      const { file } = await writeNetwork(network as NetworkName, undefined, folder);
      models.push({ name: network, file, shapes: {} });
    }
    const wanted = new RegExp(options.only ?? '');
    console.log(machineLines(describeMachine()));
    const rows: Row[] = [];
    for (const model of models.filter(({ name }) => wanted.test(name))) {
      for (const threads of numbers(options.threads)) {
        for (const batch of numbers(options.batch)) {
          try {
            rows.push(await measure(model, threads, batch, Number(options.budget)));
          } catch (error) {
            // A fixed batch, or what an engine does not run.
            const [line] = String((error as Error).message).split('\n');
            if (batch === 1) console.log(`${model.name}, ${threads} thread(s): ${line}`);
          }
        }
      }
    }
    report(rows);
  } finally {
    await fs.rm(folder, { recursive: true });
  }
}

function report(rows: readonly Row[]): void {
  const table = new Table({
    head: ['model', 'threads', 'batch', 'gdws ms', 'onnxruntime ms', 'run : run', 'opening : opening'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const { name, threads, batch, times, ratio, opening } of rows) {
    const milliseconds = engineNames.map((engine) => times[engine].toFixed(3));
    table.push([name, threads, batch, ...milliseconds, ratio.toFixed(2), opening.toFixed(2)]);
  }
  console.log(table.toString());
  if (rows.length === 0) return;
  const summary = (of: (row: Row) => number) => {
    const values = rows.map(of);
    return `median ${describe(values).median.toFixed(2)}, worst ${Math.max(...values).toFixed(2)}`;
  };
  console.log(`runs: ${summary(({ ratio }) => ratio)}; opening: ${summary(({ opening }) => opening)}`);
}

command
  .action((options: Options) => main(options))
  .parseAsync(process.argv)
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
