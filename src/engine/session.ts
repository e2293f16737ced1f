import { setImmediate } from 'node:timers/promises';
import {
  TRACE_EVENT_BEGIN,
  TRACE_EVENT_END,
  TRACE_FUNC_BEGIN,
  TRACE_FUNC_END,
  type InferenceSession as Common,
  type InferenceSessionFactory,
  type OnnxValue,
  type Tensor,
} from 'onnxruntime-common';
import { simplify } from '../analysis/simplify';
import { GdwsError, located } from '../base/errors';
import { limitsOf } from '../base/limits';
import { Graph } from '../graph/graph';
import { separateSubgraphs } from '../graph/separate-subgraphs';
import { customMetadataOf } from '../onnx/read';
import type { ValueType } from '../onnx/value';
import { writeModel } from '../onnx/write';
import type { CompiledGraph } from './compile';
import { readCreateArguments } from './create-arguments';
import { mayRunHere, turnOfEventLoop } from './event-loop-turn';
import { checkFeeds, refuseUnknownFeeds, toNativeFeed } from './feeds';
import { checkGiven, readFetches, resultIn, type Fetches } from './fetches';
import { setFreeDims } from './free-dims';
import { givenFiles } from './given-data';
import { typesOfAllShapes, type InputShapes } from './given-shapes';
import { metadataOf } from './metadata';
import { Network, type NetworkOptions, type OperationProfile } from './network';
import { onAbort } from './on-abort';
import { ProfileFile } from './profile-file';
import { readModelForSession, readModelReleasably } from './read-model';
import { readRunArguments, type RunArguments } from './run-arguments';
import { aborted, runError } from './run-error';
import { ownWeights } from './segments/own-weights';
import type { RunValue } from './segments/run-value';
import { SegmentedNetwork } from './segments/segmented-network';
import { checkOutputLocations, tuningOf, type RunOptions, type SessionOptions } from './session-options';
import { threadsOf } from './threads';
import { copyFeeds } from './value-inputs';

export { Tensor } from 'onnxruntime-common';
export type { RunOptions, SessionOptions } from './session-options';

/** What other parts of gdws see of a session beyond its public members. */
export interface SessionInternals {
  /** As it runs. */
  readonly graph: Graph;
  /** Of one run. */
  readonly threads: number;
  /** Bytes of the weights as the engine holds them, and of the working memory of the largest run; 0 once the session is released. */
  readonly memoryBytes: number;
  /** Of these, the bytes of the working memory, which each of several runs at once needs. */
  readonly arenaBytes: number;
}

