import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { measureInterleaved, type Distribution, type Ratio } from '../../src/measure';
import { demandAgreement, tolerance } from '../agreement';
import { engineNames, openSession, type EngineName } from '../engines';
import { steady } from '../race';
import type { NetworkFile } from './networks';

/** How fast a network runs, image by image. */
export interface Speed {
  /** Milliseconds an image. */
  readonly time: Distribution;
  /** By the median. */
  readonly fps: number;
  /** Speed as a multiple of that of the first network in gdws: quotients of times within each round. */
  readonly speedup: Ratio;
}

/** In both engines. */
export type Speeds = Readonly<Record<EngineName, Speed>>;

/** Where integers are rounded at a tie, engines of floats between them may differ by a step here and there. */
const integerTolerance = 0.1;

/**
 * Times networks in both engines, all in turn, on one image, after each gave what it gives in the other engine.
 *
 * @param image (1 x C x H x W), as the networks take it
 * @param budget milliseconds for all
 */
export async function measureSpeed(
  networks: readonly NetworkFile[],
  image: Tensor,
  { threads, budget, onProgress }: { threads: number; budget: number; onProgress?: (done: number) => void },
): Promise<Speeds[]> {
  const lanes: { name: string; session: InferenceSession }[] = [];
  const run = (session: InferenceSession) => session.run({ [session.inputNames[0]!]: image });
  try {
    for (const { file, name, form } of networks) {
      const outputs: InferenceSession.ReturnType[] = [];
      for (const engine of engineNames) {
        const session = await openSession(engine, file, { threads });
        lanes.push({ name: laneOf(engine, name), session });
        outputs.push(await run(session));
      }
      demandAgreement(name, outputs[0]!, outputs[1]!, form === 'int8' ? integerTolerance : tolerance);
    }
    const contestants = lanes.map(({ name, session }) => ({ name, run: () => run(session) }));
    const comparison = await measureInterleaved(contestants, { budget, ...steady, onProgress });
    const speedOf = (engine: EngineName, network: string): Speed => {
      const { time } = comparison.measurements.find(({ name }) => name === laneOf(engine, network))!;
      const speedup = comparison.ratio(laneOf('gdws', networks[0]!.name), laneOf(engine, network));
      return { time, fps: 1000 / time.median, speedup };
    };
    return networks.map(({ name }) => ({ gdws: speedOf('gdws', name), onnxruntime: speedOf('onnxruntime', name) }));
  } finally {
    for (const { session } of lanes) await session.release();
  }
}

function laneOf(engine: EngineName, network: string): string {
  return `${engine}: ${network}`;
}
