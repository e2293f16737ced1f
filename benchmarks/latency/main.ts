import Table from 'cli-table3';
import { Command } from 'commander';
import { GdwsError } from '../../src/base/errors';
import type { Goal } from '../../src/compress/options';
import { prepareCompression } from '../../src/compress/prepare';
import { ImageSet } from '../../src/data/image-set';
import { InferenceSession } from '../../src/engine/session';
import { Graph } from '../../src/graph/graph';
import { measureInterleaved } from '../../src/measure';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { readModel } from '../../src/onnx/read';
import { encodeModel } from '../../src/onnx/write';
import { seededFeeds } from '../feeds';
import { describeMachine } from '../machine';
import { networkNames, networks, type NetworkName } from '../networks';
import { seededUniform, uniformArray } from '../networks/random';
import { listOf, parseCount, parseSeconds } from '../options';
import { machineLines, plain } from '../report';
import { besideOthers } from './others';

interface Options {
  readonly threads: number[];
  readonly batch: number[];
  readonly latency?: number[];
  readonly budget: number;
  readonly attempts: number;
  readonly int8?: boolean;
}

const command = new Command('npm run bench:latency --')
  .description('Compresses networks to budgets of time, and compares the time predicted with the time measured.')
  .argument('<networks...>', `ONNX files, or of ${networkNames.join(', ')}`)
  .option('--threads <counts>', 'threads of a run', listOf(parseCount), [1, 2])
  .option('--batch <sizes>', 'images a run', listOf(parseCount), [1, 16])
  .option(
    '--latency <shares>',
    'budgets, as shares of the time of the dense network in floats (default: 0.3,0.5,0.7; with --int8 0.15,0.2,0.3)',
    listOf(parseSeconds),
  )
  .option('--int8', 'quantize the networks, calibrated on seeded noise: times do not depend on the numbers')
  .option(
    '--attempts <count>',
    'for each setting, of which the one counts that other processes disturbed least',
    parseCount,
    3,
  )
  .option('--budget <seconds>', 'time for measuring the networks of one setting', parseSeconds, 5);

async function main(names: readonly string[], options: Options): Promise<void> {
  console.log(machineLines(describeMachine()));
  const table = new Table({
    head: [
      'network',
      'batch',
      'threads',
      'budget',
      'predicted ms',
      'measured ms',
      'error',
      'share measured',
      'error',
      'others',
    ],
    colAligns: ['left', ...Array<'right'>(9).fill('right')],
    ...plain,
  });
  for (const name of names) {
    const model = (networkNames as readonly string[]).includes(name)
      ? networks[name as NetworkName]().model
      : await readModel(name);
    for (const batch of options.batch) {
      for (const threads of options.threads) {
        const label = name.replace(/^.*\/|\.onnx$/g, '');
        const { result, others } = await leastDisturbed(
          () => compare(model, batch, threads, options),
          options.attempts,
        );
        table.push(...result.map((row) => [label, batch, threads, ...row, percent(others)]));
        console.error(`${label}, batch ${batch}, ${threads} threads: others ${percent(others)}`);
      }
    }
  }
  console.log(table.toString());
}

/** Use of the processors by others that does not count. */
const quiet = 0.03;

async function leastDisturbed<Result>(work: () => Promise<Result>, attempts: number) {
  let best = await besideOthers(work);
  for (let attempt = 1; attempt < attempts && best.others > quiet; ++attempt) {
    const again = await besideOthers(work);
    if (again.others < best.others) best = again;
  }
  return best;
}

/** Rows of one setting: the dense network first, then one for each budget that can be met. */
async function compare(model: ModelProto, batch: number, threads: number, options: Options): Promise<string[][]> {
  const { int8, latency = int8 ? [0.15, 0.2, 0.3] : [0.3, 0.5, 0.7] } = options;
  const settings = { batch, runThreads: threads, remeasure: true };
  const prepared = await prepareCompression(
    model,
    int8 ? { ...settings, int8, calibration: { images: noise(model) } } : settings,
  );
  const times = await prepared.latency();
  const dense = times.inFloats?.dense ?? times.dense;
  const entries = [{ name: 'dense', predicted: dense, session: await open(model, threads) }];
  const add = async (name: string, goal?: Goal) => {
    const { model: small, summary } = await prepared.compress(goal);
    entries.push({ name, predicted: summary.time!.after, session: await open(small, threads) });
  };
  if (int8) await add('dense int8');
  for (const value of latency) {
    try {
      await add(String(value), { kind: 'latency', value });
    } catch (error) {
      if (!(error instanceof GdwsError) || error.code !== 'BUDGET_OUT_OF_RANGE') throw error;
    }
  }
  const comparison = await measureInterleaved(
    entries.map(({ name, session }) => {
      const feeds = seededFeeds(session, { batch });
      return { name, run: () => session.run(feeds) };
    }),
    { budget: 1000 * options.budget, minRounds: 5, minSample: 0, settlingCalls: 3 },
  );
  await Promise.all(entries.map(({ session }) => session.release()));
  const measured = comparison.measurements.map(({ time }) => time.median);
  return entries.map(({ name, predicted }, index) => {
    const time = measured[index]!;
    const share = time / measured[0]!;
    return [
      name,
      predicted.toPrecision(3),
      time.toPrecision(3),
      percent(predicted / time - 1),
      ...(index === 0 ? ['', ''] : [share.toFixed(3), percent(predicted / dense / share - 1)]),
    ];
  });
}

/** Images to calibrate on. */
function noise(model: ModelProto): ImageSet {
  const count = 32;
  const graph = new Graph(model);
  const [, channels, height, width] = graph.declared(graph.inputs[0]!.name)!.dims as number[];
  const dims = [channels!, height!, width!] as const;
  const pixels = uniformArray(seededUniform(5), count * channels! * height! * width!, 1).map(Math.abs);
  return new ImageSet(dims, pixels, new Uint8Array(count));
}

async function open(model: ModelProto, threads: number): Promise<InferenceSession> {
  return InferenceSession.create(encodeModel(model), { intraOpNumThreads: threads });
}

function percent(share: number): string {
  return `${share >= 0 ? '+' : '−'}${Math.abs(100 * share).toFixed(1)} %`;
}

const names = command.parse(process.argv).args;
main(names, command.opts<Options>()).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
