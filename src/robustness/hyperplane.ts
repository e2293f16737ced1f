import type { Norm } from './norm';
import { room } from './projection';
import { fillByKey } from './selection';

/**
 * The smallest perturbation, in the given norm, that moves `point` onto the hyperplane where ⟨normal, ·⟩ has changed by
 * `change`, within the box [0, 1]; where the box does not reach it, the nearest one (Croce and Hein, Minimally
 * distorted adversarial examples with a fast adaptive boundary attack, ICML 2020, section 2.2).
 */
export function toHyperplane(point: Float32Array, normal: Float32Array, change: number, norm: Norm): Float64Array {
  const sign = Math.sign(change);
  const wanted = Math.abs(change);
  const count = point.length;
  const slopes = new Float32Array(count);
  const limits = new Float64Array(count);
  for (let index = 0; index < count; ++index) {
    slopes[index] = Math.abs(normal[index]!);
    limits[index] = room(point[index]!, sign * normal[index]!);
  }
  const sizes = norm === 'l1' ? greedySizes(slopes, limits, wanted) : cappedSizes(slopes, limits, wanted, norm);
  for (let index = 0; index < count; ++index) sizes[index]! *= sign * Math.sign(normal[index]!);
  return sizes;
}

/** l1: the steepest pixels first, each to its limit. */
function greedySizes(slopes: Float32Array, limits: Float64Array, wanted: number): Float64Array {
  const gains = limits.map((limit, index) => limit * slopes[index]!);
  return fillByKey(slopes, gains, wanted).map((share, index) => share * limits[index]!);
}

/** l∞: min(t, limit); l2: min(t · slope, limit), with the t of the wanted gain. */
function cappedSizes(slopes: Float32Array, limits: Float64Array, wanted: number, norm: Norm): Float64Array {
  // The gain is concave in t, so Newton's method converges monotonically from below.
  let t = 0;
  for (;;) {
    let gain = 0;
    let rate = 0;
    for (let index = 0; index < slopes.length; ++index) {
      const slope = slopes[index]!;
      const speed = norm === 'linf' ? 1 : slope;
      if (t * speed >= limits[index]!) gain += slope * limits[index]!;
      else {
        gain += slope * t * speed;
        rate += slope * speed;
      }
    }
    if (rate === 0) break;
    const next = t + (wanted - gain) / rate;
    if (!(next > t * (1 + 1e-12))) break;
    t = next;
  }
  return limits.map((limit, index) => {
    if (slopes[index] === 0) return 0;
    return Math.min(limit, norm === 'linf' ? t : t * slopes[index]!);
  });
}
