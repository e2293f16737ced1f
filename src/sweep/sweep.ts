import { Tensor } from 'onnxruntime-common';
import { native } from '../addon/native';
import { GdwsError } from '../base/errors';
import {
  callback,
  checkOptions,
  instanceOf,
  integer,
  listOf,
  number,
  object,
  pickOptions,
  required,
  type OptionTable,
} from '../base/options';
import type { Compression } from '../compress/compression';
import { checkOutcomeOptions, outcomesOf, type Outcomes } from '../compress/drop/outcomes';
import { checkIntegerOptions, prepareOptions, type PrepareOptions } from '../compress/options';
import { prepareCompression, type PreparedCompression } from '../compress/prepare';
import { ImageSet } from '../data/image-set';
import { roundFeed } from '../engine/feeds';
import { InferenceSession } from '../engine/session';
import { measureInterleaved } from '../measure';
import type { DataType } from '../onnx/value';
import { normalizationOption, type Normalization } from '../robustness/normalized';
import type { AttackSettings } from '../robustness/settings';
import { proportion } from '../robustness/statistics/wilson';
import { accuracyOf } from '../robustness/ways';
import { changedPredictions } from './changed-predictions';
import { chosenOf, defaultWithin } from './chosen';
import type { SweepMethod, SweepReport, SweptNetwork } from './report';
import { spectraOf } from './spectra';

