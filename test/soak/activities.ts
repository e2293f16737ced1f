import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Tensor } from 'onnxruntime-common';
import { compress, GradientSession, InferenceSession } from '../../src';
import { mutate } from '../fuzz/mutate';
import type { Random } from '../fuzz/random';
import { randomNetwork, type RandomNetwork } from '../networks/random-network';
import { typescriptLoader } from '../typescript-loader';
import type { Tally } from './tally';

/** One thing that users do, done once; different ones go on at the same time. */
export type Activity = (random: Random, tally: Tally) => Promise<void>;

type Results = Awaited<ReturnType<InferenceSession['run']>>;

const network = (random: Random): RandomNetwork => randomNetwork(random.below(2 ** 31));
const threads = (random: Random) => 1 + random.below(3);

function bytesOf(results: Results): Buffer {
  return Buffer.concat(Object.values(results).map(({ data }) => Buffer.from((data as Float32Array).buffer)));
}

function expectSame(found: Results, expected: Results, what: string): void {
  if (!bytesOf(found).equals(bytesOf(expected))) throw new Error(`${what} differs from the first run`);
}

/** Creates, runs, compares with runSync, and releases or forgets. */
const runOnce: Activity = async (random, tally) => {
  const { bytes, feeds } = network(random);
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: threads(random) });
  for (const images of [undefined, 1 + random.below(4)]) {
    const given = feeds(images);
    expectSame(session.runSync(given), await session.run(given), 'runSync');
    tally.count('run and runSync compared');
  }
  if (random.next() < 0.8) await session.release();
  else tally.count('session dropped without release');
};

/** Many runs at once of a few sessions, each with feeds of its own. */
const runTogether: Activity = async (random, tally) => {
  const sessions = await Promise.all(
    [0, 1, 2].map(async () => {
      const { bytes, feeds } = network(random);
      const session = await InferenceSession.create(bytes, { intraOpNumThreads: threads(random) });
      const all = [feeds(), feeds(), feeds(2)];
      return { session, cases: all.map((given) => ({ given, expected: session.runSync(given) })) };
    }),
  );
  const runs = Array.from({ length: 60 }, async () => {
    const { session, cases } = random.of(sessions);
    const { given, expected } = random.of(cases);
    expectSame(await session.run(given), expected, 'a concurrent run');
  });
  await Promise.all(runs);
  tally.count('concurrent run compared', runs.length);
  await Promise.all(sessions.map(({ session }) => session.release()));
};

/** Aborts and releases at any time. */
const interrupt: Activity = async (random, tally) => {
  const { bytes, feeds } = network(random);
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: threads(random) });
  const controller = new AbortController();
  const runs = Array.from({ length: 20 }, () => session.run(feeds(4), { signal: controller.signal }));
  const ended = Promise.allSettled(runs);
  await sleep(random.below(10));
  if (random.next() < 0.5) controller.abort();
  else await session.release();
  for (const result of await ended) {
    if (result.status === 'fulfilled') tally.count('run ended before its abort');
    else tally.survived('run interrupted', result.reason, ['ABORTED']);
  }
  await session.release();
};

const compressAndRun: Activity = async (random, tally) => {
  const { bytes, feeds } = network(random);
  const compression = await compress(bytes, { error: random.next() / 2, firstLayer: true });
  const session = await InferenceSession.create(compression.bytes());
  const given: Record<string, Tensor> = feeds();
  expectSame(await session.run(given), session.runSync(given), 'a compressed network');
  await session.release();
  tally.count('network compressed and run');
};

const differentiate: Activity = async (random, tally) => {
  const { bytes, feeds } = network(random);
  let session: GradientSession | undefined;
  try {
    session = await GradientSession.create(bytes, { intraOpNumThreads: threads(random) });
    await session.gradient(feeds(), (logits) => logits);
    tally.count('network differentiated');
  } catch (error) {
    tally.survived('differentiate', error, ['SHAPE_MISMATCH', 'GRADIENT_UNSUPPORTED', 'ARGUMENT_INVALID']);
  } finally {
    await session?.release();
  }
};

/** Models that are damaged. */
const damage: Activity = async (random, tally) => {
  const { bytes, feeds } = network(random);
  const mutant = mutate(random, [bytes, network(random).bytes]);
  try {
    const limits = { memoryBytes: 2 ** 28, tensorBytes: 2 ** 26, foldedElements: 2 ** 20, nodes: 2000 };
    const session = await InferenceSession.create(mutant, { limits });
    try {
      await session.run(feeds(), { signal: AbortSignal.timeout(1000) });
      tally.count('damaged model run all the same');
    } finally {
      await session.release();
    }
  } catch (error) {
    tally.survived('damaged model', error);
  }
};

/** Threads of the process that end while their networks run. */
const workers: Activity = async (random, tally) => {
  const all = Array.from({ length: 1 + random.below(8) }, (_, i) => {
    const worker = new Worker(
      `[${JSON.stringify(require.resolve('tsx/cjs'))}, ${JSON.stringify(path.join(__dirname, 'worker.ts'))}].forEach(require);`,
      {
        eval: true,
        workerData: random.below(2 ** 31) + i,
      },
    );
    return new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', () => {
        void sleep(random.below(100))
          .then(() => worker.terminate())
          .then(() => resolve());
      });
    });
  });
  await Promise.all(all);
  tally.count('worker thread terminated while it ran', all.length);
};

/** Processes that end while their networks run. */
const processes: Activity = async (random, tally) => {
  const [way, code, signal] = random.of([
    ['return', 0, null],
    ['exit', 3, null],
    ['throw', 1, null],
    ['reject', 1, null],
    ['SIGTERM', null, 'SIGTERM'],
  ] as const);
  const script = path.join(__dirname, 'ending.ts');
  const child = spawn(process.execPath, [...typescriptLoader, script, way, `${random.below(2 ** 31)}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stderr: Buffer[] = [];
  child.stderr.on('data', (part: Buffer) => stderr.push(part));
  const [found, by] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (...ended) => resolve(ended)),
  );
  if (found !== code || by !== signal) {
    throw new Error(
      `a process that should end by ${way} ended with ${by ?? found}: ${Buffer.concat(stderr).toString()}`,
    );
  }
  tally.count(`process ended by ${way} while it ran`);
};

/** Activities and how often they are chosen. */
export const activities: readonly (readonly [name: string, weight: number, activity: Activity])[] = [
  ['run', 30, runOnce],
  ['run together', 12, runTogether],
  ['interrupt', 12, interrupt],
  ['compress', 10, compressAndRun],
  ['differentiate', 8, differentiate],
  ['damage', 30, damage],
  ['workers', 1, workers],
  ['processes', 1, processes],
];
