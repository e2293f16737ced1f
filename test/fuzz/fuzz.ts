import { Exerciser, type Fault, type Result } from './exerciser';
import { mutate } from './mutate';
import { Random } from './random';

export interface FuzzOptions {
  readonly seed: number;
  /** Files that mutants are made of. */
  readonly corpus: readonly Uint8Array[];
  /** Whether to go on after so many mutants. */
  readonly goesOn: (mutants: number) => boolean;
  readonly onFault?: (fault: Fault, mutant: Uint8Array, number: number) => Promise<void> | void;
  /** Told now and then. */
  readonly onProgress?: (report: FuzzReport) => void;
}

export interface FuzzReport {
  mutants: number;
  /** How often each step ended in which way: `run OPERATOR_UNSUPPORTED`. */
  readonly outcomes: Map<string, number>;
  readonly faults: { readonly number: number; readonly fault: Fault }[];
}

/** Makes mutants and exercises them, the same ones for the same seed and corpus. */
export async function fuzz({ seed, corpus, goesOn, onFault, onProgress }: FuzzOptions): Promise<FuzzReport> {
  const exerciser = new Exerciser();
  const report: FuzzReport = { mutants: 0, outcomes: new Map(), faults: [] };
  try {
    for (let number = 0; goesOn(number); number++) {
      const mutant = mutantOf(seed, number, corpus);
      const result = await exerciser.exercise(mutant);
      report.mutants++;
      count(report, result);
      if ('fault' in result) {
        report.faults.push({ number, fault: result.fault });
        await onFault?.(result.fault, mutant, number);
      }
      if (report.mutants % 10_000 === 0) onProgress?.(report);
    }
  } finally {
    exerciser.close();
  }
  return report;
}

/** A mutant depends on the seed and its number alone, so that one can be made again without those before. */
export function mutantOf(seed: number, number: number, corpus: readonly Uint8Array[]): Uint8Array {
  return mutate(new Random(seed * 1_000_003 + number), corpus);
}

function count(report: FuzzReport, result: Result): void {
  const names =
    'fault' in result
      ? [`FAULT ${result.fault.kind}`]
      : Object.entries(result.outcome).map(([step, ending]) => `${step} ${ending}`);
  for (const name of names) report.outcomes.set(name, (report.outcomes.get(name) ?? 0) + 1);
}
