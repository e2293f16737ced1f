import type { Distribution } from '../../src/measure';
import type { Limits } from '../limits';
import type { Machine } from '../machine';

/** One kernel on one layer under one setting. */
export interface LayerRow {
  readonly layer: string;
  readonly opcode: string;
  readonly batch: number;
  readonly threads: number;
  /** How often each network has the layer, by its name and form. */
  readonly networks: Readonly<Record<string, number>>;
  /** Two for each multiply-add of the definition: of direct convolution, whatever way the kernel takes. */
  readonly operations: number;
  /** Inputs, weights and output, each once. */
  readonly bytes: number;
  readonly kernel: string;
  readonly microseconds: Omit<Distribution, 'count' | 'maximum'>;
  /** At the median. */
  readonly gflops: number;
  /** Of the peak measured beside it, median over the rounds; above 1 where a kernel multiplies less than the definition. */
  readonly shareOfPeak: number;
}

/** What `npm run bench:layers -- --json` writes. */
export interface LayerFigures {
  readonly machine: Machine;
  readonly weights: 'cold' | 'warm';
  /** One for each number of threads. */
  readonly limits: readonly Limits[];
  readonly rows: readonly LayerRow[];
}

/** Operations for each byte that must be moved. */
export function intensityOf({ operations, bytes }: Pick<LayerRow, 'operations' | 'bytes'>): number {
  return operations / bytes;
}
