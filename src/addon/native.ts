import fs from 'node:fs';
import type { NativeArray, NativeConstant } from '../program/element-type';
import { findAddon } from './find';
import { loadAddon } from './load';

/** What the engine has done since it was loaded and what it holds now, over all sessions and workers of the process. */
export interface Counters {
  /** Runs that have ended, aborted ones among them. */
  readonly runs: number;
  /** Pieces of work (runs, measurements of kernels, decompositions) that wait for processors now. */
  readonly queued: number;
  /** Pieces of work under way now. */
  readonly running: number;
  /** Threads that the work under way uses: never more than `concurrency().threads`. */
  readonly threadsInUse: number;
  /**
   * Time that runs spent from the start of their first operation to the end of their last, without the time of JavaScript,
   * copies and switches between threads.
   */
  readonly operationMilliseconds: number;
  /** Programs compiled: one for each session and set of input shapes. All other runs found theirs compiled. */
  readonly programsCompiled: number;
  /** Programs whose memory plans were verified: with the environment variable GDWS_VERIFY_PLANS=on, all. */
  readonly plansVerified: number;
  /** Operations whose kernels were timed (the session option `tuning`). */
  readonly operationsMeasured: number;
  /** Operations compiled with a kernel that was chosen by time, in this process or an earlier one. */
  readonly measurementsReused: number;
  /** Working memory of runs, held now. */
  readonly arenaBytes: number;
  /** Weights, packed for kernels or plain, held now. */
  readonly weightBytes: number;
  /**
   * Address space held now for the bytes of model files, outside V8's memory; pages that sessions do not need take no
   * memory. 0 where the runtime does not support this.
   */
  readonly fileBytes: number;
}

/** Memory of a value that one program gives and another takes, without a copy. Its content is for programs only. */
export interface HeldMemory {
  readonly heldMemory: unique symbol;
}

/** A run that has begun. `done` rejects with code ABORTED after `abort`. */
export interface NativeRun {
  readonly done: Promise<ArrayBuffer[]>;
  abort(): void;
}

/** A program compiled for one set of input shapes. */
export interface NativeProgram {
  /**
   * Inputs in the program's order; resolves with the bytes of the outputs in the program's order, empty slots for those that
   * are written to `held` memory. Held memory must not be written to during the run. Where `mayRunHere`, a run that takes less
   * time than two switches between threads may have ended, on this thread, when this returns. It has all the program's threads where
   * `threads` says no fewer.
   */
  run(
    inputs: readonly (NativeArray | HeldMemory)[],
    held?: readonly (HeldMemory | undefined)[],
    mayRunHere?: boolean,
    threads?: number,
  ): NativeRun;
  runSync(inputs: readonly (NativeArray | HeldMemory)[], held?: readonly (HeldMemory | undefined)[]): ArrayBuffer[];
  /** The kernel of each operation, in order. */
  readonly kernels: readonly string[];
  /** Threads of a run: one of all where a team would gain nothing. */
  readonly threads: number;
  /** Bytes of working memory of one run. */
  readonly arenaBytes: number;
  /** Totals of all profiled runs so far. */
  profile(): NativeProfile[];
  /**
   * Of each run that has ended since the last call, in that order, while the session kept timelines: how many nanoseconds ago it
   * began, and each operation ended that has an entry in the profile. An aborted run has fewer.
   */
  takeTimelines(): Float64Array[];
  /** Frees the program once the runs that have begun have ended; it must not be used after. Safe to call again. */
  release(): void;
}

/** A compilation that has begun. `done` rejects with code ABORTED after `abort`. */
export interface NativeCompilation {
  readonly done: Promise<NativeProgram>;
  abort(): void;
  /** Returns once the addon has read the arguments for the last time. */
  wait(): void;
}

/** Time of one operation in all profiled runs of its program. */
export interface NativeProfile {
  /** Place of the operation in the program; aliases have no entry. */
  readonly operation: number;
  readonly kernel: string;
  readonly runs: number;
  readonly milliseconds: number;
}

/** The fastest kernel (`convolution.product`) of each operation measured, by a text of its shapes. */
export type MeasuredKernels = Readonly<Record<string, string>>;

/** A measurement that has begun. After `abort`, `done` resolves with the results so far. */
export interface NativeTuning {
  readonly done: Promise<MeasuredKernels>;
  abort(): void;
}

