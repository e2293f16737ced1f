import { crossEntropy, dlr } from '../../gradient/loss';
import { inTurn, type Attacker } from '../attacker';
import type { Norm } from '../norm';
import { Outcome } from '../point';
import { project } from '../projection';
import { perturb, perturbation } from '../rounding';
import type { PgdSettings } from '../settings';
import { SettingsReader } from '../validate';
import { boxAround, stepInBox } from './box';
import { startOf } from './random-start';
import { addSteepestStep } from './steepest-step';

/**
 * Projected gradient descent (Madry et al., Towards deep learning models resistant to adversarial attacks, ICLR 2018), for l1
 * with the sparse steps of Maini et al. and the exact projection of Croce and Hein.
 */
export function pgd(settings: PgdSettings, pixels: number): Attacker {
  const reader = new SettingsReader(settings, [
    'attack',
    'norm',
    'eps',
    'steps',
    'stepSize',
    'restarts',
    'randomStart',
    'earlyStop',
    'loss',
    'sparsity',
  ]);
  const norm = reader.norm();
  const eps = reader.eps(norm, pixels);
  const steps = reader.integer('steps', 40);
  const descent: Descent = {
    norm,
    eps,
    steps,
    // Long enough to cross the ball from any start; for l1, that of Maini et al.
    stepSize: reader.stepSize(norm === 'l1' ? eps / 12 : (2.5 * eps) / steps),
    earlyStop: reader.boolean('earlyStop', true),
    loss: reader.choice('loss', ['ce', 'dlr'], 'ce') === 'ce' ? crossEntropy : dlr,
    sparsity: reader.sparsity(),
  };
  const restarts = reader.integer('restarts', 1);
  const randomStart = reader.boolean('randomStart', true);
  const runs = Array.from({ length: restarts }, (_, run) =>
    descend({ ...descent, randomStart: randomStart || run > 0, isFirst: run === 0 }),
  );
  return (queries, points) => inTurn(queries, points, runs);
}

interface Descent {
  readonly norm: Norm;
  readonly eps: number;
  readonly steps: number;
  readonly stepSize: number;
  readonly earlyStop: boolean;
  readonly loss: typeof crossEntropy;
  readonly sparsity: readonly [number, number];
}

function descend(settings: Descent & { readonly randomStart: boolean; readonly isFirst: boolean }): Attacker {
  const { norm, eps, steps, stepSize, earlyStop, loss, sparsity, randomStart, isFirst } = settings;
  return async (queries, points) => {
    const outcomes = points.map((point) => new Outcome(point));
    let active = points.map((point, index) => ({
      point,
      image: (isFirst && point.start?.slice()) || startOf(point, norm, eps, randomStart),
      outcome: outcomes[index]!,
      box: norm === 'linf' ? boxAround(point.image, eps) : undefined,
    }));
    for (let step = 0; step < steps && active.length > 0; ++step) {
      const gradients = await queries.lossGradients(active, loss);
      active = active.filter(({ point, image, outcome, box }, index) => {
        const { logits, gradient } = gradients[index]!;
        outcome.offer(image, logits);
        if (outcome.broken && earlyStop) return false;
        if (box) {
          stepInBox(image, gradient, stepSize, box);
          return true;
        }
        const delta = perturbation(point.image, image, new Float64Array(image.length));
        const pixels = norm === 'l1' ? point.random.integer(...sparsity) : 0;
        addSteepestStep(delta, gradient, point.image, { norm, length: stepSize, pixels });
        perturb(point.image, project(delta, point.image, norm, eps), image);
        return true;
      });
    }
    const logits = await queries.logits(active.map(({ image }) => image));
    active.forEach(({ image, outcome }, index) => outcome.offer(image, logits[index]!));
    return outcomes;
  };
}
