import { maxIsaOfAddon, native, type Counters } from './native';

/** Result of {@link concurrency}. */
export interface Concurrency {
  /** Threads that a session gets by default: `affinity` cut by `quota`, at least 1. */
  readonly threads: number;
  /** Processors that the process may run on (`taskset`, `cpuset`), as found when the addon was loaded. */
  readonly affinity: number;
  /** Processors' worth of time that the cgroup allows; undefined where it sets no limit. */
  readonly quota: number | undefined;
}

/** The processors that all sessions of this process share. */
export function concurrency(): Concurrency {
  return { threads: native().concurrency, affinity: native().affinity, quota: native().quota };
}

/** An instruction set that gdws has kernels for; see docs/platforms.md. */
export type InstructionSet =
  'portable' | 'avx2' | 'avxvnni' | 'avx512' | 'avx512vnni' | 'avx512vbmi' | 'amx' | 'neon' | 'dotprod' | 'wasm';

/** Result of {@link simd}. */
export interface Simd {
  /** The instruction set in use. */
  readonly inUse: InstructionSet;
  /** Those that this processor runs and gdws has kernels for, the least first. */
  readonly available: readonly InstructionSet[];
  /** The cap that the environment variable GDWS_MAX_ISA sets; undefined where it names none. */
  readonly cap: InstructionSet | undefined;
}

const instructionSets: readonly InstructionSet[] = [
  'portable',
  'avx2',
  'avxvnni',
  'avx512',
  'avx512vnni',
  'avx512vbmi',
  'amx',
  'neon',
  'dotprod',
  'wasm',
];

/** The vector instructions in use. */
export function simd(): Simd {
  return {
    inUse: native().instructionSet as InstructionSet,
    available: native().instructionSets as readonly InstructionSet[],
    cap: instructionSets.find((name) => name === maxIsaOfAddon()),
  };
}

/** Counters of the whole process. */
export function counters(): Counters {
  return native().counters();
}
