import { setImmediate } from 'node:timers/promises';
import type { InferenceSession as Common, InferenceSessionFactory, OnnxValue, Tensor } from 'onnxruntime-common';
import { simplify } from '../analysis/simplify';
import { GdwsError, located } from '../base/errors';
import { limitsOf, limitsOption, type Limits } from '../base/limits';
import {
  boolean,
  checkSharedOptions,
  ignored,
  integer,
  oneOf,
  signal as signalOption,
  text,
  type OptionTable,
} from '../base/options';
import { Graph } from '../graph/graph';
import type { ValueType } from '../onnx/value';
import type { CompiledGraph } from './compile';
import { mayRunHere } from './event-loop-turn';
import { checkFeeds, holdFeed, toNativeFeed } from './feeds';
import { checkGiven, readFetches, resultIn, type Fetches } from './fetches';
import { typesOfShapes, type InputShapes } from './given-shapes';
import { metadataOf } from './metadata';
import { Network, type OperationProfile } from './network';
import { onAbort } from './on-abort';
import { readModelCopy, readModelReleasably } from './read-model';
import { aborted, runError } from './run-error';
import { maxThreads, threadsOf } from './threads';
import { copySmallFeeds } from './value-inputs';

export { Tensor } from 'onnxruntime-common';

/**
 * Options of onnxruntime-common, of which two have an effect here: `intraOpNumThreads`, the threads of one run, by default all
 * processors that affinity and cgroup quota allow, and `enableProfiling`. The others are accepted and ignored, so that changing
 * an import is enough. A misspelling of a known name is refused with ARGUMENT_INVALID; any other unknown name, for example an
 * option of another engine, causes one warning of the process.
 */
export interface SessionOptions extends Common.SessionOptions {
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

/** Options of onnxruntime-common without an effect here are accepted, so that changing an import is enough. */
const sessionOptions: OptionTable<SessionOptions> = {
  intraOpNumThreads: integer(0, maxThreads),
  enableProfiling: boolean,
  kernel: text,
  tuning: oneOf(tunings),
  limits: limitsOption,
  programBytes: integer(0),
  ...{ executionProviders: ignored, interOpNumThreads: ignored, freeDimensionOverrides: ignored },
  ...{ graphOptimizationLevel: ignored, enableCpuMemArena: ignored, enableMemPattern: ignored, executionMode: ignored },
  ...{ optimizedModelFilePath: ignored, profileFilePrefix: ignored, logId: ignored, logSeverityLevel: ignored },
  ...{ logVerbosityLevel: ignored, preferredOutputLocation: ignored, enableGraphCapture: ignored, extra: ignored },
  externalData: ignored,
};

/** Options of onnxruntime-common, and a signal. */
export interface RunOptions extends Common.RunOptions {
  /** Stops the run before its next operation, or before it begins; the promise rejects with code ABORTED. */
  signal?: AbortSignal;
}

const runOptions: OptionTable<RunOptions> = {
  signal: signalOption,
  ...{ logSeverityLevel: ignored, logVerbosityLevel: ignored, terminate: ignored, tag: ignored, extra: ignored },
};

/**
 * A network ready to run on the CPU, with the signatures of onnxruntime-common.
 *
 * @example
 * const session = await InferenceSession.create('model.onnx');
 * const { logits } = await session.run({ input: new Tensor('float32', pixels, [1, 3, 32, 32]) });
 */
export class InferenceSession implements Common {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly Common.ValueMetadata[];
  readonly outputMetadata: readonly Common.ValueMetadata[];
  private network: Network | undefined;
  private readonly allOutputs: Fetches;
  private readonly running = new Set<() => void>();

  private constructor(
    private readonly graph: Graph,
    network: Network,
    { enableProfiling }: SessionOptions,
  ) {
    this.network = network;
    if (enableProfiling) network.setProfiling(true);
    this.inputNames = graph.inputs.map(({ name }) => name);
    this.outputNames = graph.outputs.map(({ name }) => name);
    this.allOutputs = readFetches(undefined, this.outputNames, graph.file);
    this.inputMetadata = this.inputNames.map((name) => metadataOf(graph, name));
    this.outputMetadata = this.outputNames.map((name) => metadataOf(graph, name));
  }

