import { normOf, type Norm } from '../norm';
import { clipToBox, room, scaleInBox } from '../projection';
import { fillByKey, thresholdWithin } from '../selection';

/**
 * Adds to `delta` the step of the given length that raises the linearized loss most: the sign of the gradient for l∞, its
 * direction for l2. For l1, equal parts for the `pixels` steepest pixels that can move in that direction (Maini, Wong and
 * Kolter, Adversarial robustness against the union of multiple perturbation models, ICML 2020, section 4).
 */
export function addSteepestStep(
  delta: Float64Array,
  gradient: Float32Array,
  image: Float32Array,
  { norm, length, pixels }: { norm: Norm; length: number; pixels: number },
): void {
  if (norm === 'l1') return addSparseStep(delta, gradient, image, length, pixels);
  const scale = norm === 'l2' ? length / (normOf(gradient, 'l2') || 1) : 0;
  for (let index = 0; index < delta.length; ++index) {
    delta[index]! += norm === 'l2' ? scale * gradient[index]! : length * Math.sign(gradient[index]!);
  }
}

function addSparseStep(
  delta: Float64Array,
  gradient: Float32Array,
  image: Float32Array,
  length: number,
  pixels: number,
): void {
  const keys = gradient.map((slope, index) =>
    Math.abs(delta[index]!) < room(image[index]!, slope) || slope * delta[index]! < 0 ? Math.abs(slope) : 0,
  );
  const threshold = thresholdWithin(keys, undefined, pixels);
  let left = Math.min(pixels, keys.length);
  const change = (index: number): void => {
    delta[index]! += (Math.sign(gradient[index]!) * length) / pixels;
    --left;
  };
  keys.forEach((key, index) => key > threshold && change(index));
  keys.forEach((key, index) => key === threshold && key > 0 && left > 0 && change(index));
}

/**
 * The perturbation of the largest linearized loss within the ball and the box: the clipped sign of the gradient for l∞; its
 * clipped multiple for l2; for l1, the steepest pixels, each to its limit.
 */
export function linearMaximizer(gradient: Float32Array, image: Float32Array, norm: Norm, eps: number): Float64Array {
  const slopes = Float64Array.from(gradient);
  if (norm === 'l2') return scaleInBox(slopes, image, eps, Infinity);
  if (norm === 'linf') {
    return clipToBox(
      slopes.map((slope) => eps * Math.sign(slope)),
      image,
    );
  }
  const rooms = slopes.map((slope, index) => room(image[index]!, slope));
  const shares = fillByKey(gradient.map(Math.abs), rooms, eps);
  return slopes.map((slope, index) => Math.sign(slope) * shares[index]! * rooms[index]!);
}
