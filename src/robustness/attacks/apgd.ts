import { crossEntropy, dlr, ranked, targetedDlr, type Loss } from '../../gradient/loss';
import { inTurn, runsByRank, type Attacker } from '../attacker';
import type { Norm } from '../norm';
import { Outcome, type Point } from '../point';
import { project } from '../projection';
import type { LossGradient, Queries } from '../queries';
import { perturb, perturbation } from '../rounding';
import type { ApgdSettings } from '../settings';
import { SettingsReader } from '../validate';
import { Checkpoints, HalvingStepSize, SparseStepSize, sparsitySpan } from './apgd-schedule';
import { momentumStep, sparseStep } from './apgd-step';
import { randomSurfacePerturbation } from './random-start';

/**
 * Auto-PGD (Croce and Hein, Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
 * attacks, ICML 2020; for l1: Mind the box, ICML 2021): gradient ascent with momentum and an adaptive step size.
 */
export function apgd(settings: ApgdSettings, pixels: number): Attacker {
  const reader = new SettingsReader(settings, [
    'attack',
    'norm',
    'eps',
    'loss',
    'steps',
    'restarts',
    'targets',
    'rho',
    'largerEps',
  ]);
  const norm = reader.norm();
  const loss = reader.choice('loss', ['ce', 'dlr', 'dlr-targeted'], 'ce');
  const ascent = {
    norm,
    loss: { ce: crossEntropy, dlr, 'dlr-targeted': targetedDlr }[loss],
    rho: reader.number('rho', 0.75, 0, 1),
    stages: stagesOf(
      reader.eps(norm, pixels),
      reader.integer('steps', 100),
      reader.boolean('largerEps', norm === 'l1'),
    ),
  };
  const restarts = reader.integer('restarts', 1);
  const targets = reader.integer('targets', 9);
  return (queries, points) => {
    const ranks = loss === 'dlr-targeted' ? Math.min(targets, queries.classes - 1) : 1;
    const runs = runsByRank(ranks, restarts, (rank) => ascend({ ...ascent, rank }));
    return inTurn(queries, points, runs);
  };
}

/** A ball to search, and the number of steps in it. */
interface Stage {
  readonly eps: number;
  readonly steps: number;
}

interface Ascent {
  readonly norm: Norm;
  readonly loss: Loss;
  readonly rho: number;
  readonly stages: readonly Stage[];
  /** The target of a targeted loss is the class of this rank among the image's logits. */
  readonly rank: number;
}

/** One stage, or with `largerEps` three: 30 % of the steps in a ball of 3 eps, 30 % in one of 2 eps, then the rest. */
function stagesOf(eps: number, steps: number, largerEps: boolean): Stage[] {
  const early = Math.ceil(0.3 * steps);
  if (!largerEps || steps <= 2 * early) return [{ eps, steps }];
  return [
    { eps: 3 * eps, steps: early },
    { eps: 2 * eps, steps: early },
    { eps, steps: steps - 2 * early },
  ];
}

function ascend({ norm, loss, rho, stages, rank }: Ascent): Attacker {
  return async (queries, points) => {
    const outcomes = points.map((point) => new Outcome(point));
    const ascents = points.map(
      (point, index) =>
        new PointAscent(point, ranked(point.logits)[rank] ?? -1, outcomes[index]!, norm, stages[0]!.eps),
    );
    for (const [number, { eps, steps }] of stages.entries()) {
      const last = number === stages.length - 1;
      ascents.forEach((ascent) => ascent.start(eps, rho, stages.length > 1));
      await ascendInBall(queries, ascents, loss, steps, last);
    }
    return outcomes;
  };
}