  /**
   * Makes a session from a model file, or from the bytes of one, which are copied. From a file it needs less memory: the file's
   * bytes are not kept in addition to the packed weights, but read again for inputs of other shapes. The file stays open for
   * that, and may be removed, but not changed. It is closed at once where the model leaves no shape open. In runtimes that allow
   * no buffers outside V8's memory (Electron), a file is handled as bytes are.
   *
   * An open leading dim counts as 1 here; a model that does not accept that is checked by its first run.
   *
   * @throws GdwsError MODEL_UNREADABLE, MODEL_INVALID, EXTERNAL_DATA, OPERATOR_UNSUPPORTED, SHAPE_MISMATCH,
   * LIMIT_EXCEEDED, OUT_OF_MEMORY, ARGUMENT_INVALID
   */
  static create(path: string, options?: SessionOptions): Promise<InferenceSession>;
  static create(buffer: ArrayBufferLike, options?: SessionOptions): Promise<InferenceSession>;
  static create(
    buffer: ArrayBufferLike,
    byteOffset: number,
    byteLength?: number,
    options?: SessionOptions,
  ): Promise<InferenceSession>;
  static create(bytes: Uint8Array, options?: SessionOptions): Promise<InferenceSession>;
  static async create(
    source: string | ArrayBufferLike | Uint8Array,
    ...rest: (number | SessionOptions | undefined)[]
  ): Promise<InferenceSession> {
    const numbers = rest.filter((argument) => typeof argument === 'number');
    const options = rest.find((argument) => typeof argument !== 'number' && argument !== undefined) ?? {};
    checkSharedOptions(options, sessionOptions);
    const { kernel, programBytes } = options;
    const network = { threads: threadsOf(options), kernel, tuning: tuningOf(options), programBytes };
    const limits = limitsOf(options);
    const given = modelSource(source, numbers);
    const file = typeof given === 'string' ? given : undefined;
    const releasable =
      file !== undefined && network.tuning === 'off' ? await readModelReleasably(file, limits) : undefined;
    const { model, memory } = releasable ?? {
      model: await readModelCopy(given, limits),
      memory: undefined,
    };
    try {
      const graph = new Graph(model, file, limits);
      // Each step takes some milliseconds for a large model; the event loop runs between them.
      await setImmediate();
      simplify(graph);
      await setImmediate();
      return new InferenceSession(graph, await Network.create(graph, { ...network, memory }), options);
    } catch (error) {
      memory?.close();
      throw located(error, { file });
    }
  }

  /**
   * Runs the network off the JavaScript thread; a run of one thread that takes less than 0.1 ms may take place on it, for 2 ms
   * between turns of the event loop at most. The feeds are copied, and may be changed as soon as this returns.
   *
   * @throws GdwsError INPUT_MISSING, INPUT_UNKNOWN, OUTPUT_UNKNOWN, TYPE_MISMATCH, SHAPE_MISMATCH, SESSION_RELEASED, ABORTED,
   * MODEL_UNREADABLE where the shapes are new and the file has changed
   */
  run(feeds: Common.FeedsType, options?: RunOptions): Promise<Common.ReturnType>;
  /**
   * As above, with some of the outputs only.
   *
   * @param fetches names of the outputs wanted, or an object with null or a tensor for each: a result is written into that tensor,
   * which is then the one returned
   */
  run(feeds: Common.FeedsType, fetches: Common.FetchesType, options?: RunOptions): Promise<Common.ReturnType>;
  async run(
    feeds: Common.FeedsType,
    fetchesOrOptions?: Common.FetchesType | RunOptions,
    options?: RunOptions,
  ): Promise<Common.ReturnType> {
    const { fetches, signal } = this.argumentsOf(fetchesOrOptions, options);
    if (signal?.aborted) throw aborted(signal);
    const network = this.networkInUse();
    const types = network.knownTypes(feeds) ?? checkFeeds(this.graph, feeds);
    try {
      let compiled = network.programFor(types, feeds);
      let given;
      if (compiled) {
        given = this.nativeFeeds(feeds);
      } else {
        // Feeds that wait for a compilation must not change.
        given = this.inputNames.map((name) => holdFeed(feeds[name] as Tensor));
        compiled = await this.compiled(network, types, copySmallFeeds(feeds), signal);
      }
      this.checkGiven(compiled, fetches);
      const run = compiled.native.run(given, undefined, mayRunHere());
      const outputs = await this.abortable(run.done, () => run.abort(), signal);
      return this.results(compiled, outputs, fetches);
    } catch (error) {
      throw located(runError(error, signal), { file: this.graph.file });
    }
  }

