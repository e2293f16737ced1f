import { logitDifference, ranked } from '../../gradient/loss';
import { inTurn, runsByRank, type Attacker } from '../attacker';
import { predictedClass } from '../classifier';
import { toHyperplane } from '../hyperplane';
import { distance, normOf, type Norm } from '../norm';
import { Outcome, type Point } from '../point';
import type { FabSettings } from '../settings';
import { SettingsReader } from '../validate';
import { randomSurfacePerturbation } from './random-start';

/**
 * Fast adaptive boundary attack, targeted (Croce and Hein, Minimally distorted adversarial examples with a fast adaptive
 * boundary attack, ICML 2020): looks for the nearest misclassified image; the attack succeeds where one is within eps.
 */
export function fab(settings: FabSettings, pixels: number): Attacker {
  const reader = new SettingsReader(settings, [
    'attack',
    'norm',
    'eps',
    'steps',
    'restarts',
    'targets',
    'alphaMax',
    'overshoot',
    'backward',
  ]);
  const norm = reader.norm();
  const search = {
    norm,
    eps: reader.eps(norm, pixels),
    steps: reader.integer('steps', 100),
    alphaMax: reader.number('alphaMax', 0.1, 0, 1),
    overshoot: reader.number('overshoot', 1.05, 0, Infinity),
    backward: reader.number('backward', 0.9, 0, 1),
  };
  const restarts = reader.integer('restarts', 1);
  const targets = reader.integer('targets', 9);
  return (queries, points) => {
    const runs = runsByRank(Math.min(targets, queries.classes - 1), restarts, (rank, run) =>
      searchBoundary({ ...search, rank, randomStart: run > 0 }),
    );
    return inTurn(queries, points, runs);
  };
}

interface Search {
  readonly norm: Norm;
  readonly eps: number;
  readonly steps: number;
  readonly alphaMax: number;
  readonly overshoot: number;
  readonly backward: number;
  /** The target is the class of this rank among the image's logits, 1 the likeliest after its own. */
  readonly rank: number;
  readonly randomStart: boolean;
}

function searchBoundary({ norm, eps, steps, alphaMax, overshoot, backward, rank, randomStart }: Search): Attacker {
  return async (queries, points) => {
    const outcomes = points.map((point) => new Outcome(point));
    const start = ({ image, random }: Point): Float32Array => {
      if (!randomStart) return image.slice();
      const delta = randomSurfacePerturbation(random, image, norm, eps);
      return image.map((pixel, index) => pixel + delta[index]! / 2);
    };
    let active = points.map((point, index) => ({
      point,
      image: start(point),
      target: ranked(point.logits)[rank]!,
      outcome: outcomes[index]!,
    }));
    for (let step = 0; step < steps && active.length > 0; ++step) {
      const gradients = await queries.lossGradients(active, logitDifference);
      active.forEach(({ point, image }, index) => {
        const { loss, gradient } = gradients[index]!;
        approach(point.image, image, gradient, loss, { norm, alphaMax, overshoot });
      });
      const logits = await queries.logits(active.map(({ image }) => image));
      active = active.filter(({ point, image, outcome }, index) => {
        if (predictedClass(logits[index]!) === point.label) return true;
        if (distance(image, point.image, norm) <= eps) outcome.offer(image, logits[index]!);
        for (let pixel = 0; pixel < image.length; ++pixel) {
          image[pixel] = point.image[pixel]! + (image[pixel]! - point.image[pixel]!) * backward;
        }
        return !outcome.broken;
      });
    }
    return outcomes;
  };
}

/** Moves `image` across the linearized boundary, with a bias towards the projection of the original image, `center`. */
function approach(
  center: Float32Array,
  image: Float32Array,
  gradient: Float32Array,
  difference: number,
  { norm, alphaMax, overshoot }: Pick<Search, 'norm' | 'alphaMax' | 'overshoot'>,
): void {
  // The hyperplane is where the linearized difference of logits, target minus label, is 0.
  let atCenter = difference;
  for (let pixel = 0; pixel < image.length; ++pixel) atCenter += gradient[pixel]! * (center[pixel]! - image[pixel]!);
  const fromImage = toHyperplane(image, gradient, -difference, norm);
  const fromCenter = toHyperplane(center, gradient, -atCenter, norm);
  const near = Math.max(normOf(fromImage, norm), 1e-8);
  const far = Math.max(normOf(fromCenter, norm), 1e-8);
  const alpha = Math.min(near / (near + far), alphaMax);
  for (let pixel = 0; pixel < image.length; ++pixel) {
    const moved =
      (1 - alpha) * (image[pixel]! + overshoot * fromImage[pixel]!) +
      alpha * (center[pixel]! + overshoot * fromCenter[pixel]!);
    image[pixel] = Math.min(1, Math.max(0, moved));
  }
}
