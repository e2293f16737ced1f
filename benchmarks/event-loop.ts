import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import Table from 'cli-table3';
import { Command } from 'commander';
import type { InferenceSession } from 'onnxruntime-common';
import { GradientSession } from '../src/gradient/gradient-session';
import { describe } from '../src/measure';
import { makeModel, makeNode, makeValueInfo } from '../src/onnx/make';
import { writeModel } from '../src/onnx/write';
import { longestStall, type Stall } from '../test/runtime/longest-stall';
import { engineNames, openSession, type EngineName } from './engines';
import { seededFeeds } from './feeds';
import { describeMachine } from './machine';
import { writeNetwork } from './model-files';
import { networkNames, type NetworkName } from './networks';
import { listOf, parseCount, parseNetwork } from './options';
import { machineLines, plain } from './report';

interface Options {
  readonly networks: NetworkName[];
  readonly megabytes: number[];
  readonly threads: number;
  readonly rounds: number;
}

/** Stalls by what went on and whose it was, in the order in which they were first noted. */
class Stalls {
  private readonly noted = new Map<string, Map<string, Stall[]>>();

  async note(what: string, whose: EngineName, work: () => Promise<unknown>): Promise<void> {
    const stalls = this.noted.get(what) ?? new Map<string, Stall[]>();
    this.noted.set(what, stalls);
    stalls.set(whose, [...(stalls.get(whose) ?? []), await longestStall(work)]);
  }

  table(): string {
    const table = new Table({
      head: ['longest stall of the event loop, ms', ...engineNames.flatMap((name) => [name, 'own', 'worst'])],
      colAligns: ['left', ...Array<'right'>(3 * engineNames.length).fill('right')],
      ...plain,
    });
    for (const [what, byEngine] of this.noted) {
      const cells = engineNames.flatMap((name) => {
        const stalls = byEngine.get(name);
        if (!stalls) return ['', '', ''];
        const elapsed = describe(stalls.map((stall) => stall.elapsed));
        return [elapsed.median, describe(stalls.map(({ own }) => own)).median, elapsed.maximum].map((ms) =>
          ms.toFixed(1),
        );
      });
      table.push([what, ...cells]);
    }
    return table.toString();
  }
}

const command: Command = new Command('npm run bench:event-loop --')
  .description(
    'How long the JavaScript thread stands still while sessions are made and run: medians of rounds in which the engines ' +
      'take turns. "own" leaves out the time in which the thread waited for a processor (Linux), "worst" is the longest of all.',
  )
  .option('--networks <names>', `of ${networkNames.join(', ')}`, listOf(parseNetwork), ['resnet18-imagenet'])
  .option('--megabytes <sizes>', 'feeds of a network that only copies', listOf(parseCount), [1, 4, 16, 64])
  .option('--threads <count>', 'threads of a run', parseCount, 1)
  .option('--rounds <count>', 'how often everything is done', parseCount, 7);

async function main({ networks, megabytes, threads, rounds }: Options): Promise<void> {
  console.log(machineLines(describeMachine()));
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-event-loop-'));
  try {
    const stalls = new Stalls();
    for (const name of networks) {
      const { file } = await writeNetwork(name, undefined, folder);
      await measureNetwork(stalls, name, file, threads, rounds);
    }
    const copying = path.join(folder, 'copying.onnx');
    await writeModel(copyingNetwork(), copying);
    for (const size of megabytes) await measureFeeds(stalls, copying, size, threads, rounds);
    console.log(stalls.table());
  } finally {
    await fs.rm(folder, { recursive: true });
  }
}

/** The first session of a process waits for code that was never run before: a first round is not noted. */
async function measureNetwork(stalls: Stalls, name: string, file: string, threads: number, rounds: number) {
  const bytes = await fs.readFile(file);
  let into = new Stalls();
  for (let round = 0; round <= rounds; round++, into = stalls) {
    for (const engine of engineNames) {
      let session: InferenceSession | undefined;
      await into.note(`${name}: create from a file`, engine, async () => {
        session = await openSession(engine, file, { threads });
      });
      const feeds = seededFeeds(session!, { batch: 1 });
      await into.note(`${name}: first run`, engine, () => session!.run(feeds));
      await into.note(`${name}: run`, engine, () => session!.run(feeds));
      await session!.release();
      await into.note(`${name}: create from bytes`, engine, async () => {
        await (await openSession(engine, bytes, { threads })).release();
      });
    }
    await into.note(`${name}: GradientSession.create`, 'gdws', async () => {
      await (await GradientSession.create(file, { intraOpNumThreads: threads })).release();
    });
  }
}

/** One pixel a float, and next to no work beside the copies. */
function copyingNetwork() {
  const dims = ['batch', 1, 1024, 'width'];
  return makeModel({
    nodes: [makeNode({ opType: 'GlobalAveragePool', input: ['x'], output: ['y'] })],
    inputs: [makeValueInfo('x', 'float32', dims)],
    outputs: [makeValueInfo('y', 'float32', ['batch', 1, 1, 1])],
    initializers: {},
  });
}

async function measureFeeds(stalls: Stalls, file: string, megabytes: number, threads: number, rounds: number) {
  const sessions = new Map<EngineName, InferenceSession>();
  for (const engine of engineNames) sessions.set(engine, await openSession(engine, file, { threads }));
  const feeds = seededFeeds(sessions.get('gdws')!, { batch: 1, free: 256 * megabytes });
  let into = new Stalls();
  for (let round = 0; round <= rounds; round++, into = stalls) {
    for (const [engine, session] of sessions) {
      await into.note(`run with ${megabytes} MiB of feeds`, engine, () => session.run(feeds));
    }
  }
  for (const session of sessions.values()) await session.release();
}

main(command.parse(process.argv).opts<Options>()).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
