/** The norms in which perturbations are bounded. */
export type Norm = 'linf' | 'l2' | 'l1';

/** All of them, in the order of their names in the literature. */
export const norms: readonly Norm[] = ['linf', 'l2', 'l1'];

/** Norm of a vector, in double precision. */
export function normOf(vector: ArrayLike<number>, norm: Norm): number {
  let total = 0;
  for (let index = 0; index < vector.length; ++index) {
    const size = Math.abs(vector[index]!);
    if (norm === 'linf') total = Math.max(total, size);
    else total += norm === 'l2' ? size * size : size;
  }
  return norm === 'l2' ? Math.sqrt(total) : total;
}

/** Distance of two images. */
export function distance(one: ArrayLike<number>, other: ArrayLike<number>, norm: Norm): number {
  const difference = new Float64Array(one.length);
  for (let index = 0; index < one.length; ++index) difference[index] = one[index]! - other[index]!;
  return normOf(difference, norm);
}
