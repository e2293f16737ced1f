import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { measureInterleaved, type Comparison } from '../../src/measure';
import { encodeModel } from '../../src/onnx/write';
import { openSession } from '../engines';
import { seededFeeds } from '../feeds';
import { describeMachine } from '../machine';
import { networks, networkNames, type NetworkName } from '../networks';
import { listOf, parseCount, parseNetwork, parseSeconds } from '../options';
import { machineLines } from '../report';
import { toParam } from './param';
import { buildRunner, NcnnRunner } from './runner';

interface Options {
  ncnn: string;
  networks: NetworkName[];
  threads: number[];
  budget: number;
}

const command = new Command('npm run bench:ncnn --')
  .description('Races gdws and ncnn in turn on dense networks, batch 1, float32.')
  .requiredOption('--ncnn <folder>', 'where ncnn is installed: the folder that has include/ncnn and lib/libncnn.a')
  .option('--networks <names>', `of ${networkNames.join(', ')}`, listOf(parseNetwork), [
    'resnet18-cifar',
    'vgg16-cifar',
  ])
  .option('--threads <counts>', 'threads of each engine', listOf(parseCount), [1, 2])
  .option('--budget <seconds>', 'time for each race', parseSeconds, 5);

async function main({ ncnn, networks: names, threads: counts, budget }: Options): Promise<void> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-ncnn-'));
  try {
    const program = buildRunner(ncnn, folder);
    console.log(machineLines(describeMachine()));
    for (const name of names) {
      for (const threads of counts) await race(name, threads, { program, folder, budget });
    }
  } finally {
    await fs.rm(folder, { recursive: true });
  }
}

async function race(
  name: NetworkName,
  threads: number,
  { program, folder, budget }: { program: string; folder: string; budget: number },
): Promise<void> {
  const { model, input, macs } = networks[name]();
  const param = path.join(folder, `${name}.param`);
  await fs.writeFile(param, toParam(model));
  const runners = [true, false].map((winograd) => new NcnnRunner(program, param, { threads, winograd, input }));
  const session = await openSession('gdws', encodeModel(model), { threads });
  try {
    const feeds = seededFeeds(session);
    // Enough runs for one question that the way to the other process and back does not count.
    const [first] = [await runners[0]!.run(1), await runners[1]!.run(1)];
    const runs = Math.max(1, Math.ceil(20 / first));
    const comparison = await measureInterleaved(
      [
        {
          name: 'gdws',
          run: async () => {
            for (let run = 0; run < runs; ++run) await session.run(feeds);
          },
        },
        { name: 'ncnn', run: () => runners[0]!.run(runs) },
        { name: 'ncnn without Winograd', run: () => runners[1]!.run(runs) },
      ],
      // The idle threads of OpenMP spin for some milliseconds in ncnn's process, and would take a processor from gdws.
      { budget: 1000 * budget, rest: threads > 1 ? () => sleep(50) : undefined },
    );
    report(`${name}, ${threads} thread${threads === 1 ? '' : 's'}`, comparison, runs, macs);
  } finally {
    for (const runner of runners) runner.release();
    await session.release();
  }
}

function report(title: string, comparison: Comparison, runs: number, macs: number): void {
  console.log(`\n${title} (${comparison.rounds} rounds of ${runs} runs)`);
  for (const { name, time } of comparison.measurements) {
    const [median, best] = [time.median / runs, time.minimum / runs];
    console.log(
      `  ${name}: median ${median.toFixed(2)} ms, best ${best.toFixed(2)} ms, ${((2 * macs) / median / 1e6).toFixed(0)} GFLOP/s`,
    );
  }
  for (const { name } of comparison.measurements.slice(1)) {
    const { ofMedians, ofPairs } = comparison.ratio('gdws', name);
    console.log(
      `  gdws : ${name} ${ofMedians.toFixed(2)} of medians, ${ofPairs.median.toFixed(2)} median of pairs ` +
        `(${ofPairs.lowerQuartile.toFixed(2)}–${ofPairs.upperQuartile.toFixed(2)}); below 1, gdws is faster`,
    );
  }
}

main(command.parse().opts<Options>()).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