/** Default shares of the multiply-accumulates. */
export const defaultBudgets: readonly number[] = [0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** Options of a sweep. */
export interface SweepOptions extends PrepareOptions {
  /** Labelled images on which accuracy is measured. */
  readonly data: ImageSet;
  /** Normalization that the network expects of its images. */
  readonly normalization?: Normalization;
  /**
   * An attack under which accuracy is also measured; with `int8`, and where it uses gradients, all networks must also withstand what
   * `evaluate` adds: the attack square, and the quantized ones the images made on the dense one.
   */
  readonly attack?: AttackSettings;
  /** Queries of this square (default 5000). */
  readonly squareQueries?: number;
  /** Shares of the dense network's multiply-accumulates, above 0 to 1. */
  readonly budgets?: readonly number[];
  /** Share of accuracy, without an attack, that the chosen network may lose (default 0.01). */
  readonly within?: number;
  /** Seconds for timing all networks (default 10). */
  readonly time?: number;
  /** Seed of the attack (default 0). */
  readonly seed?: number;
  /** Called with the current step and its progress. */
  readonly onStep?: (step: 'compress' | 'evaluate' | 'time' | 'compare', done: number, total: number) => void;
}

const sweepOptions: OptionTable<SweepOptions> = {
  ...prepareOptions,
  data: required(instanceOf(ImageSet, 'an ImageSet, as readImages gives')),
  normalization: normalizationOption,
  attack: object,
  squareQueries: integer(1),
  budgets: listOf(number({ above: 0, to: 1 }), 'an array of shares above 0 and up to 1, as [0.3, 0.5]'),
  within: number({ from: 0, to: 1 }),
  time: number({ above: 0, below: Infinity }, 'a number of seconds'),
  seed: integer(),
  onStep: callback,
};

interface Made {
  readonly method: SweepMethod;
  readonly budget: number;
  readonly model: string | Uint8Array;
  readonly compression?: Compression;
}

/**
 * The whole trade-off of a network: accuracy, and accuracy under attack, against multiply-accumulates, parameters and
 * measured speed, of networks by this package's compression and by the paper's algorithm (LEGO with one β).
 *
 * @throws GdwsError ARGUMENT_INVALID for options that make no sense, BUDGET_OUT_OF_RANGE where no budget is met or no convolution
 *   may be replaced, and what `compress`, `evaluate` and a session throw
 */
export async function sweep(source: string | Uint8Array, options: SweepOptions): Promise<SweepReport> {
  check(options);
  const { data, budgets = defaultBudgets, calibration, attack, seed = 0, within = defaultWithin, onStep } = options;
  // Measured again: cached times may be of another state of the machine than those measured here.
  const preparing = pickOptions<PrepareOptions>(prepareOptions, options);
  const plain = {
    remeasure: true,
    ...preparing,
    int8: false,
    int8Exclude: undefined,
    format: undefined,
    calibration: undefined,
    alpha: undefined,
  };
  const timing = await prepareCompression(source, plain);
  timing.checkReplaceable();
  const latencyModel = await timing.latency();
  // Only the paper's algorithm uses α.
  const ours = await prepareCompression(source, { ...preparing, int8: false, alpha: undefined, latencyModel });
  if (options.int8) await ours.latency('int8');
  const isApart = calibration !== undefined || options.alpha !== undefined;
  const paper = isApart ? await prepareCompression(source, { ...plain, alpha: options.alpha, latencyModel }) : ours;

  const made: Made[] = [{ method: 'dense', budget: 1, model: source }];
  const unmet: SweepReport['unmet'][number][] = [];
  let refusal: GdwsError | undefined;
  const ofMethod = (method: Job['method'], shares = budgets): Job[] => shares.map((budget) => ({ method, budget }));
  const inIntegers = options.int8 ? ofMethod('int8', [...new Set([...budgets, 1])]) : [];
  const jobs = [...ofMethod('gdws'), ...inIntegers, ...ofMethod('paper')];
  for (const [index, { method, budget }] of jobs.entries()) {
    onStep?.('compress', index, jobs.length);
    try {
      const compression = await compressed(method === 'paper' ? paper : ours, { method, budget });
      made.push({ method, budget, model: compression.bytes(), compression });
    } catch (error) {
      if (!(error instanceof GdwsError && error.code === 'BUDGET_OUT_OF_RANGE')) throw error;
      unmet.push({ method, budget, reason: error.message });
      refusal ??= error;
    }
  }
  if (refusal && made.length === 1) throw refusal;
  const accuracies: Pick<SweptNetwork, 'natural' | 'robust' | 'ways'>[] = [];
  let dense: Outcomes | undefined;
  for (const [index, { model }] of made.entries()) {
    onStep?.('evaluate', index, made.length);
    const compared = { hasQuantized: options.int8, dense };
    const outcomes = await outcomesOf(model, data, { ...options, attack, seed }, compared);
    // The first of all.
    dense ??= outcomes;
    const { natural, robust, ways } = outcomes;
    const shareOf = (right: Uint8Array) =>
      proportion(
        right.reduce((sum, one) => sum + one, 0),
        right.length,
      );
    accuracies.push({
      natural: shareOf(natural),
      robust: robust && shareOf(robust),
      ways: ways?.map(accuracyOf),
    });
  }
  const { times, batch, threads } = await timed(made, data, options);

  const before = ours.dense();
  const bytesBefore = made.find(({ compression }) => compression)?.compression?.summary.bytes.before ?? 0;
  const networks = made.map(({ method, budget, compression }, index): SweptNetwork => {
    const { macs, params, time, bytes, layers } = compression?.summary ?? {};
    return {
      ...{ method, budget },
      macs: macs?.after ?? before.macs ?? NaN,
      params: params?.after ?? before.params,
      bytes: bytes?.after ?? bytesBefore,
      ...accuracies[index]!,
      milliseconds: times[index]!,
      imagesPerSecond: (1000 * batch) / times[index]!,
      predictedMilliseconds: time?.after ?? latencyModel.dense,
      layers: layers ?? [],
    };
  });
  const chosen = chosenOf(networks, within);
  if (chosen > 0) onStep?.('compare', 0, 1);
  return {
    version: 1,
    model: typeof source === 'string' ? source : 'model',
    settings: {
      ...{ budgets, images: data.length, attack, threads, batch, seed, within },
      calibrationImages: calibration?.images.length ?? 0,
      calibrationAttack: calibration?.attack,
      instructionSet: native().instructionSet,
    },
    networks,
    chosen,
    changed: chosen > 0 ? await changedPredictions(source, made[chosen]!.model, data, options) : undefined,
    unmet,
    spectra: spectraOf(await ours.layers()),
  };
}

/** A network to be made. */
interface Job {
  readonly method: Exclude<SweepMethod, 'dense'>;
  readonly budget: number;
}

async function compressed(prepared: PreparedCompression, { method, budget }: Job): Promise<Compression> {
  const goal = budget < 1 || method === 'gdws' ? ({ kind: 'macs', value: budget } as const) : undefined;
  if (method !== 'paper') return prepared.compress(goal, method === 'int8' ? 'int8' : 'float32');
  return prepared.compress({ kind: 'beta', value: await prepared.betaWithin(budget) });
}

/** Times all networks in turn. */
async function timed(
  made: readonly Made[],
  data: ImageSet,
  { runThreads, batch: wanted, time = 10, signal, onStep }: SweepOptions,
): Promise<{ times: number[]; batch: number; threads: number }> {
  const threads = runThreads ?? native().concurrency;
  const sessions: InferenceSession[] = [];
  try {
    for (const { model } of made) {
      sessions.push(await InferenceSession.create(model as Uint8Array, { intraOpNumThreads: threads }));
    }
    const [input] = sessions[0]!.inputMetadata;
    const declared = input?.isTensor ? input.shape[0] : undefined;
    const batch = typeof declared === 'number' ? declared : (wanted ?? 1);
    const first = data.batch(0, 1).images.data as Float32Array;
    const pixels = new Float32Array(batch * first.length);
    for (let n = 0; n < batch; ++n) pixels.set(first, n * first.length);
    const images = new Tensor('float32', pixels, [batch, ...data.dims]);
    const feeds = {
      [sessions[0]!.inputNames[0]!]: roundFeed(images, input?.isTensor ? (input.type as DataType) : undefined),
    };
    const contestants = sessions.map((session, index) => ({
      name: String(index),
      run: () => session.run(feeds, { signal }),
    }));
    const { measurements } = await measureInterleaved(contestants, {
      budget: 1000 * time,
      signal,
      onProgress: (done) => onStep?.('time', done, 1),
    });
    return { times: measurements.map((one) => one.time.median), batch, threads };
  } finally {
    await Promise.all(sessions.map((session) => session.release()));
  }
}

function check(options: SweepOptions): void {
  checkOptions(options, sweepOptions);
  checkIntegerOptions(options, options.int8 === true);
  checkOutcomeOptions(options, { hasQuantized: options.int8 });
  if (options.data.length === 0) throw new GdwsError('ARGUMENT_INVALID', 'there are no labelled images.');
  if (options.budgets?.length === 0) {
    throw new GdwsError('ARGUMENT_INVALID', 'there are no budgets.', { remedy: 'Give shares above 0 and up to 1.' });
  }
}
