import { native } from '../addon/native';
import { GdwsError } from '../base/errors';
import { limitsOption, type Limits } from '../base/limits';
import {
  boolean,
  callback,
  checkOptions,
  group,
  integer,
  number,
  object,
  oneOf,
  patterns,
  required,
  shapes,
  signal,
  type OptionTable,
} from '../base/options';
import type { Calibration } from '../calibrate/calibration';
import { calibrationOption } from '../calibrate/options';
import { preprocessingOptions, type Preprocessing } from '../data/preprocessing';
import { maxThreads } from '../engine/threads';
import type { GivenAlpha } from '../gdws/alpha';
import { layerSelectionOptions, type LayerSelection } from '../gdws/layer-selection';
import type { LatencyModel } from '../latency/latency-model';
import { quantizedForms, type QuantizedForm } from '../quantize/quantize';

/** How a network is compressed. Exactly one of `beta`, `error`, `macs`, `params`, `latency` and `fps` is the goal; with `int8` there may be none. */
export interface CompressOptions extends LayerSelection {
  /** The paper's algorithm 3: every layer takes the fewest kernels with a weighted error e² of at most β. */
  beta?: number;
  /** Every layer takes the fewest kernels that lose at most this share, 0 to 1, of its weighted energy Σ α_c ‖W_c‖². */
  error?: number;
  /** Share of the dense network's multiply-accumulates to keep, above 0 to 1. All of its Conv, ConvTranspose, Gemm and MatMul count. */
  macs?: number;
  /** Share of the dense network's weights to keep, above 0 to 1; of the same operators, without biases. */
  params?: number;
  /**
   * Share of the dense network's time on this machine to keep, above 0 to 1, with `runThreads` threads and `batch` images.
   * The times of the layers are measured first, and remembered: docs/latency.md.
   */
  latency?: number;
  /** Images a second that the compressed network must process on this machine; as for `latency`. */
  fps?: number;
  /** For times: images of a run, for inputs whose leading dimension is open (default: those of `inputShapes`, or 1). */
  batch?: number;
  /** For times: threads of a run of the compressed network (default: the processors that this process may use). */
  runThreads?: number;
  /** Whether times are measured again where they are remembered (default false). */
  remeasure?: boolean;
  /** The times of the layers, if they were measured already; with any goal, the summary has its times. */
  latencyModel?: LatencyModel;
  /** Called while times are measured, with the fraction done, 0 to 1. */
  onMeasured?: (done: number) => void;
  /** Weight-error vectors α (the paper's equation 8) by layer name, one number for each input channel; 1 where absent. */
  alpha?: GivenAlpha;
  /** Shapes of inputs whose shape the model leaves open, by name. */
  inputShapes?: Readonly<Record<string, readonly number[]>>;
  /**
   * Whether batch normalisations after convolutions are folded into their weights first (default false). It changes the weights
   * that `beta` and `error` apply to, and makes no difference to budgets.
   */
  foldBatchNorm?: boolean;
  /** Images to calibrate the compression on: see docs/calibration.md. Without them only the weights count. */
  calibration?: Calibration;
  /**
   * Whether the network is quantized to 8 bits, after it is compressed if there is a goal: see docs/quantization.md. Needs
   * `calibration`. Default false.
   */
  int8?: boolean;
  /** With `int8`, nodes that stay in floats: names, in which `*` stands for anything, or expressions that match them. */
  int8Exclude?: readonly (string | RegExp)[];
  /**
   * With `int8` and no goal of time: the most that rounding may lose of what the dense network's predictions tell about the calibration
   * images, 0 to 1 (default 0.02). Where it loses more, the products whose rounding loses most stay in floats. 1 quantizes all.
   */
  int8MaxLoss?: number;
  /**
   * With `int8`, how integers are written: as operators of floats between DequantizeLinear and QuantizeLinear (`qdq`, the default), or
   * as operators on bytes (`qoperator`), as QLinearConv, some of which are onnxruntime's own.
   */
  format?: QuantizedForm;
  /**
   * What the network expects of pictures, written into the model's file: `run` and others read it there, and {@link preprocessingOf}. It
   * changes nothing else: `calibration` has a normalization of its own.
   */
  preprocessing?: Preprocessing;
  /** Limits of the model's resources; see docs/untrusted-models.md. */
  limits?: Partial<Limits>;
  /** Threads that decompose weights (default: the processors this process may use). */
  threads?: number;
  /** Stops between two layers with code ABORTED. */
  signal?: AbortSignal;
  /** Called after each layer that was decomposed: how many of how many, and its name. */
  onProgress?(done: number, total: number, layer: string): void;
}

/** The options that are goals. */
export const goals = ['beta', 'error', 'macs', 'params', 'latency', 'fps'] as const;

/** Options that are the same for every goal. */
export type PrepareOptions = Omit<CompressOptions, (typeof goals)[number]>;