export let internalsOf: (session: InferenceSession) => SessionInternals;

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
  /**
   * What the makers of the model wrote into its file about it, by key (ONNX's `metadata_props`). `gdws.preprocessing` is what it expects of
   * pictures: {@link preprocessingOf}.
   */
  readonly customMetadata: Readonly<Record<string, string>>;
  private network: Network | SegmentedNetwork | undefined;
  private readonly allOutputs: Fetches;
  private readonly strictNames: boolean;
  private readonly profilePrefix: string | undefined;
  private readonly running = new Set<() => void>();
  private isProfiling: boolean;

  static {
    internalsOf = ({ graph, network, networkOptions: { threads } }) => ({
      graph,
      threads,
      memoryBytes: network?.memoryBytes ?? 0,
      arenaBytes: network?.arenaBytes ?? 0,
    });
  }

  private constructor(
    private readonly graph: Graph,
    network: Network | SegmentedNetwork,
    /** For the network that replaces it, if need be. */
    private readonly networkOptions: NetworkOptions,
    { strictNames = false, profileFilePrefix, enableProfiling = false }: SessionOptions,
    /** What is written at the end of the profile, where one is made and there is a name for it. */
    private profileFile: ProfileFile | undefined,
  ) {
    this.network = network;
    this.strictNames = strictNames;
    this.profilePrefix = profileFilePrefix;
    this.isProfiling = enableProfiling;
    this.applyProfiling(network);
    this.inputNames = graph.inputs.map(({ name }) => name);
    this.outputNames = graph.outputs.map(({ name }) => name);
    this.allOutputs = readFetches(undefined, this.outputNames, graph.file, false);
    this.inputMetadata = this.inputNames.map((name) => metadataOf(graph, name));
    this.outputMetadata = this.outputNames.map((name) => metadataOf(graph, name));
    this.customMetadata = customMetadataOf(graph.model);
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
   * LIMIT_EXCEEDED, OUT_OF_MEMORY, ARGUMENT_INVALID, OUTPUT_UNKNOWN, OUTPUT_UNWRITABLE
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
    TRACE_FUNC_BEGIN();
    TRACE_EVENT_BEGIN('InferenceSession.create');
    const { source: given, options } = readCreateArguments(source, rest);
    const { enableProfiling = false, profileFilePrefix, freeDimensionOverrides, optimizedModelFilePath } = options;
    const profileFile =
      enableProfiling && profileFilePrefix !== undefined ? new ProfileFile(profileFilePrefix) : undefined;
    const { kernel, programBytes } = options;
    const network = { threads: threadsOf(options), kernel, tuning: tuningOf(options), programBytes };
    const limits = limitsOf(options);
    const weights = givenFiles(options.externalData);
    const file = typeof given === 'string' ? given : undefined;
    const began = performance.now();
    const releases = file !== undefined && network.tuning === 'off';
    const { model, memory, files } = releases
      ? await readModelReleasably(file, limits, weights)
      : await readModelForSession(given, limits, weights);
    profileFile?.add(file === undefined ? 'model_loading_array' : 'model_loading_uri', began);
    try {
      const loaded = performance.now();
      if (freeDimensionOverrides) setFreeDims(model.graph!, freeDimensionOverrides);
      const graph = new Graph(model, file, limits);
      checkOutputLocations(
        options,
        graph.outputs.map(({ name }) => name),
        file,
      );
      // Each step takes some milliseconds for a large model; the event loop runs between them.
      await setImmediate();
      const isSegmented = SegmentedNetwork.isFor(graph);
      if (isSegmented) separateSubgraphs(graph);
      simplify(graph);
      await setImmediate();
      // Compiling discards weights.
      if (optimizedModelFilePath !== undefined) {
        await writeModel(model, optimizedModelFilePath, undefined, files);
      }
      let compiled: Network | SegmentedNetwork | undefined;
      if (!isSegmented) {
        try {
          compiled = await Network.create(graph, { ...network, memory });
        } catch (error) {
          if (!SegmentedNetwork.helpsAgainst(error)) throw error;
        }
      }
      if (!compiled) {
        compiled = new SegmentedNetwork(graph, network);
        // Its weights stay in memory: its programs are compiled at any time.
        memory?.close();
      }
      profileFile?.add('session_initialization', loaded);
      const session = new InferenceSession(graph, compiled, network, options, profileFile);
      TRACE_EVENT_END('InferenceSession.create');
      TRACE_FUNC_END();
      return session;
    } catch (error) {
      memory?.close();
      throw located(error, { file });
    }
  }

  /**
   * Runs the network off the JavaScript thread; a run of one thread that takes less than 1 ms may take place on it, for 3 ms
   * between turns of the event loop at most. The feeds are copied, and may be changed as soon as this returns. Feeds for
   * inputs that the model does not have are ignored, unless the session has the option `strictNames`.
   *
   * @throws GdwsError INPUT_MISSING, INPUT_UNKNOWN, OUTPUT_UNKNOWN, TYPE_MISMATCH, SHAPE_MISMATCH, SESSION_RELEASED, ABORTED,
   * ARGUMENT_INVALID, MODEL_UNREADABLE where the shapes are new and the file has changed
   */
  run(feeds: Common.FeedsType, options?: RunOptions): Promise<Common.ReturnType>;
  /**
   * As above, with some of the outputs only, in the order of the model.
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
    TRACE_FUNC_BEGIN();
    TRACE_EVENT_BEGIN('InferenceSession.run');
    const { fetches, signal, terminate, threads } = this.argumentsOf(fetchesOrOptions, options);
    if (terminate || signal?.aborted) throw aborted(signal);
    const { profileFile } = this;
    const began = profileFile ? performance.now() : 0;
    const network = this.networkInUse();
    if (network instanceof SegmentedNetwork)
      return this.runSegments(network, feeds, { fetches, signal, threads }, began);
    const types = this.typesOf(feeds, network);
    // Feeds that wait for a compilation must not change.
    let copies: Record<string, Tensor> | undefined;
    try {
      let compiled = network.programFor(types, feeds);
      if (!compiled) {
        copies = copyFeeds(this.inputNames, feeds);
        compiled = await this.compiled(network, types, copies, signal);
      }
      const given = this.nativeFeeds(copies ?? feeds);
      this.checkGiven(compiled.outputs, fetches);
      const run = compiled.native.run(given, undefined, mayRunHere(), threads);
      const outputs = await this.abortable(run.done, () => run.abort(), signal);
      if (this.network) profileFile?.addRun(compiled, began);
      const results = this.results(compiled.outputs, outputs, fetches);
      await turnOfEventLoop();
      TRACE_EVENT_END('InferenceSession.run');
      TRACE_FUNC_END();
      return results;
    } catch (error) {
      if (copies && SegmentedNetwork.helpsAgainst(error)) {
        return this.runSegments(this.segmented(network), copies, { fetches, signal, threads }, began);
      }
      throw located(runError(error, signal), { file: this.graph.file });
    }
  }

  /** As {@link run}, but synchronous: it blocks the event loop. */
  runSync(feeds: Common.FeedsType, fetches?: Common.FetchesType): Common.ReturnType {
    const wanted = this.argumentsOf(fetches).fetches;
    const { profileFile } = this;
    const began = profileFile ? performance.now() : 0;
    const network = this.networkInUse();
    if (network instanceof SegmentedNetwork) return this.runSegmentsSync(network, feeds, wanted, began);
    const types = this.typesOf(feeds, network);
    try {
      const compiled = network.programFor(types, feeds) ?? network.compileSync(types, feeds);
      this.checkGiven(compiled.outputs, wanted);
      const outputs = compiled.native.runSync(this.nativeFeeds(feeds));
      profileFile?.addRun(compiled, began);
      return this.results(compiled.outputs, outputs, wanted);
    } catch (error) {
      if (SegmentedNetwork.helpsAgainst(error))
        return this.runSegmentsSync(this.segmented(network), feeds, wanted, began);
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
    for (const types of typesOfAllShapes(this.graph, shapes)) {
      // Networks in segments are compiled by what their data say.
      if (network instanceof SegmentedNetwork) continue;
      try {
        await network.prepare(types);
      } catch (error) {
        throw located(error, { file: this.graph.file });
      }
    }
  }

  /**
   * Frees the network; runs that have begun are aborted. A profile that is not ended is written. Safe to call again.
   *
   * @throws GdwsError OUTPUT_UNWRITABLE where the profile cannot be written; the network is freed all the same
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- so that errors reject the promise
  async release(): Promise<void> {
    const { network } = this;
    this.network = undefined;
    for (const abort of this.running) abort();
    network?.release();
    this.writeProfile();
  }

  /** As {@link release}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** Times the operations of runs that begin from now on; the option `enableProfiling` does so from the first run. */
  startProfiling(): void {
    const network = this.networkInUse();
    this.isProfiling = true;
    if (this.profilePrefix !== undefined) this.profileFile ??= new ProfileFile(this.profilePrefix);
    this.applyProfiling(network);
  }

  /**
   * Ends what {@link startProfiling} or `enableProfiling` began. {@link profile} has the times; with the option `profileFilePrefix`,
   * they are also written to a file of Chrome's trace format, as onnxruntime does, `<prefix>_<date>.json`.
   *
   * @throws GdwsError SESSION_RELEASED, OUTPUT_UNWRITABLE
   */
  endProfiling(): void {
    const network = this.networkInUse();
    this.isProfiling = false;
    this.applyProfiling(network);
    this.writeProfile();
  }

  /**
   * Times of all profiled runs: an entry for each operation in the order of execution, for each set of input shapes that is
   * still compiled.
   */
  profile(): OperationProfile[] {
    return this.networkInUse().profile();
  }

  /**
   * Names of the nodes that runs carried out in JavaScript, between programs: If, Loop and Scan, and what makes shapes that depend on data.
   * Nodes within these are not listed.
   */
  hostedNodes(): string[] {
    const network = this.networkInUse();
    return network instanceof SegmentedNetwork ? network.hostedNodes() : [];
  }

  private writeProfile(): void {
    const { profileFile } = this;
    this.profileFile = undefined;
    profileFile?.write();
  }

  /** Types and shapes of feeds that fit. */
  private typesOf(feeds: Common.FeedsType, network: Network): ReadonlyMap<string, ValueType> {
    const types = network.knownTypes(feeds) ?? checkFeeds(this.graph, feeds);
    if (this.strictNames) refuseUnknownFeeds(this.graph, feeds);
    return types;
  }

  /** The operations of networks in segments have totals, but no places in a file. */
  private applyProfiling(network: Network | SegmentedNetwork): void {
    if (network instanceof SegmentedNetwork) network.setProfiling(this.isProfiling);
    else network.setProfiling(this.isProfiling, this.profileFile !== undefined);
  }

  private argumentsOf(fetchesOrOptions?: Common.FetchesType | RunOptions, options?: RunOptions): RunArguments {
    if (fetchesOrOptions === undefined && options === undefined) return { fetches: this.allOutputs };
    return readRunArguments(fetchesOrOptions, options, this.outputNames, this.strictNames, this.graph.file);
  }

  private async runSegments(
    network: SegmentedNetwork,
    feeds: Common.FeedsType,
    { fetches, signal, threads }: RunArguments,
    began: number,
  ): Promise<Common.ReturnType> {
    checkFeeds(this.graph, feeds);
    if (this.strictNames) refuseUnknownFeeds(this.graph, feeds);
    try {
      const run = network.begin(feeds, threads);
      const values = await this.abortable(run.done, () => run.abort(), signal);
      if (this.network) this.profileFile?.add('model_run', began);
      return this.resultsOf(values, fetches);
    } catch (error) {
      throw located(runError(error, signal), { file: this.graph.file });
    }
  }

  private runSegmentsSync(
    network: SegmentedNetwork,
    feeds: Common.FeedsType,
    fetches: Fetches,
    began: number,
  ): Common.ReturnType {
    checkFeeds(this.graph, feeds);
    if (this.strictNames) refuseUnknownFeeds(this.graph, feeds);
    try {
      const values = network.runSync(feeds);
      this.profileFile?.add('model_run', began);
      return this.resultsOf(values, fetches);
    } catch (error) {
      throw located(runError(error), { file: this.graph.file });
    }
  }

  private resultsOf(values: readonly RunValue[], fetches: Fetches): Common.ReturnType {
    this.checkGiven(values, fetches);
    const bytes = values.map((value, index) => value.ownBytes(values.indexOf(value) < index));
    return this.results(values, bytes, fetches);
  }

  /** Replaces a network by one in segments, once it turns out that shapes depend on data. */
  private segmented(network: Network): SegmentedNetwork {
    if (this.network instanceof SegmentedNetwork) return this.network;
    // Of concurrent runs the first replaces it, or the session was released.
    if (this.network !== network) throw aborted();
    network.restoreWeights();
    const segmented = new SegmentedNetwork(ownWeights(this.graph), this.networkOptions);
    this.applyProfiling(segmented);
    this.network = segmented;
    return segmented;
  }

  private checkGiven(outputs: readonly ValueType[], fetches: Fetches): void {
    if (fetches.given.size > 0) checkGiven(fetches, (name) => outputs[this.outputNames.indexOf(name)]!);
  }

  private networkInUse(): Network | SegmentedNetwork {
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

  private results(outputs: readonly ValueType[], buffers: readonly ArrayBuffer[], fetches: Fetches): Common.ReturnType {
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
