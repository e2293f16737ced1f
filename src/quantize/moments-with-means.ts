import type { ProductMoments } from './product-moments';

/**
 * Moments about 0: E xxᵀ and E yxᵀ in place of covariances. A product without a bias is fitted to them, since only its weights can give
 * the means.
 */
export function withMeans({ gram, cross, inputs, outputs }: ProductMoments, groups: number): ProductMoments {
  const size = inputs.length / groups;
  const perGroup = outputs.length / groups;
  const meansOf = (group: number) => inputs.subarray(group * size, (group + 1) * size);
  return {
    gram: gram.map((covariance, at) => {
      const means = meansOf(Math.floor(at / size / size));
      return covariance + means[Math.floor(at / size) % size]! * means[at % size]!;
    }),
    cross: cross.map((covariance, at) => {
      const output = Math.floor(at / size);
      return covariance + outputs[output]! * meansOf(Math.floor(output / perGroup))[at % size]!;
    }),
    inputs,
    outputs,
  };
}
