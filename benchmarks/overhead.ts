import { counters } from '../src/addon/introspection';
import { InferenceSession } from '../src/engine/session';
import { describe, type Distribution } from '../src/measure';
import { seededFeeds } from './feeds';
import type { ModelFile } from './model-files';

/** Where the time of one run goes, batch 1; all times in microseconds. */
export interface Overhead {
  readonly network: string;
  readonly kernels: number | undefined;
  readonly isQuantized: boolean;
  readonly threads: number;
  /** From the call of `run` until its promise is fulfilled. */
  readonly run: Distribution;
  /** Of each run, what was not spent between the begin of its first operation and the end of its last: JavaScript, copies, hops between threads. */
  readonly outside: Distribution;
  /** The same of `runSync`. */
  readonly outsideSync: Distribution;
}

/** Runs a network one image at a time for `seconds` by `run`, and as long by `runSync`. */
export async function measureOverhead(
  { network, kernels, isQuantized, file }: ModelFile,
  threads: number,
  seconds = 1,
): Promise<Overhead> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: threads });
  try {
    const feeds = seededFeeds(session);
    const { run, outside } = await timeRuns(() => session.run(feeds), seconds);
    const { outside: outsideSync } = await timeRuns(() => session.runSync(feeds), seconds);
    return { network, kernels, isQuantized, threads, run, outside, outsideSync };
  } finally {
    await session.release();
  }
}

async function timeRuns(once: () => unknown, seconds: number): Promise<{ run: Distribution; outside: Distribution }> {
  const run: number[] = [];
  const outside: number[] = [];
  for (let warmUp = 0; warmUp < 5; ++warmUp) await once();
  for (const begin = performance.now(); performance.now() - begin < 1000 * seconds;) {
    const operationsBefore = counters().operationMilliseconds;
    const start = performance.now();
    const running = once();
    // What is no promise has ended; to await it would count a turn of the microtasks.
    if (running instanceof Promise) await running;
    const time = performance.now() - start;
    run.push(1000 * time);
    outside.push(1000 * (time - (counters().operationMilliseconds - operationsBefore)));
  }
  return { run: describe(run), outside: describe(outside) };
}
