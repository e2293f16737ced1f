import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import Table from 'cli-table3';
import { Command } from 'commander';
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { describe, untilIdle } from '../../src/measure';
import { disagreement, tolerance } from '../agreement';
import { engineNames, openSession, type EngineName } from '../engines';
import { machineLines } from '../report';
import { describeMachine } from '../machine';
import { parseShapes, tensorOf } from './shapes';

interface Options {
  readonly shapes: string;
  readonly rounds: string;
  readonly threads: string;
  readonly memory: boolean;
}

const command = new Command('npm run bench:shapes --')
  .description(
    'Runs a network of open dims at many shapes, in both engines in turn: the first pass over them, and the second; the time that a new shape costs; memory.',
  )
  .argument('<model>', 'with one input')
  .requiredOption('--shapes <dims>', 'dims of the input, each a number or a range from:to:step, as 1,3,48,64:1244:20')
  .option('--rounds <count>', 'fresh sessions', '5')
  .option('--threads <count>', 'threads of each engine', '1')
  .option('--no-memory', 'leave out the memory');

/** Milliseconds of one engine in one round: of the session, and of each shape in both passes. */
interface Times {
  creation: number;
  first: number[];
  second: number[];
}

async function timed<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
  const begin = performance.now();
  const result = await work();
  return [result, performance.now() - begin];
}

async function measureRound(
  file: string,
  feeds: readonly Tensor[],
  threads: number,
  order: readonly EngineName[],
): Promise<Record<EngineName, Times>> {
  const times = {} as Record<EngineName, Times>;
  const sessions = {} as Record<EngineName, InferenceSession>;
  for (const engine of order) {
    const [session, creation] = await timed(() => openSession(engine, file, { threads }));
    sessions[engine] = session;
    times[engine] = { creation, first: [], second: [] };
  }
  for (const pass of ['first', 'second'] as const) {
    for (const feed of feeds) {
      const results = {} as Record<EngineName, InferenceSession.ReturnType>;
      for (const engine of order) {
        const session = sessions[engine];
        const [result, milliseconds] = await timed(() => session.run({ [session.inputNames[0]!]: feed }));
        results[engine] = result;
        times[engine][pass].push(milliseconds);
      }
      // What a detector says of noise is next to nothing.
      const { relative } = disagreement(results.gdws, results.onnxruntime, 1);
      if (!(relative <= tolerance))
        throw new Error(`${file} at ${feed.dims.join('×')}: off by ${relative.toExponential(1)}`);
    }
  }
  for (const engine of order) await sessions[engine].release();
  return times;
}

async function memoryOf(engine: EngineName, file: string, shapes: string, threads: number): Promise<number> {
  const child = fork(path.join(__dirname, 'memory.ts'), [engine, file, shapes, String(threads)], {
    execArgv: [...process.execArgv, '--expose-gc'],
  });
  const [mebibytes] = (await once(child, 'message')) as [number];
  return mebibytes;
}

async function main(file: string, options: Options): Promise<void> {
  const threads = Number(options.threads);
  const feeds = parseShapes(options.shapes).map(tensorOf);
  const rounds: Record<EngineName, Times>[] = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    await untilIdle();
    const order = round % 2 === 0 ? engineNames : engineNames.toReversed();
    rounds.push(await measureRound(file, feeds, threads, order));
  }
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const figures: [name: string, of: (times: Times) => number][] = [
    ['session', ({ creation }) => creation],
    ['first pass', ({ first }) => sum(first)],
    ['second pass', ({ second }) => sum(second)],
    [
      'a new shape, beyond a known one (median)',
      ({ first, second }) => describe(first.slice(1).map((time, at) => time - second[at + 1]!)).median,
    ],
  ];
  const table = new Table({
    head: [`${feeds.length} shapes, ${threads} thread(s)`, ...engineNames, 'ratio (median)'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const [name, of] of figures) {
    const medians = engineNames.map((engine) => describe(rounds.map((round) => of(round[engine]))).median);
    const ratio = describe(rounds.map(({ gdws, onnxruntime }) => of(gdws) / of(onnxruntime))).median;
    table.push([name, ...medians.map((median) => `${median.toFixed(1)} ms`), ratio.toFixed(2)]);
  }
  if (options.memory) {
    const memories = [];
    for (const engine of engineNames) memories.push(await memoryOf(engine, file, options.shapes, threads));
    const [own, other] = memories as [number, number];
    table.push(['memory after both', `${own.toFixed(0)} MiB`, `${other.toFixed(0)} MiB`, (own / other).toFixed(2)]);
  }
  console.log(`${machineLines(describeMachine())}\n${table.toString()}`);
}

command
  .action((file: string, options: Options) => main(file, options))
  .parseAsync(process.argv)
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