/** All steps of one stage. Images in a ball larger than eps are no results, only the start of the next stage. */
async function ascendInBall(
  queries: Queries,
  ascents: PointAscent[],
  loss: Loss,
  steps: number,
  last: boolean,
): Promise<void> {
  const checkpoints = new Checkpoints(steps);
  let active = ascents;
  const observeAll = async (): Promise<void> => {
    const gradients = await queries.lossGradients(active, loss);
    active = active.filter((ascent, index) => ascent.observe(gradients[index]!, last));
  };
  await observeAll();
  for (let step = 0; step < steps && active.length > 0; ++step) {
    active.forEach((ascent) => ascent.step(step === 0));
    await observeAll();
    const span = checkpoints.step();
    const sparsity = (step + 1) % sparsitySpan(steps) === 0;
    active.forEach((ascent) => ascent.check(span, sparsity));
  }
}

/** The search from one point. */
class PointAscent {
  /** The current image. */
  readonly image: Float32Array;
  private readonly best: { loss: number; image: Float32Array; gradient: Float32Array };
  private gradient: Float32Array;
  private delta: Float64Array;
  private previous: Float64Array;
  private eps = 0;
  private halving?: HalvingStepSize;
  private sparse?: SparseStepSize;

  constructor(
    readonly point: Point,
    readonly target: number,
    private readonly outcome: Outcome,
    private readonly norm: Norm,
    firstEps: number,
  ) {
    const { image, random } = point;
    this.delta = randomSurfacePerturbation(random, image, norm, firstEps);
    this.previous = this.delta;
    this.image = perturb(image, this.delta, new Float32Array(image.length));
    this.gradient = new Float32Array(image.length);
    this.best = { loss: -Infinity, image: this.image.slice(), gradient: this.gradient };
  }

  /** Continues from the best image so far, in the ball of this eps; `several` says whether there are several balls. */
  start(eps: number, rho: number, several: boolean): void {
    const { image: center } = this.point;
    this.eps = eps;
    this.delta = project(
      perturbation(center, this.best.image, new Float64Array(center.length)),
      center,
      this.norm,
      eps,
    );
    perturb(center, this.delta, this.image);
    perturbation(center, this.image, this.delta);
    this.previous = this.delta;
    this.best.loss = -Infinity;
    if (this.norm === 'l1') {
      const changed = several ? changedPixels(this.delta) : center.length;
      const share = several ? changed / center.length / 1.5 : 0.2;
      this.sparse = new SparseStepSize(eps, share, changed, center.length);
    } else this.halving = new HalvingStepSize(2 * eps, rho);
  }

  /** Takes loss, logits and gradient of the image. Returns whether to go on: until it is misclassified within eps. */
  observe({ loss, logits, gradient }: LossGradient, last: boolean): boolean {
    this.halving?.observe(loss);
    this.gradient = gradient;
    if (loss > this.best.loss || this.best.loss === -Infinity) {
      this.best.loss = loss;
      this.best.image.set(this.image);
      this.best.gradient = gradient;
    }
    if (last) this.outcome.offer(this.image, logits);
    return !this.outcome.broken;
  }

  step(first: boolean): void {
    const { image: center } = this.point;
    const { norm, eps, gradient, delta, previous } = this;
    const moved = this.sparse
      ? sparseStep(delta, gradient, center, { eps, stepSize: this.sparse.value, share: this.sparse.share })
      : momentumStep(delta, previous, gradient, center, {
          norm,
          eps,
          stepSize: this.halving!.value,
          pull: first ? 1 : 0.75,
        });
    this.previous = delta;
    perturb(center, moved, this.image);
    this.delta = perturbation(center, this.image, moved);
  }

  /** After a step: adapts the step size at checkpoints (`span` steps after the last one, or where `sparsity` is true). */
  check(span: number, sparsity: boolean): void {
    const { image: center } = this.point;
    let back = false;
    if (this.sparse && sparsity) {
      back = this.sparse.check(changedPixels(perturbation(center, this.best.image, new Float64Array(center.length))));
    } else if (this.halving && span > 0) back = this.halving.check(span, this.best.loss);
    if (!back) return;
    this.image.set(this.best.image);
    this.gradient = this.best.gradient;
    // The momentum is that of the last step, as in the authors' implementation.
    this.delta = perturbation(center, this.image, new Float64Array(center.length));
  }
}

function changedPixels(delta: Float64Array): number {
  return delta.reduce((count, change) => count + (change === 0 ? 0 : 1), 0);
}
