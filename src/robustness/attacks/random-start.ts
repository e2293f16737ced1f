import { normOf, type Norm } from '../norm';
import type { Point } from '../point';
import { clipToBox, project } from '../projection';
import type { RandomStream } from '../random-stream';
import { perturb } from '../rounding';

/** The start of a descent: the image, or a random point of the ball and the box around it. */
export function startOf({ image, random }: Point, norm: Norm, eps: number, isRandom: boolean): Float32Array {
  return isRandom ? perturb(image, randomPerturbation(random, image, norm, eps), image.slice()) : image.slice();
}

/** A random perturbation within the ball and the box: uniform in the ball for l∞ and l2, projected noise for l1. */
function randomPerturbation(random: RandomStream, image: Float32Array, norm: Norm, eps: number): Float64Array {
  const delta = new Float64Array(image.length);
  if (norm === 'linf') {
    for (let index = 0; index < delta.length; ++index) delta[index] = eps * (2 * random.uniform() - 1);
    return clipToBox(delta, image, eps);
  }
  for (let index = 0; index < delta.length; ++index) delta[index] = random.normal();
  if (norm === 'l1') return project(delta, image, norm, eps);
  const scale = (eps * random.uniform() ** (1 / delta.length)) / normOf(delta, 'l2');
  return project(
    delta.map((value) => scale * value),
    image,
    norm,
    eps,
  );
}

/** As {@link randomPerturbation}, but on the surface of the ball for l∞ and l2: the start of Auto-PGD. */
export function randomSurfacePerturbation(
  random: RandomStream,
  image: Float32Array,
  norm: Norm,
  eps: number,
): Float64Array {
  const delta = new Float64Array(image.length);
  for (let index = 0; index < delta.length; ++index) {
    delta[index] = norm === 'linf' ? 2 * random.uniform() - 1 : random.normal();
  }
  if (norm === 'l1') return project(delta, image, norm, eps);
  const scale = eps / normOf(delta, norm);
  return clipToBox(
    delta.map((value) => scale * value),
    image,
    norm === 'linf' ? eps : Infinity,
  );
}
