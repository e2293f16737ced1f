import type { Window } from './window';

/** The outputs p = phase + stride·row of a transposed convolution along one axis: all of them read the same taps. */
export interface TransposedPhase {
  /** Number of taps of the kernel that it reads; 0 where the kernel does not reach these outputs. */
  readonly taps: number;
  /** The first of these taps, and the steps from there to the next. */
  readonly kernel: number;
  readonly kernelStep: number;
  /** The place in the padded input that row 0 reads with the first tap, and the steps back from there for the next taps. */
  readonly first: number;
  readonly step: number;
}

/** A transposed convolution along one axis as convolutions of stride 1, one for each phase of the stride. */
export interface TransposedPhases {
  /** Output places of each phase; the last of a phase may lie beyond the output. */
  readonly rows: number;
  /** Zeros to add before and after the input, so that every row reads within it. */
  readonly before: number;
  readonly after: number;
  readonly phases: readonly TransposedPhase[];
}

/** The phases of a `window` over one axis, of which `input` elements give `output`. */
export function transposedPhases(window: Window, input: number, output: number): TransposedPhases {
  const [kernel, stride, dilation, begin] = [window.kernel, window.strides, window.dilations, window.begins].map(
    ([value]) => value!,
  ) as [number, number, number, number];
  const count = Math.min(stride, output);
  const rows = Math.ceil(output / count);
  const common = greatestCommonDivisor(stride, dilation);
  const [kernelStep, step] = [stride / common, dilation / common];
  const phases = Array.from({ length: count }, (_, phase) => {
    // Tap k reads the input at (place + begin - k·dilation) / stride, where that is whole.
    let tap = 0;
    while (tap < Math.min(kernel, kernelStep) && (phase + begin - tap * dilation) % stride !== 0) tap++;
    const taps = tap < Math.min(kernel, kernelStep) ? Math.ceil((kernel - tap) / kernelStep) : 0;
    return { taps, kernel: tap, kernelStep, first: (phase + begin - tap * dilation) / stride, step };
  });
  const read = phases.filter(({ taps }) => taps > 0);
  const before = Math.max(0, ...read.map(({ first, taps }) => (taps - 1) * step - first));
  const after = Math.max(0, ...read.map(({ first }) => first + rows - input));
  return { rows, before, after, phases: phases.map((phase) => ({ ...phase, first: phase.first + before })) };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
