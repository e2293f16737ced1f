import { normOf, type Norm } from '../norm';
import { project } from '../projection';
import { thresholdWithin } from '../selection';

/**
 * The next perturbation of Auto-PGD for l∞ and l2: a projected gradient step from `delta`, of which a share `pull` is taken,
 * and momentum, 1 - `pull` of the last move from `previous` (Croce and Hein, Reliable evaluation of adversarial robustness,
 * ICML 2020, equation 3).
 */
export function momentumStep(
  delta: Float64Array,
  previous: Float64Array,
  gradient: Float32Array,
  image: Float32Array,
  { norm, eps, stepSize, pull }: { norm: Norm; eps: number; stepSize: number; pull: number },
): Float64Array {
  const scale = norm === 'l2' ? stepSize / (normOf(gradient, 'l2') + 1e-30) : 0;
  const straight = delta.map(
    (value, index) => value + (norm === 'l2' ? scale * gradient[index]! : stepSize * Math.sign(gradient[index]!)),
  );
  project(straight, image, norm, eps);
  const moved = delta.map(
    (value, index) => value + (straight[index]! - value) * pull + (value - previous[index]!) * (1 - pull),
  );
  return project(moved, image, norm, eps);
}

/**
 * The next perturbation of Auto-PGD for l1: a step of length `stepSize` along the signs of the steepest `share` of the
 * pixels, projected (Croce and Hein, Mind the box, ICML 2021, section 3.2).
 */
export function sparseStep(
  delta: Float64Array,
  gradient: Float32Array,
  image: Float32Array,
  { eps, stepSize, share }: { eps: number; stepSize: number; share: number },
): Float64Array {
  const keys = gradient.map(Math.abs);
  const count = keys.length;
  const chosen = Math.min(count, Math.max(1, count - Math.floor(Math.min(count - 1, (1 - share) * count))));
  const threshold = thresholdWithin(keys, undefined, chosen);
  const taken = keys.reduce((sum, key) => sum + (key >= threshold && key > 0 ? 1 : 0), 0);
  const moved = delta.map((value, index) =>
    keys[index]! >= threshold ? value + (Math.sign(gradient[index]!) * stepSize) / (taken || 1) : value,
  );
  return project(moved, image, 'l1', eps);
}
