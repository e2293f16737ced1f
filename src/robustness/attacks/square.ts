import { inTurn, type Attacker } from '../attacker';
import { marginOf, predictedClass } from '../classifier';
import { Outcome } from '../point';
import { perturb } from '../rounding';
import type { SquareSettings } from '../settings';
import { SettingsReader } from '../validate';
import { firstPerturbation, proposal, type SearchSpace } from './square-proposal';

/**
 * Square attack (Andriushchenko, Croce, Flammarion and Hein, ECCV 2020; for l1: Croce and Hein, Mind the box, ICML 2021): a
 * random search that changes one square of the image at a time and keeps changes that lower the margin.
 */
export function square(settings: SquareSettings, pixels: number): Attacker {
  const reader = new SettingsReader(settings, [
    'attack',
    'norm',
    'eps',
    'queries',
    'restarts',
    'initialShare',
    'rescaleSchedule',
  ]);
  const norm = reader.norm();
  const search = {
    norm,
    eps: reader.eps(norm, pixels),
    steps: reader.integer('queries', 5000),
    initialShare: reader.number('initialShare', 0.8, 0, 1),
    rescaleSchedule: reader.boolean('rescaleSchedule', false),
  };
  const runs = Array.from({ length: reader.integer('restarts', 1) }, () => searchSquares(search));
  return (queries, points) => inTurn(queries, points, runs);
}

interface Search extends Omit<SearchSpace, 'dims'> {
  readonly steps: number;
  readonly initialShare: number;
  readonly rescaleSchedule: boolean;
}

function searchSquares({ norm, eps, steps, initialShare, rescaleSchedule }: Search): Attacker {
  return async (queries, points) => {
    const [channels = 1, height = 1, width = 1] = queries.imageDims;
    const space: SearchSpace = { norm, eps, dims: [channels, height, width] };
    const outcomes = points.map((point) => new Outcome(point));
    let active = points.map((point, index) => {
      const tried = firstPerturbation(point.random, point.image, space);
      return { point, outcome: outcomes[index]!, tried, best: tried, margin: Infinity };
    });
    for (let step = 0; step <= steps && active.length > 0; ++step) {
      if (step > 0) {
        const share = initialShare / divisorAt(rescaleSchedule ? Math.floor(((step - 1) / steps) * 10000) : step - 1);
        for (const search of active) {
          search.tried = proposal(search.point.random, search.best, search.point.image, share, space);
        }
      }
      const images = active.map(({ point, tried }) =>
        perturb(point.image, tried, new Float32Array(point.image.length)),
      );
      const logits = await queries.logits(images);
      active = active.filter((search, index) => {
        const margin = marginOf(logits[index]!, search.point.label);
        if (margin < search.margin) {
          search.margin = margin;
          search.best = search.tried;
        }
        search.outcome.offer(images[index]!, logits[index]!);
        return predictedClass(logits[index]!) === search.point.label;
      });
    }
    return outcomes;
  };
}

/** The divisor of the squares' share of the image at a query of 10000. */
function divisorAt(query: number): number {
  const ends = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];
  return 2 ** ends.filter((end) => query > end).length;
}
