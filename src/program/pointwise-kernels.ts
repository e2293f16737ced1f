import type { Constant, NumberArray } from '../onnx/value';

/** A matrix (K, N) as the kernels (N, K, 1, 1) of the pointwise convolution that multiplies by it. */
export function pointwiseKernels({ type, dims: [depth = 0, columns = 0], data }: Constant): Constant {
  const from = data as NumberArray;
  const to = from.slice();
  for (let k = 0; k < depth; k++) for (let n = 0; n < columns; n++) to[n * depth + k] = from[k * columns + n]!;
  return { type, dims: [columns, depth, 1, 1], data: to };
}
