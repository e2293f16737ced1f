import { native, type NativeCompilation, type NativeSession } from '../addon/native';
import { feedsWithOtherGuess } from '../analysis/guessed-dims';
import { GdwsError } from '../base/errors';
import type { Graph } from '../graph/graph';
import type { KnownValue, ValueType } from '../onnx/value';
import { requireKnownVersions } from '../onnx/versions';
import { ConstantPool } from '../program/constant-pool';
import { AcceptedFeeds } from './accepted-feeds';
import {
  beginCompiling,
  compileProgram,
  lowerGraph,
  type CompiledGraph,
  type CompiledOperation,
  type LoweredGraph,
} from './compile';
import type { FileMemory } from './file-memory';
import { programKey } from './program-key';
import { RecentlyUsed } from './recently-used';
import { requireOperator } from './require-operator';
import { Tuning, type TuningEffort } from './tuning';
import { ValueInputs } from './value-inputs';

/** Types and shapes of the feeds. */
type Types = ReadonlyMap<string, ValueType>;
/** The feeds themselves, which must be tensors of these types. */
type Feeds = Readonly<Record<string, unknown>>;

/** Bytes of programs that are kept, some hundred; for more input shapes, programs are compiled again. */
const defaultProgramBytes = 32 << 20;

/**
 * A file of at most this size stays in memory once programs are compiled for other shapes: to read it again takes as long as all
 * else in a compilation.
 */
const keptFileBytes = 32 << 20;

export interface NetworkOptions {
  readonly threads: number;
  /** A kernel or method to take wherever it is supported. */
  readonly kernel?: string;
  /** How kernels are chosen, where `kernel` is not given. */
  readonly tuning: TuningEffort | 'off';
  /** Memory of the graph's weights, discarded between compilations. Not with tuning, which reads weights at any time. */
  readonly memory?: FileMemory;
  /** Bound of the memory of the programs that are kept for other input shapes, in bytes. */
  readonly programBytes?: number;
  /** Of a network of several graphs, whose weights are packed once for all. */
  readonly shared?: SharedWeights;
  /** Inputs that are never compiled for by value. */
  readonly varying?: ReadonlySet<string>;
}

/** What networks share that have weights in common. */
export interface SharedWeights {
  readonly session: NativeSession;
  readonly pool: ConstantPool;
}

/** A session of the addon and the numbers of its constants, for the networks of one model. */
export function newWeights(
  graph: Graph,
  { threads, kernel, tuning }: Pick<NetworkOptions, 'threads' | 'kernel' | 'tuning'>,
): SharedWeights {
  const session = native().createSession(threads, kernel, tuning !== 'off', graph.limits.memoryBytes);
  return { session, pool: new ConstantPool() };
}

/** Time of one operation of one program in profiled runs. */
export interface OperationProfile extends CompiledOperation {
  /** `operation.method`, as `convolution.product`. */
  readonly kernel: string;
  /** Runs that were profiled. */
  readonly runs: number;
  /** Total of all runs, including the wait for the slowest thread. */
  readonly milliseconds: number;
}

/** A graph and its programs, one for each set of input types and shapes seen, over the same packed weights. */
export class Network {
  private readonly pool;
  private readonly session;
  private readonly programs: RecentlyUsed<CompiledGraph>;
  /** The program of the last run, where it is for all feeds of these types. */
  private latest: { readonly feeds: AcceptedFeeds; readonly types: Types; readonly program: CompiledGraph } | undefined;

  private readonly memory;
  private readonly compiling = new Map<string, Promise<CompiledGraph>>();
  /** The compilation under way; one at a time, since it discards weights that the next one needs. */
  private current: NativeCompilation | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private released = false;
  private compilations = 0;
  private readonly tuning;
  private readonly valueInputs;
  private readonly inputNames: readonly string[];

