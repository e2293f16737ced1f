import type { InferenceSession } from 'onnxruntime-common';
import { measureInterleaved, type Distribution, type Ratio } from '../src/measure';
import { openSession } from './engines';
import { seededFeeds } from './feeds';
import type { ModelFile } from './model-files';

/** What a second thread brings. */
export interface Scaling {
  readonly network: string;
  readonly kernels: number | undefined;
  readonly batch: number;
  /** Milliseconds a run of the whole batch with one thread, and with two. */
  readonly times: readonly [Distribution, Distribution];
  /** Time of one thread by that of two: 2 at best. */
  readonly speedup: Ratio;
}

/** Races gdws with one thread against gdws with two on the same model file. `budget` is in milliseconds. */
export async function measureScaling(
  { network, kernels, file }: ModelFile,
  batch: number,
  budget: number,
): Promise<Scaling> {
  const sessions: InferenceSession[] = [];
  try {
    for (const threads of [1, 2]) sessions.push(await openSession('gdws', file, { threads }));
    const feeds = seededFeeds(sessions[0]!, { batch });
    const [one, two] = sessions;
    const comparison = await measureInterleaved(
      [
        { name: 'one', run: () => one!.run(feeds) },
        { name: 'two', run: () => two!.run(feeds) },
      ],
      { budget },
    );
    const [first, second] = comparison.measurements;
    return { network, kernels, batch, times: [first!.time, second!.time], speedup: comparison.ratio('one', 'two') };
  } finally {
    for (const session of sessions) await session.release();
  }
}
