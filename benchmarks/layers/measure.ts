import { native } from '../../src/addon/native';
import { describe, measureInterleaved, type Contestant } from '../../src/measure';
import { cacheSizes, peakWork } from '../limits';
import type { LayerRow } from './figures';
import { isOfBytes, operationsOf, weightBytesOf, type Layer } from './layer';
import { layerProgram } from './layer-program';

export interface MeasureLayerOptions {
  readonly threads: number;
  /** `cold`: from beyond the second-level cache, as in a network; `warm`: one set of weights, again and again. */
  readonly weights: 'cold' | 'warm';
  /** Seconds for all kernels of the layer. */
  readonly budget: number;
  /** Name of the only kernel wanted. */
  readonly kernel?: string | undefined;
}

/** One kernel on one layer. */
export type KernelTime = Pick<LayerRow, 'kernel' | 'microseconds' | 'gflops' | 'shareOfPeak'>;

/** Times every kernel of the table that can run a layer, in turn with the peak; references only where asked for. */
export async function measureLayer(layer: Layer, options: MeasureLayerOptions): Promise<KernelTime[]> {
  const { threads, budget } = options;
  const operations = operationsOf(layer);
  const peak = peakWork(threads, isOfBytes(layer) ? 'bytes' : 'floats');
  const { copies, repetitions } = repeated(layer, options);
  const encoded = layerProgram(layer, copies, repetitions);
  const contestants = candidatesFor(layer, options).flatMap((kernel): Contestant[] => {
    const program = native()
      .createSession(threads, kernel)
      .compile(encoded.words, [...encoded.constants]);
    // Where the kernel cannot run the layer, another was taken.
    return program.kernels[0] === kernel ? [{ name: kernel, run: () => program.runSync([]) }] : [];
  });
  if (contestants.length === 0) return [];
  const comparison = await measureInterleaved([peak.contestant, ...contestants], { budget: 1000 * budget });
  return contestants.map(({ name }, index): KernelTime => {
    const { samples } = comparison.measurements[index + 1]!;
    const microseconds = describe(samples.map((milliseconds) => (1000 * milliseconds) / repetitions));
    const { ofPairs } = comparison.ratio(peak.contestant.name, name);
    return {
      kernel: name,
      microseconds,
      gflops: operations / microseconds.median / 1e3,
      shareOfPeak: (ofPairs.median * operations * repetitions) / peak.operations,
    };
  });
}

function candidatesFor({ opcode }: Layer, { kernel }: MeasureLayerOptions): string[] {
  return native().kernels.filter((name) =>
    kernel === undefined ? name.startsWith(`${opcode}.`) && !name.endsWith('.reference') : name === kernel,
  );
}

/**
 * Sets of weights, and calls of the layer in one program. Cold weights are sets enough that the second-level caches have
 * lost each before its turn comes, as they have in a network. A program lasts about a millisecond or more, beside which
 * its dispatch hardly counts.
 */
function repeated(layer: Layer, { threads, weights }: MeasureLayerOptions): { copies: number; repetitions: number } {
  const most = 256;
  const beyondCache = (2 * cacheSizes().second * threads) / weightBytesOf(layer);
  const copies = weights === 'warm' ? 1 : Math.min(most, Math.max(1, Math.ceil(beyondCache)));
  const operationsInMillisecond = 1e8 * threads;
  const wanted = Math.min(most, Math.ceil(operationsInMillisecond / operationsOf(layer)));
  return { copies, repetitions: copies * Math.max(1, Math.ceil(wanted / copies)) };
}