  /** As {@link run}, but synchronous: it blocks the event loop. */
  runSync(feeds: Common.FeedsType, fetches?: Common.FetchesType): Common.ReturnType {
    const wanted = this.argumentsOf(fetches).fetches;
    const network = this.networkInUse();
    const types = network.knownTypes(feeds) ?? checkFeeds(this.graph, feeds);
    try {
      const compiled = network.programFor(types, feeds) ?? network.compileSync(types, feeds);
      this.checkGiven(compiled, wanted);
      return this.results(compiled, compiled.native.runSync(this.nativeFeeds(feeds)), wanted);
    } catch (error) {
      throw located(runError(error), { file: this.graph.file });
    }
  }

  /**
   * Compiles for inputs of given shapes, off the JavaScript thread for the most part, so that the first run of each takes no longer
   * than the next ones. Programs are kept up to the option `programBytes`.
   *
   * @param shapes for each, the dims of the inputs by name; inputs whose dims the model fixes may be left out
   * @throws GdwsError ARGUMENT_INVALID, INPUT_MISSING, INPUT_UNKNOWN, SHAPE_MISMATCH, SESSION_RELEASED, ABORTED, and what a run may
   */
  async prepare(shapes: Iterable<InputShapes>): Promise<void> {
    const network = this.networkInUse();
    for (const one of shapes) {
      try {
        await network.prepare(typesOfShapes(this.graph, one));
      } catch (error) {
        throw located(error, { file: this.graph.file });
      }
    }
  }

  /** Frees the network; runs that have begun are aborted. Safe to call again. */
  release(): Promise<void> {
    const { network } = this;
    this.network = undefined;
    for (const abort of this.running) abort();
    network?.release();
    return Promise.resolve();
  }

  /** As {@link release}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** Times the operations of runs that begin from now on; the option `enableProfiling` does so from the first run. */
  startProfiling(): void {
    this.networkInUse().setProfiling(true);
  }

  /** Ends what {@link startProfiling} began. No file is written: {@link profile} has the times. */
  endProfiling(): void {
    this.networkInUse().setProfiling(false);
  }

  /**
   * Times of all profiled runs: an entry for each operation in the order of execution, for each set of input shapes that is
   * still compiled.
   */
  profile(): OperationProfile[] {
    return this.networkInUse().profile();
  }

  private argumentsOf(
    fetchesOrOptions?: Common.FetchesType | RunOptions,
    options?: RunOptions,
  ): { readonly fetches: Fetches; readonly signal?: AbortSignal } {
    if (fetchesOrOptions === undefined && options === undefined) return { fetches: this.allOutputs };
    const isFetches =
      options !== undefined ||
      Array.isArray(fetchesOrOptions) ||
      Object.keys(fetchesOrOptions ?? {}).some((name) => this.outputNames.includes(name));
    const fetches = isFetches ? (fetchesOrOptions as Common.FetchesType) : undefined;
    const given = (isFetches ? options : (fetchesOrOptions as RunOptions | undefined)) ?? {};
    // A misspelt output looks like an option.
    checkSharedOptions(given, runOptions, isFetches ? [] : this.outputNames);
    const { outputNames, graph } = this;
    return { fetches: readFetches(fetches, outputNames, graph.file), signal: given.signal };
  }

  private checkGiven({ outputs }: CompiledGraph, fetches: Fetches): void {
    if (fetches.given.size > 0) checkGiven(fetches, (name) => outputs[this.outputNames.indexOf(name)]!);
  }

  private networkInUse(): Network {
    if (!this.network) throw new GdwsError('SESSION_RELEASED', 'this session was released.', { file: this.graph.file });
    return this.network;
  }

  private nativeFeeds(feeds: Readonly<Record<string, OnnxValue>>) {
    return this.inputNames.map((name) => toNativeFeed(feeds[name] as Tensor));
  }

  /** The program for new feeds; rejects at once when the signal fires or the session is released. */
  private async compiled(
    network: Network,
    types: ReadonlyMap<string, ValueType>,
    feeds: Common.FeedsType,
    signal: AbortSignal | undefined,
  ): Promise<CompiledGraph> {
    let giveUp = () => {};
    const givenUp = new Promise<never>((_, reject) => (giveUp = () => reject(aborted(signal))));
    const compiling = Promise.race([network.compile(types, feeds), givenUp]);
    const compiled = await this.abortable(compiling, giveUp, signal);
    if (signal?.aborted || this.network === undefined) throw aborted(signal);
    return compiled;
  }

