import { counters } from '../src/addon/introspection';
import { describe, type Distribution } from '../src/measure';
import { openSession } from './engines';
import { seededFeeds } from './feeds';
import type { ModelFile } from './model-files';

/** Where the time of one run goes, batch 1; all times in microseconds. */
export interface Overhead {
  readonly network: string;
  readonly kernels: number | undefined;
  readonly threads: number;
  /** From the call of `run` until its promise is fulfilled. */
  readonly run: Distribution;
  /** Of each run, what was not spent between the begin of its first operation and the end of its last: JavaScript, copies, hops between threads. */
  readonly outside: Distribution;
}

/** Runs a network one image at a time for `seconds`. */
export async function measureOverhead(
  { network, kernels, file }: ModelFile,
  threads: number,
  seconds = 1,
): Promise<Overhead> {
  const session = await openSession('gdws', file, { threads });
  try {
    const feeds = seededFeeds(session);
    for (let warmUp = 0; warmUp < 5; ++warmUp) await session.run(feeds);
    const run: number[] = [];
    const outside: number[] = [];
    for (const begin = performance.now(); performance.now() - begin < 1000 * seconds;) {
      const operationsBefore = counters().operationMilliseconds;
      const start = performance.now();
      await session.run(feeds);
      const time = performance.now() - start;
      run.push(1000 * time);
      outside.push(1000 * (time - (counters().operationMilliseconds - operationsBefore)));
    }
    return { network, kernels, threads, run: describe(run), outside: describe(outside) };
  } finally {
    await session.release();
  }
}
