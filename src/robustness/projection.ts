import { normOf, type Norm } from './norm';

/**
 * Projects a perturbation, in place, onto {δ: ‖δ‖ ≤ eps, 0 ≤ image + δ ≤ 1}: the nearest point of it in the Euclidean sense,
 * exactly. For l1 it is the projection of Croce and Hein (Mind the box, ICML 2021, proposition 2.1).
 */
export function project(delta: Float64Array, image: Float32Array, norm: Norm, eps: number): Float64Array {
  if (norm === 'linf') return clipToBox(delta, image, eps);
  if (norm === 'l2') return scaleInBox(delta, image, eps, 1);
  return shrinkInBox(delta, image, eps);
}

/** Clips every component to [-limit, limit] and the image to [0, 1]. */
export function clipToBox(delta: Float64Array, image: Float32Array, limit = Infinity): Float64Array {
  for (let index = 0; index < delta.length; ++index) {
    const pixel = image[index]!;
    delta[index] = Math.min(Math.min(limit, 1 - pixel), Math.max(Math.max(-limit, -pixel), delta[index]!));
  }
  return delta;
}

/** How far the pixel can go in the direction of `change`. */
export function room(pixel: number, change: number): number {
  return change > 0 ? 1 - pixel : pixel;
}

/**
 * Replaces `vector` by clip(t · vector) with the largest t ≤ `most` that keeps the l2 norm within eps. With `most` = 1 it is
 * the projection onto the l2 ball within the box; with `most` = ∞, the point there in which ⟨vector, ·⟩ is largest.
 *
 * Newton's method from below: components that are not clipped yet are assumed to grow further, so t rises to the solution, and
 * every step except the last one clips a further component.
 */
export function scaleInBox(vector: Float64Array, image: Float32Array, eps: number, most: number): Float64Array {
  const length = normOf(vector, 'l2');
  if (length === 0) return vector;
  let t = Math.min(most, eps / length);
  while (t < most) {
    let clipped = 0;
    let free = 0;
    for (let index = 0; index < vector.length; ++index) {
      const size = Math.abs(vector[index]!);
      const limit = room(image[index]!, vector[index]!);
      if (t * size >= limit) clipped += limit * limit;
      else free += size * size;
    }
    if (free === 0) break;
    const next = Math.min(most, Math.sqrt(Math.max(0, eps * eps - clipped) / free));
    if (!(next > t * (1 + 1e-12))) break;
    t = next;
  }
  for (let index = 0; index < vector.length; ++index) {
    const change = vector[index]!;
    vector[index] = Math.sign(change) * Math.min(t * Math.abs(change), room(image[index]!, change));
  }
  return shorten(vector, 'l2', eps);
}

/** The projection onto the l1 ball within the box: clip(soft threshold(δ, λ)) with the least λ ≥ 0 that keeps the bound. */
function shrinkInBox(delta: Float64Array, image: Float32Array, eps: number): Float64Array {
  let low = 0;
  let high = normOf(delta, 'linf');
  let threshold = 0;
  // Σ min(max(|δ| - λ, 0), room) decreases in λ and is piecewise linear: Newton's method, with bisection outside the bracket.
  for (;;) {
    let total = 0;
    let free = 0;
    for (let index = 0; index < delta.length; ++index) {
      const rest = Math.abs(delta[index]!) - threshold;
      if (rest <= 0) continue;
      const limit = room(image[index]!, delta[index]!);
      if (rest > limit) total += limit;
      else {
        total += rest;
        ++free;
      }
    }
    const excess = total - eps;
    if (excess > 0) low = threshold;
    else high = threshold;
    if (threshold === 0 && excess <= 0) break;
    if (Math.abs(excess) <= 1e-13 * eps || high - low <= 1e-15 * high) break;
    const newton = threshold + excess / free;
    threshold = free > 0 && newton > low && newton < high ? newton : (low + high) / 2;
  }
  for (let index = 0; index < delta.length; ++index) {
    const change = delta[index]!;
    const rest = Math.max(0, Math.abs(change) - threshold);
    delta[index] = Math.sign(change) * Math.min(rest, room(image[index]!, change));
  }
  return shorten(delta, 'l1', eps);
}

/** Removes the excess over the bound that rounding causes; scaling down stays within the box. */
function shorten(delta: Float64Array, norm: Norm, eps: number): Float64Array {
  const length = normOf(delta, norm);
  if (length > eps) {
    const factor = eps / length;
    for (let index = 0; index < delta.length; ++index) delta[index]! *= factor;
  }
  return delta;
}
