/** One axis of a transposed convolution. */
export interface TransposedAxis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Elements that are cropped before the result. */
  readonly begin: number;
  /** Length of the result. */
  readonly output: number;
}

/** The outputs p = phase + stride·row of a transposed convolution along one axis: all of them read the same taps. */
export interface TransposedPhase {
  /** Number of taps of the kernel that it reads; 0 where the kernel does not reach these outputs. */
  readonly taps: number;
  /** The first of these taps, and the steps from there to the next. */
  readonly kernel: number;
  readonly kernelStep: number;
  /** The place in the input that row 0 reads with the first tap, and the steps back from there for the next taps. */
  readonly first: number;
  readonly step: number;
}

/** A transposed convolution along one axis as convolutions of stride 1, one for each phase of the stride. */
export interface TransposedPhases {
  /** Output places of each phase; the last of a phase may lie beyond the output. */
  readonly rows: number;
  readonly phases: readonly TransposedPhase[];
}

export function transposedPhases({ kernel, stride, dilation, begin, output }: TransposedAxis): TransposedPhases {
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
  return { rows, phases };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