  /** Awaits work, and calls `abort` if the signal fires or the session is released before it ends. */
  private async abortable<T>(work: Promise<T>, abort: () => void, signal: AbortSignal | undefined): Promise<T> {
    const end = signal && onAbort(signal, abort);
    this.running.add(abort);
    try {
      return await work;
    } finally {
      end?.();
      this.running.delete(abort);
    }
  }

  private results({ outputs }: CompiledGraph, buffers: readonly ArrayBuffer[], fetches: Fetches): Common.ReturnType {
    const results = {};
    fetches.names.forEach((name, place) => {
      const index = fetches.names === this.outputNames ? place : this.outputNames.indexOf(name);
      setOwn(results, name, resultIn(fetches, name, outputs[index]!, buffers[index]!));
    });
    return results;
  }
}

/**
 * The types that onnxruntime-common has under this name, and documents. Only a namespace merges with a class.
 *
 * @hidden
 */
// eslint-disable-next-line @typescript-eslint/no-namespace
export declare namespace InferenceSession {
  export type OnnxValueMapType = Common.OnnxValueMapType;
  export type NullableOnnxValueMapType = Common.NullableOnnxValueMapType;
  export type FeedsType = Common.FeedsType;
  export type FetchesType = Common.FetchesType;
  export type ReturnType = Common.ReturnType;
  export type SessionOptions = Common.SessionOptions;
  export type ExecutionProviderOptionMap = Common.ExecutionProviderOptionMap;
  export type ExecutionProviderName = Common.ExecutionProviderName;
  export type ExecutionProviderConfig = Common.ExecutionProviderConfig;
  export type ExecutionProviderOption = Common.ExecutionProviderOption;
  export type CpuExecutionProviderOption = Common.CpuExecutionProviderOption;
  export type CudaExecutionProviderOption = Common.CudaExecutionProviderOption;
  export type DmlExecutionProviderOption = Common.DmlExecutionProviderOption;
  export type TensorRtExecutionProviderOption = Common.TensorRtExecutionProviderOption;
  export type WebAssemblyExecutionProviderOption = Common.WebAssemblyExecutionProviderOption;
  export type WebGLExecutionProviderOption = Common.WebGLExecutionProviderOption;
  export type XnnpackExecutionProviderOption = Common.XnnpackExecutionProviderOption;
  export type WebGpuExecutionProviderOption = Common.WebGpuExecutionProviderOption;
  export type WebNNExecutionProviderName = Common.WebNNExecutionProviderName;
  export type WebNNContextOptions = Common.WebNNContextOptions;
  export type WebNNOptionsWithoutMLContext = Common.WebNNOptionsWithoutMLContext;
  export type WebNNOptionsWithMLContext = Common.WebNNOptionsWithMLContext;
  export type WebNNOptionsWebGpu = Common.WebNNOptionsWebGpu;
  export type WebNNExecutionProviderOption = Common.WebNNExecutionProviderOption;
  export type QnnExecutionProviderOption = Common.QnnExecutionProviderOption;
  export type CoreMLExecutionProviderOption = Common.CoreMLExecutionProviderOption;
  export type NnapiExecutionProviderOption = Common.NnapiExecutionProviderOption;
  export type RunOptions = Common.RunOptions;
  export type ValueMetadataBase = Common.ValueMetadataBase;
  export type NonTensorValueMetadata = Common.NonTensorValueMetadata;
  export type TensorValueMetadata = Common.TensorValueMetadata;
  export type ValueMetadata = Common.ValueMetadata;
}

/** The static side fits onnxruntime-common's factory, so that changing an import is enough. */
const factory: InferenceSessionFactory = InferenceSession;
void factory;

/** Sets a property of an object, even `__proto__`; faster than `Object.fromEntries`. */
function setOwn<Value>(object: Record<string, Value>, name: string, value: Value): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  else object[name] = value;
}

function tuningOf({ tuning }: SessionOptions): (typeof tunings)[number] {
  return tuning ?? tunings.find((name) => name === process.env.GDWS_TUNING) ?? 'off';
}

function modelSource(source: string | ArrayBufferLike | Uint8Array, [offset, length]: number[]): string | Uint8Array {
  if (typeof source === 'string' || source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) {
    try {
      return new Uint8Array(source, offset, length);
    } catch (cause) {
      const summary = `byteOffset ${offset} and byteLength ${length} do not fit a buffer of ${source.byteLength} bytes.`;
      throw new GdwsError('ARGUMENT_INVALID', summary, { cause });
    }
  }
  throw new GdwsError('ARGUMENT_INVALID', 'a model is given as a path, an ArrayBuffer or a Uint8Array.');
}
