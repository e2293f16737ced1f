import { perturb } from '../rounding';

/** The l∞ ball around an image within [0, 1]: bounds of every pixel in float32, at most the radius from it. */
export interface Box {
  readonly low: Float32Array;
  readonly high: Float32Array;
}

export function boxAround(image: Float32Array, eps: number): Box {
  const bound = (change: number) =>
    perturb(image, new Float64Array(image.length).fill(change), new Float32Array(image.length));
  return { low: bound(-eps), high: bound(eps) };
}

/**
 * Moves an image, in place, by `length` along the sign of the gradient, and projects it onto the box. In one pass, since it takes
 * most of the time of an attack outside the network.
 */
export function stepInBox(image: Float32Array, gradient: Float32Array, length: number, { low, high }: Box): void {
  for (let index = 0; index < image.length; ++index) {
    const slope = gradient[index]!;
    // Math.sign branches, and random signs are predicted badly.
    const sign = Number(slope > 0) - Number(slope < 0);
    image[index] = Math.min(high[index]!, Math.max(low[index]!, image[index]! + length * sign));
  }
}