  private constructor(
    private readonly graph: Graph,
    options: NetworkOptions,
  ) {
    const { kernel, tuning, memory, programBytes = defaultProgramBytes } = options;
    this.memory = memory;
    this.programs = new RecentlyUsed(programBytes);
    this.inputNames = graph.inputs.map(({ name }) => name);
    this.valueInputs = new ValueInputs(graph, options.varying);
    ({ session: this.session, pool: this.pool } = options.shared ?? newWeights(graph, options));
    this.tuning = tuning !== 'off' && kernel === undefined ? new Tuning(this.session, tuning) : undefined;
  }

  /**
   * Compiles for the declared input shapes (a free batch counting as 1), so that a model which cannot run fails here and not at
   * its first run. Where a shape is not declared or cannot be 1, or the value of an input is needed, it only checks the
   * operators.
   */
  static async create(graph: Graph, options: NetworkOptions): Promise<Network> {
    requireKnownVersions(graph.model, graph.file);
    const network = new Network(graph, options);
    try {
      await network.compileLowered(() => network.lower());
      const isFixed = graph.inputs.every(({ name }) =>
        graph.declared(name)?.dims?.every((dim) => typeof dim === 'number'),
      );
      if (isFixed) network.close();
    } catch (error) {
      const isForRun = error instanceof GdwsError && error.code === 'SHAPE_UNKNOWN';
      if (!isForRun && !network.valueInputs.learnFrom(error)) throw error;
      network.checkOperators();
      if (isForRun) network.checkLowering();
    }
    return network;
  }

  /** A network that is not compiled, nor checked, before its first run. */
  static uncompiled(graph: Graph, options: NetworkOptions): Network {
    return new Network(graph, options);
  }

  /** The types of feeds, known without another check where they are like those of the last run. */
  knownTypes(feeds: Feeds): Types | undefined {
    return this.latest?.feeds.areLike(feeds) ? this.latest.types : undefined;
  }

  /** The program for feeds of these types and shapes, where it was compiled. */
  programFor(types: Types, feeds: Feeds): CompiledGraph | undefined {
    if (types === this.latest?.types) return this.latest.program;
    const program = this.programs.get(this.keyFor(types, feeds));
    const isForAll = program && this.valueInputs.areNone;
    this.latest = isForAll ? { feeds: new AcceptedFeeds(this.inputNames, feeds), types, program } : undefined;
    return program;
  }

  /** Compiles the program for such feeds off this thread, after compilations under way. The feeds must not change until then. */
  async compile(types: Types, feeds: Feeds): Promise<CompiledGraph> {
    for (;;) {
      const compiled = await this.compilation(types, feeds);
      // Compiling may have found that values of inputs matter; then this program may be for the values of another run.
      if (this.keyOf(compiled.inputs) === this.keyFor(types, feeds)) return compiled;
    }
  }

  /**
   * Compiles the program for inputs of these types, unless there is one.
   *
   * @throws GdwsError INPUT_MISSING where it also depends on the elements of an input
   */
  async prepare(types: Types): Promise<void> {
    if (!this.programs.get(this.keyFor(types, {}))) await this.compilation(types, {});
  }

  /** As {@link compile}, synchronously. */
  compileSync(types: Types, feeds: Feeds): CompiledGraph {
    this.current?.wait();
    const lowered = this.lowerFor(types, feeds);
    this.tuning?.prepareSync(lowered);
    const native = compileProgram(lowered, this.session, this.pagesToGiveBack());
    return this.remember({ ...lowered.description, native });
  }

  /** Bytes of the working memory of a run of the largest program that is kept: programs use it in turn. */
  get arenaBytes(): number {
    return Math.max(0, ...this.programs.values().map(({ native }) => native.arenaBytes));
  }

  /** Bytes of the packed weights, and of the working memory of one run. */
  get memoryBytes(): number {
    return this.arenaBytes + this.session.weightBytes;
  }

  /** Whether runs that begin from now on are profiled, and whether their programs keep timelines. */
  setProfiling(on: boolean, timelines = false): void {
    this.session.setProfiling(on, timelines);
  }

