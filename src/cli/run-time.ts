import { native } from '../addon/native';
import { GdwsError } from '../base/errors';
import { InferenceSession } from '../engine/session';
import { measureInterleaved } from '../measure';
import { randomFeeds } from './random-feeds';

/** Median times of a run of two networks in turn, in milliseconds. */
export interface RunTime {
  readonly before: number;
  readonly after: number;
  readonly threads: number;
  readonly batch: number;
}

export interface RunTimeOptions {
  readonly runThreads?: number;
  readonly batch?: number;
  readonly shape?: Record<string, number[]>;
  readonly signal?: AbortSignal;
}

/** Networks that take nearly as long as each other differ by less than this, as a share of the time. */
const noticeable = 0.03;

/**
 * Runs a network and what it was compressed to in turn on random inputs, for about half a second.
 *
 * @param file of the dense network, to name it
 * @returns why not, where the engine cannot run one of them or the shapes of the inputs are not known
 * @throws GdwsError ABORTED
 */
export async function measureRunTime(
  file: string,
  compressed: string | Uint8Array,
  { runThreads: threads = native().concurrency, batch, shape, signal }: RunTimeOptions,
): Promise<RunTime | string> {
  const sessions: InferenceSession[] = [];
  try {
    const contestant = async (name: string, model: string | Uint8Array) => {
      const session = await InferenceSession.create(model as string, { intraOpNumThreads: threads });
      sessions.push(session);
      const { feeds, batch: size } = randomFeeds(session, file, batch, shape);
      return { name, size, run: () => session.run(feeds, { signal }) };
    };
    const before = await contestant('before', file);
    const after = await contestant('after', compressed);
    const comparison = await measureInterleaved([before, after], { budget: 500, minRounds: 3, signal });
    const [first, second] = comparison.measurements.map(({ time }) => time.median);
    return { before: first!, after: second!, threads, batch: before.size };
  } catch (error) {
    if (error instanceof GdwsError && error.code !== 'ABORTED') return error.message;
    throw error;
  } finally {
    await Promise.all(sessions.map((session) => session.release()));
  }
}

/** Whether the compressed network is no faster. */
export function isNoFaster({ before, after }: RunTime): boolean {
  return after > (1 - noticeable) * before;
}

/** What may make a network faster that was compressed with these options. */
export function adviceForTime({ calib, fastest }: { readonly calib?: string; readonly fastest?: boolean }): string {
  if (fastest) return 'Allow a larger --max-drop (docs/max-drop.md).';
  const ways = calib === undefined ? '--calib with images, which brings --int8,' : '--int8, or --fastest';
  return `Try ${ways} or --latency 0.5 (docs/latency.md).`;
}
