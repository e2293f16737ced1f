import type { Norm } from './norm';

/** A bound, in the scale of pixels in [0, 1]: a number, or a fraction such as '8/255'. */
export type Epsilon = number | string;

interface Bounded {
  /** Norm of the perturbation. */
  readonly norm: Norm;
  /** Its bound. */
  readonly eps: Epsilon;
}

/** Fast gradient method: one step to the bound. */
export interface FgsmSettings extends Bounded {
  /** Names this attack. */
  readonly attack: 'fgsm';
}

/** Projected gradient descent. */
export interface PgdSettings extends Bounded {
  /** Names this attack. */
  readonly attack: 'pgd';
  /** Gradient steps (default 40). */
  readonly steps?: number;
  /** Length of a step in the norm (default: 2.5 eps / steps for l-inf and l2, eps / 12 for l1). */
  readonly stepSize?: Epsilon;
  /** Independent runs, each on the images that are still classified right (default 1). */
  readonly restarts?: number;
  /** Whether the first run starts at a random point of the ball (default true); later ones always do. */
  readonly randomStart?: boolean;
  /** Whether the attack on an image stops once it is misclassified (default true). */
  readonly earlyStop?: boolean;
  /** The loss to maximize (default cross entropy). */
  readonly loss?: 'ce' | 'dlr';
  /** l1 only: least and most pixels that a step changes; the number is drawn for each step (default [5, 20]). */
  readonly sparsity?: readonly [least: number, most: number];
}

/** Multi steepest descent, for the union of the three balls. */
export interface MsdSettings {
  /** Names this attack. */
  readonly attack: 'msd';
  /** The three bounds. */
  readonly eps: Readonly<Record<Norm, Epsilon>>;
  /** Length of a step in each norm (default: eps / 10 for l-inf and l2, eps / 12 for l1). */
  readonly stepSize?: Readonly<Partial<Record<Norm, Epsilon>>>;
  /** Gradient steps (default 50). */
  readonly steps?: number;
  /** Independent runs (default 1); the first starts at the image, later ones in the l-inf ball. */
  readonly restarts?: number;
  /** Whether the attack on an image stops once it is misclassified (default true). */
  readonly earlyStop?: boolean;
  /** Least and most pixels that an l1 step changes (default [5, 20]). */
  readonly sparsity?: readonly [least: number, most: number];
}

/** Auto-PGD. */
export interface ApgdSettings extends Bounded {
  /** Names this attack. */
  readonly attack: 'apgd';
  /** The loss to maximize (default 'ce'). */
  readonly loss?: 'ce' | 'dlr' | 'dlr-targeted';
  /** Gradient steps (default 100). */
  readonly steps?: number;
  /** Independent runs, for each target (default 1). */
  readonly restarts?: number;
  /** Number of classes that 'dlr-targeted' tries, the likeliest first (default 9, or all if there are fewer). */
  readonly targets?: number;
  /** Share of steps that must raise the loss, otherwise the step size is halved (default 0.75). */
  readonly rho?: number;
  /** Whether a run starts in balls of 3 and 2 eps, as AutoAttack does for l1 (default: for l1 only). */
  readonly largerEps?: boolean;
}

/** Fast adaptive boundary attack, targeted. */
export interface FabSettings extends Bounded {
  /** Names this attack. */
  readonly attack: 'fab';
  /** Steps for each target (default 100). */
  readonly steps?: number;
  /** Runs for each target; from the second on they start at a random point (default 1). */
  readonly restarts?: number;
  /** Number of classes to try, the likeliest first (default 9, or all if there are fewer). */
  readonly targets?: number;
  /** Largest weight of the step from the image itself (default 0.1). */
  readonly alphaMax?: number;
  /** Overshoot over the boundary, η (default 1.05). */
  readonly overshoot?: number;
  /** Factor of the perturbation after a success, β (default 0.9). */
  readonly backward?: number;
}

/** Square attack: random search that needs no gradient. */
export interface SquareSettings extends Bounded {
  /** Names this attack. */
  readonly attack: 'square';
  /** Limit of queries for each image and run (default 5000). */
  readonly queries?: number;
  /** Independent runs (default 1). */
  readonly restarts?: number;
  /** Share of the pixels that the first squares cover (default 0.8). */
  readonly initialShare?: number;
  /** Whether the schedule of sizes, made for 10000 queries, is fitted to `queries` (default false, as in AutoAttack). */
  readonly rescaleSchedule?: boolean;
}

/** The standard AutoAttack suite: APGD-CE, targeted APGD-DLR, targeted FAB, Square. */
export interface AutoAttackSettings extends Bounded {
  /** Names this attack. */
  readonly attack: 'autoattack';
  /** Steps of APGD and FAB (default 100). */
  readonly steps?: number;
  /** Queries of Square (default 5000). */
  readonly queries?: number;
}

/** An attack and how it is run. Defaults are those of the public references; see `docs/robustness.md`. */
export type AttackSettings =
  FgsmSettings | PgdSettings | MsdSettings | ApgdSettings | FabSettings | SquareSettings | AutoAttackSettings;
