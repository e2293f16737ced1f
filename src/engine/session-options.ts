import type { InferenceSession } from 'onnxruntime-common';
import { limitsOption, type Limits } from '../base/limits';
import {
  boolean,
  checkSharedOptions,
  ignored,
  integer,
  oneOf,
  recordOf,
  signal,
  text,
  type OptionKind,
  type OptionTable,
} from '../base/options';
import { checkProviders, providers } from './execution-providers';
import { unknownOutput } from './fetches';
import { externalData } from './given-data';
import { maxThreads } from './threads';

/**
 * Options of onnxruntime-common; docs/onnxruntime.md says what each does here. Values that onnxruntime-node refuses are refused
 * with ARGUMENT_INVALID. So is a misspelling of a known name; any other unknown name, for example an option of another engine,
 * causes one warning of the process.
 */
export interface SessionOptions extends InferenceSession.SessionOptions {
  /** Threads of one run; by default, and for 0, all processors that affinity and cgroup quota allow. */
  intraOpNumThreads?: number;
  /**
   * Sizes for dims that the model's inputs and outputs name, as `{ batch: 4 }`; feeds must then have these sizes. A name that
   * the model does not have causes a warning of the process.
   */
  freeDimensionOverrides?: { readonly [dimensionName: string]: number };
  /**
   * Files of weights that are not read from beside the model, but given: `path` is where the model says that they lie, and `data`
   * the bytes, which are copied. Not a path to another place.
   */
  externalData?: InferenceSession.SessionOptions['externalData'];
  /** A file to write the simplified model to, before it is compiled; all weights are in it. */
  optimizedModelFilePath?: string;
  /** Times the operations of all runs: see `profile`, and `endProfiling` where there is a `profileFilePrefix`. */
  enableProfiling?: boolean;
  /** The file that `endProfiling` writes is named `<prefix>_<date>.json`. */
  profileFilePrefix?: string;
  /**
   * Whether feeds and outputs asked for by names that the model does not have are refused, with INPUT_UNKNOWN and OUTPUT_UNKNOWN,
   * rather than ignored. Default false, as in onnxruntime.
   */
  strictNames?: boolean;
  /**
   * A kernel (`convolution.product`) or method (`reference`) to take wherever it is supported, instead of the fastest.
   * For tests and benchmarks.
   */
  kernel?: string;
  /**
   * How a kernel is chosen for a layer that several kernels can run: `'on'`, by timing them on this machine when a shape is first
   * used, largest layers first, for about 50 ms at most; `'thorough'`, by timing all of them; `'off'`, by estimates of their
   * cycles. Measurements are remembered on disk. Kernels differ in their rounding errors: with tuning, the last digits of results
   * may differ between machines, and after further measurements; with `'off'` they do not. Default: the environment variable
   * GDWS_TUNING, or `'off'`.
   */
  tuning?: 'on' | 'off' | 'thorough';
  /** Limits of the model's resources; see docs/untrusted-models.md. */
  limits?: Partial<Limits>;
  /**
   * Bytes of memory, beside the weights, that programs for other input shapes may take before those unused for the longest time are
   * dropped. One takes some 100 KB. Default 32 MiB.
   */
  programBytes?: number;
}

const tunings = ['on', 'off', 'thorough'] as const;
const severity = integer(0, 4);

/** Where onnxruntime knows that tensors can be; results are in main memory for each of them, as in onnxruntime-node on the CPU. */
const location = oneOf(['cpu', 'cpu-pinned', 'texture', 'gpu-buffer', 'ml-tensor']);
const locations: OptionKind = {
  expected: `${location.expected}; or an object with one of them for names of outputs`,
  type: 'string',
  accepts: (value) => value === null || location.accepts(value) || recordOf(location, '').accepts(value),
};

/** Configurations by name, in groups: objects within each other, with strings in the end. */
const configurations: OptionKind = {
  expected: 'an object of strings, or of such objects',
  type: 'object',
  accepts: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((one) => typeof one === 'string' || configurations.accepts(one)),
};

const sessionOptions: OptionTable<SessionOptions> = {
  executionProviders: providers,
  intraOpNumThreads: integer(0, maxThreads),
  interOpNumThreads: integer(0),
  freeDimensionOverrides: recordOf(integer(0), 'an object with an integer from 0 on for each name of a dim'),
  graphOptimizationLevel: oneOf(['disabled', 'basic', 'extended', 'layout', 'all']),
  enableCpuMemArena: boolean,
  enableMemPattern: boolean,
  executionMode: oneOf(['sequential', 'parallel']),
  optimizedModelFilePath: text,
  enableProfiling: boolean,
  profileFilePrefix: text,
  logId: text,
  logSeverityLevel: severity,
  logVerbosityLevel: ignored,
  preferredOutputLocation: locations,
  enableGraphCapture: ignored,
  extra: configurations,
  externalData,
  strictNames: boolean,
  kernel: text,
  tuning: oneOf(tunings),
  limits: limitsOption,
  programBytes: integer(0),
};

/** @throws GdwsError ARGUMENT_INVALID */
export function checkSessionOptions(options: SessionOptions): void {
  checkSharedOptions(options, sessionOptions);
  checkProviders(options.executionProviders);
}

/** @throws GdwsError OUTPUT_UNKNOWN where `preferredOutputLocation` names an output that the model does not have */
export function checkOutputLocations(
  { preferredOutputLocation }: SessionOptions,
  outputNames: readonly string[],
  file: string | undefined,
): void {
  if (typeof preferredOutputLocation !== 'object' || preferredOutputLocation === null) return;
  const unknown = Object.keys(preferredOutputLocation).find((name) => !outputNames.includes(name));
  if (unknown !== undefined) throw unknownOutput(unknown, outputNames, file);
}

export function tuningOf({ tuning }: SessionOptions): (typeof tunings)[number] {
  return tuning ?? tunings.find((name) => name === process.env.GDWS_TUNING) ?? 'off';
}

/** Options of onnxruntime-common, and a signal. */
export interface RunOptions extends InferenceSession.RunOptions {
  /** If true, the run does not begin, and the promise rejects with code ABORTED; `signal` stops a run that has begun. */
  terminate?: boolean;
  /** Stops the run before its next operation, or before it begins; the promise rejects with code ABORTED. */
  signal?: AbortSignal;
  /**
   * Threads of this run, at most those of the session, which it has by default. Several runs at once with one thread each get more done
   * than one after the other with all of them; the results are the same to the bit.
   */
  threads?: number;
}

const runOptions: OptionTable<RunOptions> = {
  logSeverityLevel: severity,
  logVerbosityLevel: ignored,
  terminate: boolean,
  tag: text,
  extra: ignored,
  signal,
  threads: integer(1, maxThreads),
};

/**
 * @param outputNames names that may have been meant: a misspelt output looks like an option
 * @throws GdwsError ARGUMENT_INVALID
 */
export function checkRunOptions(options: RunOptions, outputNames: readonly string[]): void {
  checkSharedOptions(options, runOptions, outputNames);
}
