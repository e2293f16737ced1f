import { native } from './native';

/** What {@link concurrency} tells. */
export interface Concurrency {
  /** Threads that a session gets by default: `affinity` cut by `quota`, at least 1. */
  readonly threads: number;
  /** Processors that the process may run on (`taskset`, `cpuset`), as found when gdws was loaded. */
  readonly affinity: number;
  /** Processors' worth of time that the cgroup allows; undefined where it sets no limit. */
  readonly quota: number | undefined;
}

/** The processors that all sessions of this process share. */
export function concurrency(): Concurrency {
  return { threads: native().concurrency, affinity: native().affinity, quota: native().quota };
}

export type InstructionSet = 'portable' | 'avx2' | 'avx512' | 'neon';

/** What {@link simd} tells. */
export interface Simd {
  /** The instruction set in use. */
  readonly inUse: InstructionSet;
  /** Those that this processor runs and gdws has kernels for, the least first. */
  readonly available: readonly InstructionSet[];
  /** The cap that the environment variable GDWS_MAX_ISA sets; undefined where it names none. */
  readonly cap: InstructionSet | undefined;
}

const instructionSets: readonly InstructionSet[] = ['portable', 'avx2', 'avx512', 'neon'];
const cap = instructionSets.find((name) => name === process.env.GDWS_MAX_ISA);

/** The vector instructions in use. */
export function simd(): Simd {
  return {
    inUse: native().instructionSet as InstructionSet,
    available: native().instructionSets as readonly InstructionSet[],
    cap,
  };
}

/** What the engine has done since it was loaded and what it holds now, over all sessions and workers of the process. */
export interface Counters {
  /** Runs that have ended, aborted ones among them. */
  readonly runs: number;
  /** Pieces of work (runs, measurements of kernels, decompositions) that wait for processors now. */
  readonly queued: number;
  /** Pieces of work under way now. */
  readonly running: number;
  /** Threads that the work under way uses: never more than {@link Concurrency.threads}. */
  readonly threadsInUse: number;
  /**
   * Time that runs spent from the begin of their first operation to the end of their last; what else a run takes is
   * JavaScript, copies and hops between threads.
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
   * Address space held now for the bytes of model files, outside V8's memory; what sessions do not need of them takes no
   * memory. 0 where the runtime allows no such memory.
   */
  readonly fileBytes: number;
}

/** Counters of the whole process. */
export function counters(): Counters {
  return native().counters();
}