/** The weights and programs of one network. */
export interface NativeSession {
  /** Bytes of the weights of all programs, as the engine holds them. */
  readonly weightBytes: number;
  /**
   * Times the kernels that compete for the program's operations, for later `compile`s to choose by. Takes the arguments of
   * `compile`, and about how many seconds it may take. Undefined where nothing is left to measure.
   */
  tune(words: Int32Array, constants: readonly NumberedConstant[], seconds: number): NativeTuning | undefined;
  tuneSync(words: Int32Array, constants: readonly NumberedConstant[], seconds: number): MeasuredKernels;
  /**
   * Constants of one number are the same weights in all programs of the session. Constants in `pages`, a buffer of
   * `allocatePages`, may be lost: pages are given back to the system once weights are packed.
   */
  compile(words: Int32Array, constants: readonly NumberedConstant[], pages?: ArrayBuffer): NativeProgram;
  /**
   * As `compile`, off the JavaScript thread. Until it is done, the arguments must not be written to, nor their buffers be
   * detached.
   */
  beginCompiling(words: Int32Array, constants: readonly NumberedConstant[], pages?: ArrayBuffer): NativeCompilation;
  /** Whether runs that begin from now on are profiled, and whether their timelines are kept for `takeTimelines`. */
  setProfiling(on: boolean, timelines?: boolean): void;
}

/** A constant by the number that the words of programs name it by, from 0. */
export type NumberedConstant = readonly [number: number, constant: NativeConstant];

/** Dimensions of a convolution's weights (M, C / groups, taps); `taps` are the weights of one kernel. */
export interface NativeLayer {
  readonly outputChannels: number;
  readonly inputChannels: number;
  readonly taps: number;
  readonly groups: number;
}

/** Singular value decomposition of every input channel's block of weights, (M / groups, taps), of rank min of both. */
export interface NativeDecomposition {
  /** (C, rank), descending in each channel; what is below the rounding error is 0. */
  readonly singularValues: Float64Array;
  /** (C, rank, taps), orthonormal in each channel. */
  readonly rightVectors: Float64Array;
}

/** Singular value decomposition of H^½ W_c Σ_c^½ for every input channel c. */
export interface NativeWhitenedDecomposition {
  /** (C, rank), descending in each channel; what is below the rounding error is 0. */
  readonly singularValues: Float64Array;
  /** (C, rank, taps): v_iᵀ Σ_c^{-½}, of unit length; zeros where the singular value is 0. */
  readonly kernels: Float64Array;
}

/** The pointwise stage of a layer. */
export interface NativePointwise {
  /** (M, G / groups): W_c v for kernel v of channel c. */
  readonly weights: Float32Array;
  /** ‖W_c - Q_c‖² of every channel, Q_c being the block that kernels and weights make. */
  readonly errors: Float64Array;
}

