import type { InferenceSession } from 'onnxruntime-common';
import { measureInterleaved, untilIdle, type Contestant, type Distribution, type Ratio } from '../src/measure';
import { demandAgreement } from './agreement';
import { engineNames, openSession, type EngineName } from './engines';
import { seededFeeds } from './feeds';
import type { ModelFile } from './model-files';

/** What is raced: the dense network and a GDWS one, on both engines, under one setting. */
export interface RaceSetting {
  readonly dense: ModelFile;
  readonly gdws: ModelFile;
  readonly threads: number;
  readonly batch: number;
  /** Whether onnxruntime's idle threads spin. */
  readonly spinning: boolean;
}

export interface RaceEntry {
  readonly engine: EngineName;
  readonly form: 'dense' | 'gdws';
  /** Milliseconds a run of the whole batch. */
  readonly time: Distribution;
  /** At the median, by the multiply-accumulates of this form of the network. */
  readonly gflops: number;
}

export interface RaceResult {
  readonly network: string;
  readonly kernels: number;
  readonly threads: number;
  readonly batch: number;
  readonly spinning: boolean;
  readonly rounds: number;
  readonly entries: readonly RaceEntry[];
  /** Time by time: below 1 where gdws is faster. */
  readonly ratios: {
    readonly 'gdws GDWS : onnxruntime GDWS': Ratio;
    readonly 'gdws GDWS : onnxruntime dense': Ratio;
    readonly 'gdws dense : onnxruntime dense': Ratio;
    readonly 'gdws GDWS : gdws dense': Ratio;
  };
  /** Largest relative difference between the engines' outputs, of both forms. */
  readonly difference: number;
}

/**
 * Each engine in its steady state, as on a server under load: what the one before it left in the caches, tens of
 * megabytes of weights, takes some runs to be replaced.
 */
export const steady = { settlingCalls: 4, minSample: 20 };

/** Races both engines on both forms, in turn, after their outputs were found to agree. `budget` is in milliseconds. */
export async function race(setting: RaceSetting, budget: number): Promise<RaceResult> {
  const { threads, batch, spinning } = setting;
  const lanes: { engine: EngineName; form: 'dense' | 'gdws'; session: InferenceSession }[] = [];
  try {
    for (const form of ['gdws', 'dense'] as const) {
      for (const engine of engineNames) {
        lanes.push({ engine, form, session: await openSession(engine, setting[form].file, { threads, spinning }) });
      }
    }
    const feeds = seededFeeds(lanes[0]!.session, { batch });
    const difference = Math.max(await agreementOf('gdws'), await agreementOf('dense'));
    const contestants = lanes.map(({ engine, form, session }): Contestant => ({
      name: nameOf(engine, form),
      run: () => session.run(feeds),
    }));
    // One thread has none beside it that could spin.
    const comparison = await measureInterleaved(contestants, {
      budget,
      ...steady,
      rest: threads > 1 ? () => untilIdle() : undefined,
    });
    const entries = lanes.map(({ engine, form }, index): RaceEntry => {
      const { time } = comparison.measurements[index]!;
      return { engine, form, time, gflops: (2 * setting[form].macs * batch) / time.median / 1e6 };
    });
    return {
      network: setting.dense.network,
      kernels: setting.gdws.kernels!,
      threads,
      batch,
      spinning,
      rounds: comparison.rounds,
      entries,
      ratios: {
        'gdws GDWS : onnxruntime GDWS': comparison.ratio(nameOf('gdws', 'gdws'), nameOf('onnxruntime', 'gdws')),
        'gdws GDWS : onnxruntime dense': comparison.ratio(nameOf('gdws', 'gdws'), nameOf('onnxruntime', 'dense')),
        'gdws dense : onnxruntime dense': comparison.ratio(nameOf('gdws', 'dense'), nameOf('onnxruntime', 'dense')),
        'gdws GDWS : gdws dense': comparison.ratio(nameOf('gdws', 'gdws'), nameOf('gdws', 'dense')),
      },
      difference,
    };

    async function agreementOf(form: 'dense' | 'gdws'): Promise<number> {
      const [actual, expected] = await Promise.all(
        engineNames.map((engine) =>
          lanes.find((one) => one.engine === engine && one.form === form)!.session.run(feeds),
        ),
      );
      return demandAgreement(setting[form].file, actual!, expected!);
    }
  } finally {
    for (const { session } of lanes) await session.release();
  }
}

function nameOf(engine: EngineName, form: 'dense' | 'gdws'): string {
  return `${engine} ${form}`;
}