export const prepareOptions: OptionTable<PrepareOptions> = {
  batch: integer(1),
  runThreads: integer(1, maxThreads),
  remeasure: boolean,
  latencyModel: { ...object, expected: 'what measureLatency returns' },
  onMeasured: callback,
  alpha: { ...object, expected: 'an object or Map with an array of numbers for each layer' },
  ...layerSelectionOptions,
  inputShapes: shapes,
  foldBatchNorm: boolean,
  calibration: calibrationOption,
  int8: boolean,
  int8Exclude: patterns,
  int8MaxLoss: number({ from: 0, to: 1 }, 'a share'),
  format: oneOf(quantizedForms),
  preprocessing: group(preprocessingOptions),
  limits: limitsOption,
  threads: integer(1, maxThreads),
  signal,
  onProgress: callback,
};

/** `goalOf` checks the ranges: a budget out of range is an error of its own. */
export const compressOptions: OptionTable<CompressOptions> = {
  ...prepareOptions,
  ...{ beta: number(), error: number(), macs: number(), params: number(), latency: number(), fps: number() },
};

/** How a compressed network is written. */
export interface WriteOptions {
  /** Whether files that the dense model was read from may be replaced (default false). */
  readonly overwriteSource?: boolean;
}

export const writeOptions: OptionTable<WriteOptions> = { overwriteSource: boolean };

/** The goal of a compression. */
export interface Goal {
  /** An option of {@link CompressOptions}. */
  readonly kind: (typeof goals)[number];
  /** Its value. */
  readonly value: number;
}

/** Whether a goal is one budget for the whole network, not a bound for every layer. */
export function isBudget({ kind }: Goal): boolean {
  return kind !== 'beta' && kind !== 'error';
}

/** Whether a goal is a time on this machine. */
export function isTime(kind: Goal['kind']): boolean {
  return kind === 'latency' || kind === 'fps';
}

interface Bounds {
  readonly least: 'from 0' | 'above 0';
  readonly most: number;
  /** What to give. */
  readonly what: string;
}

const share = (what: string): Bounds => ({
  least: 'above 0',
  most: 1,
  what: `the share of the dense network's ${what} to keep, above 0 and up to 1`,
});
/** The numbers that make sense for each goal. */
const bounds: Record<Goal['kind'], Bounds> = {
  beta: { least: 'from 0', most: Number.MAX_VALUE, what: 'a number from 0 on' },
  error: { least: 'from 0', most: 1, what: 'a share from 0 to 1' },
  macs: share('macs'),
  params: share('params'),
  latency: share('time'),
  fps: { least: 'above 0', most: Number.MAX_VALUE, what: 'the images a second to make, above 0' },
};

/** The one goal of the options; none where a network is only quantized. @throws {GdwsError} ARGUMENT_INVALID or BUDGET_OUT_OF_RANGE */
export function goalOf(options: CompressOptions): Goal | undefined {
  const given = goals.filter((kind) => options[kind] !== undefined);
  const [kind] = given;
  if (!kind && options.int8) return undefined;
  if (given.length !== 1 || !kind) {
    throw new GdwsError('ARGUMENT_INVALID', `${given.length ? given.join(' and ') : 'no goal'} given.`, {
      remedy: 'Give exactly one of beta, error, macs, params, latency and fps; or int8.',
    });
  }
  const goal = { kind, value: options[kind]! };
  checkGoal(goal);
  return goal;
}

const goalOptions: OptionTable<Goal> = { kind: required(oneOf(goals)), value: required(number()) };

/** @throws {GdwsError} ARGUMENT_INVALID or BUDGET_OUT_OF_RANGE */
export function checkGoal(goal: Goal): void {
  checkOptions(goal, goalOptions, 'goal');
  const { kind, value } = goal;
  const { least, most, what } = bounds[kind];
  if (value <= most && (least === 'above 0' ? value > 0 : value >= 0)) return;
  const code = isBudget(goal) ? 'BUDGET_OUT_OF_RANGE' : 'ARGUMENT_INVALID';
  const isPercent = most === 1 && value > 1 && value <= 100;
  const percent = isPercent ? ` ${value} percent is ${value / 100}, on the command line also ${value}%.` : '';
  throw new GdwsError(code, `${kind} is ${value}.`, { remedy: `Give ${what}.${percent}` });
}

/**
 * Checks options that are for quantized networks.
 *
 * @param hasQuantized whether there are any
 * @throws {GdwsError} ARGUMENT_INVALID
 */
export function checkIntegerOptions(options: PrepareOptions, hasQuantized: boolean): void {
  const idle = (['int8Exclude', 'int8MaxLoss', 'format'] as const).find((name) => options[name] !== undefined);
  if (!idle || hasQuantized) return;
  throw new GdwsError('ARGUMENT_INVALID', `${idle} belongs to int8, which is not given.`, {
    remedy: 'Leave it out, or give int8: true.',
  });
}

/** Threads that decompose weights and run calibrations. */
export function threadsOf({ threads }: Pick<CompressOptions, 'threads'>): number {
  return threads ?? native().concurrency;
}

/** @throws {GdwsError} ABORTED */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new GdwsError('ABORTED', 'the compression was aborted.', { cause: signal.reason });
}
