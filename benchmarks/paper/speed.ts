import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { measureInterleaved, type Distribution, type Ratio } from '../../src/measure';
import { demandAgreement } from '../agreement';
import { openSession } from '../engines';
import { steady } from '../race';
import type { NetworkFile } from './networks';

/** How fast a network runs, image by image. */
export interface Speed {
  /** Milliseconds an image. */
  readonly time: Distribution;
  /** By the median. */
  readonly fps: number;
  /** Speed as a multiple of that of the first network: quotients of times within each round. */
  readonly speedup: Ratio;
}

/**
 * Times networks in turn on one image, after each gave what onnxruntime-node gives.
 *
 * @param image (1 x C x H x W), as the networks take it
 * @param budget milliseconds for all
 */
export async function measureSpeed(
  networks: readonly NetworkFile[],
  image: Tensor,
  { threads, budget, onProgress }: { threads: number; budget: number; onProgress?: (done: number) => void },
): Promise<Speed[]> {
  const sessions: InferenceSession[] = [];
  try {
    for (const { file, name } of networks) {
      const session = await openSession('gdws', file, { threads });
      sessions.push(session);
      const peer = await openSession('onnxruntime', file, { threads: 1 });
      const feeds = { [session.inputNames[0]!]: image };
      demandAgreement(name, await session.run(feeds), await peer.run(feeds));
      await peer.release();
    }
    const contestants = sessions.map((session, index) => ({
      name: networks[index]!.name,
      run: () => session.run({ [session.inputNames[0]!]: image }),
    }));
    const comparison = await measureInterleaved(contestants, { budget, ...steady, onProgress });
    return comparison.measurements.map(({ name, time }) => ({
      time,
      fps: 1000 / time.median,
      speedup: comparison.ratio(networks[0]!.name, name),
    }));
  } finally {
    for (const session of sessions) await session.release();
  }
}
