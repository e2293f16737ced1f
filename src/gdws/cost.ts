import { taps, type ConvolutionShape } from './shape';

/** Weights, without bias. They are also the multiply-accumulates of one output pixel. */
export function denseWeights(shape: ConvolutionShape): number {
  return shape.outputChannels * (shape.inputChannels / shape.groups) * taps(shape);
}

/**
 * Weights of the GDWS convolution with `kernels` = G = Σ g_c depthwise kernels: G·(K² + M / groups). They are also the
 * multiply-accumulates of one output pixel.
 */
export function gdwsWeights(shape: ConvolutionShape, kernels: number): number {
  return kernels * (taps(shape) + shape.outputChannels / shape.groups);
}

/** Mean g_c at which a GDWS convolution costs as much as the standard one: M·K² / (M + K²) without groups. */
export function breakEven(shape: ConvolutionShape): number {
  const perGroup = shape.outputChannels / shape.groups;
  return (perGroup * taps(shape)) / (perGroup + taps(shape));
}
