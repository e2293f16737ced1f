import type { InferenceSession as Common } from 'onnxruntime-common';
import type { Limits } from '../base/limits';
import type { OperationProfile } from '../engine/network';
import { InferenceSession } from '../engine/session';
import { quantile } from '../measure';

/** Runs at least, however long they take. */
const fewestRuns = 2;
/** Runs of which the time of each operation is kept. */
const mostRuns = 500;

/** An operation with its median time in a run of the network. */
export interface TimedOperation extends Omit<OperationProfile, 'runs'> {
  /** The same with one thread, where there are several. */
  readonly alone?: number;
}

/** Times of a network's operations. */
export interface OperationTimes {
  readonly runs: number;
  readonly threads: number;
  /** Median of whole runs. */
  readonly milliseconds: number;
  readonly operations: readonly TimedOperation[];
  /** Names of nodes that were carried out in JavaScript. */
  readonly hosted: readonly string[];
}

export interface MeasureOperationsOptions {
  readonly threads: number;
  /** Milliseconds. */
  readonly budget: number;
  /** Makes the feeds of all runs. */
  readonly feeds: (session: InferenceSession) => Common.FeedsType;
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

/**
 * Runs a network with all threads and with one in turn, and takes the median time of each operation.
 *
 * @throws GdwsError what a session and its runs throw, ABORTED
 */
export async function measureOperations(
  file: string,
  { threads, budget, feeds: feedsOf, limits, signal, onProgress }: MeasureOperationsOptions,
): Promise<OperationTimes> {
  const counts = threads > 1 ? [threads, 1] : [threads];
  const runners: Runner[] = [];
  try {
    for (const count of counts) {
      const session = await InferenceSession.create(file, { intraOpNumThreads: count, limits });
      const runner = new Runner(session, feedsOf(session), signal);
      runners.push(runner);
      // The first run compiles, and touches memory for the first time.
      await runner.run();
      runner.begin();
    }
    const begin = performance.now();
    let runs = 0;
    while (runs < fewestRuns || (runs < mostRuns && performance.now() - begin < budget)) {
      for (const runner of runners) await runner.sample();
      ++runs;
      onProgress?.(Math.min(1, Math.max(runs / mostRuns, (performance.now() - begin) / budget)));
    }
    const [all, one] = runners;
    const alone = new Map(one?.operations().map((operation) => [keyOf(operation), operation.milliseconds]));
    return {
      runs,
      threads,
      milliseconds: median(all!.whole),
      operations: all!.operations().map((operation) => ({ ...operation, alone: alone.get(keyOf(operation)) })),
      hosted: all!.session.hostedNodes(),
    };
  } finally {
    await Promise.all(runners.map(({ session }) => session.release()));
  }
}

/** Samples of one session. */
class Runner {
  readonly whole: number[] = [];
  private samples: number[][] = [];
  private last: readonly OperationProfile[] = [];

  constructor(
    readonly session: InferenceSession,
    private readonly feeds: Common.FeedsType,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async run(): Promise<void> {
    await this.session.run(this.feeds, { signal: this.signal });
  }

  begin(): void {
    this.session.startProfiling();
  }

  /** Runs once, and takes what that added to the totals. */
  async sample(): Promise<void> {
    const began = performance.now();
    await this.run();
    this.whole.push(performance.now() - began);
    const { last } = this;
    const now = this.session.profile();
    // A run may compile further programs; then the samples begin anew.
    const isSame = now.length === last.length && now.every((one, index) => keyOf(one) === keyOf(last[index]!));
    if (!isSame) this.samples = now.map(() => []);
    now.forEach(({ milliseconds }, index) => {
      this.samples[index]!.push(milliseconds - (isSame ? last[index]!.milliseconds : 0));
    });
    this.last = now;
  }

  operations(): Omit<OperationProfile, 'runs'>[] {
    return this.last.map(({ node, operator, shape, tensors, type, kernel }, index) => {
      return { node, operator, shape, tensors, type, kernel, milliseconds: median(this.samples[index]!) };
    });
  }
}

/** What an operation has in common with the same one of a session with another number of threads. */
function keyOf({ node, tensors, shape }: Pick<OperationProfile, 'node' | 'tensors' | 'shape'>): string {
  return JSON.stringify([node, tensors, shape]);
}

function median(samples: readonly number[]): number {
  return quantile(
    [...samples].sort((one, other) => one - other),
    0.5,
  );
}