  /** Totals of the profiled runs of all programs that are kept. */
  profile(): OperationProfile[] {
    return [...this.programs.values()].flatMap(({ native, operations }) =>
      native
        .profile()
        .filter(({ runs }) => runs > 0)
        .map(({ operation, ...times }) => ({ ...operations[operation]!, ...times })),
    );
  }

  /** Restores the weights in the graph's messages, until the next compilation discards them. */
  restoreWeights(): void {
    this.current?.wait();
    this.memory?.restoreSync();
  }

  /** Closes the file; no shapes can be compiled after. */
  close(): void {
    this.memory?.close();
  }

  /** Frees the programs, once their runs have ended. Compilations that have begun reject with code ABORTED. */
  release(): void {
    this.released = true;
    this.tuning?.abort();
    this.current?.abort();
    this.close();
    for (const { native } of this.programs.values()) native.release();
    this.programs.clear();
    this.latest = undefined;
  }

  /** The shared compilation for such feeds and the values that are known to matter. */
  private compilation(types: Types, feeds: Feeds): Promise<CompiledGraph> {
    const key = this.keyFor(types, feeds);
    let compiling = this.compiling.get(key);
    if (!compiling) {
      compiling = this.last
        .then(() => this.compileLowered(() => this.lowerFor(types, feeds)))
        .finally(() => this.compiling.delete(key));
      this.compiling.set(key, compiling);
      this.last = compiling.catch(() => undefined);
    }
    return compiling;
  }

  private keyFor(types: Types, feeds: Feeds): string {
    return this.keyOf(this.valueInputs.withValues(types, feeds));
  }

  private keyOf(known: ReadonlyMap<string, KnownValue>): string {
    return programKey(this.inputNames, known);
  }

  private async compileLowered(lower: () => LoweredGraph): Promise<CompiledGraph> {
    // The session may be released during this, which closes the file.
    await this.memory?.restore().catch((error: unknown) => {
      this.checkInUse();
      throw error;
    });
    this.checkInUse();
    const lowered = lower();
    if (this.tuning) await this.tuning.prepare(lowered);
    this.checkInUse();
    const current = beginCompiling(lowered, this.session, this.pagesToGiveBack());
    this.current = current;
    try {
      return this.remember({ ...lowered.description, native: await current.done });
    } finally {
      this.current = undefined;
    }
  }

  /** The pages of the file, where a compilation may give them back to the system. */
  private pagesToGiveBack(): ArrayBuffer | undefined {
    const { memory } = this;
    if (!memory || (this.compilations++ > 0 && memory.bytes.length <= keptFileBytes)) return undefined;
    memory.discard();
    return memory.pages;
  }

  private checkInUse(): void {
    if (this.released) throw new GdwsError('ABORTED', 'the session was released.');
  }

  /** Lowers for feeds, and for the values of those inputs that lowering needs. */
  private lowerFor(types: Types, feeds: Feeds): LoweredGraph {
    for (;;) {
      try {
        return this.lower(this.valueInputs.withValues(types, feeds));
      } catch (error) {
        if (!this.valueInputs.learnFrom(error, types)) throw error;
      }
    }
  }

  private lower(known?: ReadonlyMap<string, KnownValue>): LoweredGraph {
    this.memory?.restoreSync();
    return lowerGraph(this.graph, known, this.pool);
  }

  private remember(compiled: CompiledGraph): CompiledGraph {
    this.programs.set(this.keyOf(compiled.inputs), compiled, compiled.bytes);
    return compiled;
  }

  private checkOperators(): void {
    for (const node of this.graph.nodes) requireOperator(node);
  }

  /** Checks that the engine runs the operators with their attributes, by lowering for another guess of the open dims. */
  private checkLowering(): void {
    const guess = feedsWithOtherGuess(this.graph);
    if (!guess) return;
    try {
      this.lower(guess);
    } catch (error) {
      // A guess may fail because of its shapes; only this error does not depend on them.
      const isUnsupported = error instanceof GdwsError && error.code === 'OPERATOR_UNSUPPORTED' && error.operator;
      if (isUnsupported && !this.valueInputs.learnFrom(error)) throw error;
    }
  }
}