/** Exports of the addon. */
export interface Native {
  /** Instruction set in use: portable, avx2, avxvnni, avx512, avx512vnni, avx512vbmi, amx, neon, dotprod, or wasm (SIMD128). */
  readonly instructionSet: string;
  /** Those that this processor runs, the least first. */
  readonly instructionSets: readonly string[];
  /** Processors this process may use at once, by affinity and cgroup quota. */
  readonly concurrency: number;
  readonly affinity: number;
  /** Of the cgroup, in processors; undefined where there is none. */
  readonly quota: number | undefined;
  counters(): Counters;
  /** Every kernel of the build as `operation.method`. */
  readonly kernels: readonly string[];
  /**
   * A session whose runs use `threads` threads. `kernel` names a kernel or method to prefer (for tests and benchmarks);
   * `tuned` makes measured times choose the kernels, if there is no preference. Where weights, as they are held, take more
   * than `maxWeightBytes`, compilations fail with code LIMIT_EXCEEDED.
   */
  createSession(threads: number, kernel?: string, tuned?: boolean, maxWeightBytes?: number): NativeSession;
  /** Memory for a value of `bytes` bytes, freed with its handle. Throws with code OUT_OF_MEMORY. */
  holdMemory(bytes: number): HeldMemory;
  /** Memory with a copy of elements, whose type is an index in `nativeTypes`. Throws with code OUT_OF_MEMORY. */
  holdCopy(elements: NativeArray, type: number): HeldMemory;
  /**
   * Memory whose pages `compile` can give back to the system if it is given this buffer. When a worker ends, the memory is freed
   * before work on other threads is stopped, except for compilations that were given it. Undefined in runtimes that allow no
   * buffers outside V8's memory, such as Electron. Throws with code OUT_OF_MEMORY.
   */
  allocatePages(bytes: number): ArrayBuffer | undefined;
  /** Asks the system for huge pages for memory that was not touched yet. */
  preferHugePages(memory: Uint8Array): void;
  /** Adds measurements of earlier processes; those of this process stay. */
  learnKernels(kernels: MeasuredKernels): void;
  /** Rejects with code MODEL_INVALID and the `index` of the first weight that is not finite. */
  readonly decompose: (weights: Float32Array, layer: NativeLayer, threads: number) => Promise<NativeDecomposition>;
  /**
   * `patchMoments` (C, taps, taps): Σ_c of each input channel. `fisher` (groups, M / groups, M / groups): H of each
   * group's outputs, the identity if absent. Both are symmetric and positive semidefinite, and may be singular.
   *
   * Rejects as `decompose`, and with code ARGUMENT_INVALID and the `channel` or `group` whose matrix is not finite, not
   * symmetric or clearly indefinite.
   */
  readonly decomposeWhitened: (
    weights: Float32Array,
    layer: NativeLayer,
    threads: number,
    patchMoments: Float64Array,
    fisher?: Float64Array,
  ) => Promise<NativeWhitenedDecomposition>;
  /**
   * The pointwise stage for depthwise kernels (G, taps), of which channel c has `counts[c]`. Every group has as many, at
   * least one.
   */
  readonly pointwiseWeights: (
    weights: Float32Array,
    layer: NativeLayer,
    threads: number,
    counts: Int32Array,
    kernels: Float32Array,
  ) => Promise<NativePointwise>;
  /**
   * P (outputs × features) = C (G + λI)⁻¹, the weights that regress outputs on features. `gram` (features × features): G,
   * symmetric and positive semidefinite, may be singular. `cross` (outputs × features): C. λ is `ridge` times the mean of
   * the positive entries of G's diagonal, and grows tenfold, from at least 1e-12 to at most 1e-2, while G + λI is not
   * positive definite beyond rounding. Features whose entry of the diagonal is 0 have weight 0.
   *
   * Rejects with code ARGUMENT_INVALID where a matrix is not finite, not symmetric or clearly indefinite.
   */
  readonly leastSquares: (
    gram: Float64Array,
    cross: Float64Array,
    features: number,
    outputs: number,
    ridge: number,
    threads: number,
  ) => Promise<Float64Array>;
  /**
   * Fits the depthwise and the pointwise stage of one group to E[x xᵀ] (channels·taps)² and E[y xᵀ] (outputs ×
   * channels·taps), an error of y costing `fisher`. In: g_c of each channel and the kernels to begin with. Out: the same,
   * and the pointwise weights (outputs, G).
   *
   * Rejects with code ARGUMENT_INVALID where a matrix is not finite, not symmetric or clearly indefinite.
   */
  readonly fitStages: (
    patchMoments: Float64Array | Float32Array,
    crossMoments: Float64Array | Float32Array,
    fisher: Float64Array | undefined,
    counts: Int32Array,
    kernels: Float32Array,
    options: { readonly outputs: number; readonly taps: number; readonly sweeps: number; readonly ridge: number },
    threads: number,
  ) => Promise<{ counts: Int32Array; kernels: Float64Array; pointwise: Float64Array }>;
  /**
   * Weights of 8 bits, (outputs × features) numbers q from -127 to 127 and a scale for each output, that regress outputs y on
   * features f. `gram`: E[f fᵀ]; `cross`: E[y fᵀ]; `weights` P₀. Where `fits`, the P is rounded that minimises
   * E‖y - P f‖² + λ‖P - P₀‖², else P₀; λ as of `leastSquares`. Where `isSequential`, each weight makes up for the rounding of
   * those before.
   *
   * Rejects with code ARGUMENT_INVALID where a matrix is not finite, not symmetric or clearly indefinite.
   */
  readonly roundWeights: (
    gram: Float32Array | Float64Array,
    cross: Float32Array | Float64Array,
    weights: Float32Array,
    problem: {
      readonly features: number;
      readonly outputs: number;
      readonly ridge: number;
      readonly fits: boolean;
      readonly isSequential: boolean;
    },
    threads: number,
  ) => Promise<{ numbers: Int8Array; scales: Float32Array }>;
  /**
   * For benchmarks, which time it: nothing but multiply-adds on registers, on `threads` threads. Returns how many numbers
   * were multiplied and added.
   */
  readonly multiplyAdds: (threads: number, rounds: number) => number;
  /** As {@link multiplyAdds}, of bytes. */
  readonly multiplyAddsOfBytes: (threads: number, rounds: number) => number;
  /** For benchmarks, which time it: reads `passes` times all of `memory`, a part each thread. Returns the sum. */
  readonly readMemory: (threads: number, memory: Float32Array, passes: number) => number;
}

let loaded: { readonly native: Native; readonly build: string; readonly maxIsa: string | undefined } | undefined;

function loadOnce() {
  if (!loaded) {
    const file = findAddon();
    const { size, mtimeMs } = fs.statSync(file);
    const maxIsa = process.env.GDWS_MAX_ISA;
    loaded = { native: loadAddon(file) as Native, build: `${size}-${Math.floor(mtimeMs)}`, maxIsa };
  }
  return loaded;
}

/** Takes an addon that was loaded already, as in browsers, in place of that of a file. */
export function useNative(native: Native): void {
  loaded = { native, build: '', maxIsa: undefined };
}

/**
 * The native addon, loaded when it is first asked for.
 *
 * @throws GdwsError ADDON_MISSING
 */
export function native(): Native {
  return loadOnce().native;
}

/** The environment variable GDWS_MAX_ISA as it was when the addon was loaded, which reads it then. */
export function maxIsaOfAddon(): string | undefined {
  return loadOnce().maxIsa;
}

/** Identifies the build of the addon. */
export function buildOfAddon(): string {
  return loadOnce().build;
}
