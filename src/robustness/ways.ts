import { GdwsError } from '../base/errors';
import type { AttackResult } from './attack';
import { isDifferentiable, type LogitsClassifier } from './classifier';
import { norms, type Norm } from './norm';
import type { AttackSettings, SquareSettings } from './settings';
import type { Proportion } from './statistics/wilson';

/** Robust accuracy under one of the attacks that a classifier must withstand. */
export interface WayAccuracy {
  /** Name of the attack. */
  readonly attack: AttackSettings['attack'];
  /** Norm of the perturbations; absent for msd, which has all. */
  readonly norm?: Norm;
  /** Name of the classifier that was attacked, where its images were then tried on this one. */
  readonly madeOn?: string;
  /** Share classified right without an attack and after it. */
  readonly robust: Proportion;
}

/** The same, image by image. */
export interface WayReport extends WayAccuracy {
  /** 1 for each image still classified right after it. */
  readonly standing: Uint8Array;
}

/** What was found in one way. */
export type Found = Pick<AttackResult, 'images' | 'standing'> & Pick<WayReport, 'attack' | 'norm' | 'madeOn'>;

export function accuracyOf({ attack, norm, madeOn, robust }: WayReport): WayAccuracy {
  return { attack, norm, madeOn, robust };
}

/** Whether rounding hides the gradients that this attack uses. */
export function isMasked(classifier: LogitsClassifier, { attack }: AttackSettings): boolean {
  return isDifferentiable(classifier) && classifier.quantized === true && attack !== 'square';
}

/** Square in the norms of an attack by gradients that has none without them. */
export function squareBeside(settings: AttackSettings, queries: number | undefined): SquareSettings[] {
  if (settings.attack === 'square' || settings.attack === 'autoattack') return [];
  const more = queries === undefined ? {} : { queries };
  if (settings.attack !== 'msd') return [{ attack: 'square', norm: settings.norm, eps: settings.eps, ...more }];
  return norms.map((norm) => ({ attack: 'square', norm, eps: settings.eps[norm], ...more }));
}

/**
 * Checks that there is an attack square which the queries are for.
 *
 * @param settings of the attack, if there is one
 * @throws {GdwsError} ARGUMENT_INVALID
 */
export function checkSquareQueries(
  queries: number | undefined,
  squares: readonly SquareSettings[],
  settings: AttackSettings | undefined,
): void {
  if (queries === undefined || squares.length > 0) return;
  const what = settings?.attack ?? 'accuracy without an attack';
  throw new GdwsError('ARGUMENT_INVALID', `squareQueries is ${queries}, and ${what} needs no square.`, {
    remedy: 'Leave it out: the attack square is added only where a network is quantized and the attack uses gradients.',
  });
}

/**
 * The attack without early stop: an image just beyond the boundary of one network is hardly beyond that of another, and would
 * outweigh all others by its small margin.
 */
export function thorough(settings: AttackSettings): AttackSettings {
  return settings.attack === 'pgd' || settings.attack === 'msd' ? { earlyStop: false, ...settings } : settings;
}

/** Of each image, whether it stands in all ways, and the perturbed image of the first way that breaks it. */
export function leastOf([first, ...others]: readonly Found[], size: number): Pick<AttackResult, 'images' | 'standing'> {
  const images = first!.images.slice();
  const standing = first!.standing.slice();
  for (const other of others) {
    for (let image = 0; image < standing.length; ++image) {
      if (!standing[image] || other.standing[image]) continue;
      standing[image] = 0;
      images.set(other.images.subarray(image * size, (image + 1) * size), image * size);
    }
  }
  return { images, standing };
}
