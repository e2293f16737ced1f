import { GdwsError } from '../../base/errors';
import { crossEntropy } from '../../gradient/loss';
import { inTurn, type Attacker } from '../attacker';
import { norms, type Norm } from '../norm';
import { Outcome, type Point } from '../point';
import { project } from '../projection';
import { perturb, perturbation } from '../rounding';
import type { MsdSettings } from '../settings';
import { epsilon, positive, SettingsReader } from '../validate';
import { startOf } from './random-start';
import { addSteepestStep } from './steepest-step';

/** Steps per radius of a ball, where no step size is given: those of Maini et al. for CIFAR-10. */
const stepsPerRadius: Readonly<Record<Norm, number>> = { linf: 10, l2: 10, l1: 12 };

/**
 * Multi steepest descent for the union of the l∞, l2 and l1 balls (Maini, Wong and Kolter, Adversarial robustness against
 * the union of multiple perturbation models, ICML 2020, algorithm 1): every step is tried in each norm, and the one after
 * which the cross entropy is largest is taken.
 */
export function msd(settings: MsdSettings, pixels: number): Attacker {
  const reader = new SettingsReader(settings, [
    'attack',
    'eps',
    'stepSize',
    'steps',
    'restarts',
    'earlyStop',
    'sparsity',
  ]);
  const { eps, stepSize = {} } = settings;
  for (const [name, value] of Object.entries({ eps, stepSize })) checkRecord(name, value);
  const balls = norms.map((norm): Ball => {
    const bound = epsilon(eps[norm], norm, pixels);
    return {
      norm,
      eps: bound,
      stepSize:
        stepSize[norm] === undefined ? bound / stepsPerRadius[norm] : positive(`stepSize.${norm}`, stepSize[norm]),
    };
  });
  const descent = {
    balls,
    steps: reader.integer('steps', 50),
    earlyStop: reader.boolean('earlyStop', true),
    sparsity: reader.sparsity(),
  };
  const restarts = reader.integer('restarts', 1);
  const runs = Array.from({ length: restarts }, (_, run) => descend({ ...descent, randomStart: run > 0 }));
  return (queries, points) => inTurn(queries, points, runs);
}

interface Ball {
  readonly norm: Norm;
  readonly eps: number;
  readonly stepSize: number;
}

interface Descent {
  readonly balls: readonly Ball[];
  readonly steps: number;
  readonly earlyStop: boolean;
  readonly sparsity: readonly [number, number];
  readonly randomStart: boolean;
}

function checkRecord(name: string, value: unknown): void {
  const known: readonly string[] = norms;
  const fits = typeof value === 'object' && value !== null && Object.keys(value).every((norm) => known.includes(norm));
  if (!fits) {
    throw new GdwsError('ARGUMENT_INVALID', `${name} of msd is ${JSON.stringify(value) ?? 'missing'}.`, {
      remedy: `Give one for each norm, as { linf: '8/255', l2: 0.5, l1: 12 }.`,
    });
  }
}

function descend({ balls, steps, earlyStop, sparsity, randomStart }: Descent): Attacker {
  return async (queries, points) => {
    const outcomes = points.map((point) => new Outcome(point));
    const [{ norm, eps }] = balls as [Ball];
    let active = points.map((point, index) => ({
      point,
      image: startOf(point, norm, eps, randomStart),
      outcome: outcomes[index]!,
    }));
    for (let step = 0; step < steps && active.length > 0; ++step) {
      const gradients = await queries.lossGradients(active, crossEntropy);
      const candidates = active.flatMap(({ point, image }, index) =>
        balls.map((ball) => stepIn(ball, point, image, gradients[index]!.gradient, sparsity)),
      );
      const logits = await queries.logits(candidates);
      active = active.flatMap(({ point, outcome }, index) => {
        let largest = -Infinity;
        let image = candidates[index * balls.length]!;
        for (let tried = index * balls.length; tried < (index + 1) * balls.length; ++tried) {
          outcome.offer(candidates[tried]!, logits[tried]!);
          const loss = crossEntropy(logits[tried]!, point.label, new Float32Array(queries.classes), -1);
          if (loss > largest) [largest, image] = [loss, candidates[tried]!];
        }
        return outcome.broken && earlyStop ? [] : [{ point, image, outcome }];
      });
    }
    return outcomes;
  };
}

function stepIn(
  { norm, eps, stepSize }: Ball,
  { image: center, random }: Point,
  image: Float32Array,
  gradient: Float32Array,
  sparsity: readonly [number, number],
): Float32Array {
  const delta = perturbation(center, image, new Float64Array(center.length));
  const pixels = norm === 'l1' ? random.integer(...sparsity) : 0;
  addSteepestStep(delta, gradient, center, { norm, length: stepSize, pixels });
  return perturb(center, project(delta, center, norm, eps), new Float32Array(center.length));
}
