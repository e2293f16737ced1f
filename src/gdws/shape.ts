/** The shape of a convolution's weights, (M, C / groups, ...kernel). */
export interface ConvolutionShape {
  /** M */
  readonly outputChannels: number;
  /** C */
  readonly inputChannels: number;
  readonly groups: number;
  /** Spatial size of a kernel, one number an axis. */
  readonly kernel: readonly number[];
}

/** Weights of one kernel: K² of a K×K convolution. */
export function taps(shape: Pick<ConvolutionShape, 'kernel'>): number {
  return shape.kernel.reduce((product, size) => product * size, 1);
}

/** Most kernels a channel can use: its block W_c has M / groups rows and K² columns. */
export function rank(shape: ConvolutionShape): number {
  return Math.min(shape.outputChannels / shape.groups, taps(shape));
}
