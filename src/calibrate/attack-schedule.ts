import { epsilon } from '../robustness/validate';
import type { AttackSettings } from '../robustness/settings';

/** Steps of PGD by default: more of them find hardly stronger images, and calibration needs only such as matter. */
const defaultSteps = 10;

/** Steps that go on from images which were attacked on a similar network, as a share. */
const continuedShare = 0.3;

/** The attack on a network from the start. */
export function wholeAttack(settings: AttackSettings): AttackSettings {
  return settings.attack === 'pgd' ? { ...settings, steps: settings.steps ?? defaultSteps } : settings;
}

/**
 * The attack that goes on from the images which {@link wholeAttack} made on a similar network: PGD with some of the steps, as
 * long as before. Others, which start anew, are the same.
 *
 * @param pixels of an image, over all channels
 */
export function continuedAttack(settings: AttackSettings, pixels: number): AttackSettings {
  if (settings.attack !== 'pgd') return settings;
  const { norm, steps = defaultSteps, stepSize } = settings;
  const eps = epsilon(settings.eps, norm, pixels);
  return {
    ...settings,
    steps: Math.ceil(continuedShare * steps),
    // For l1, the default does not depend on the number of steps; neither does a bound of 0.
    stepSize: stepSize ?? (norm === 'l1' || eps === 0 ? undefined : (2.5 * eps) / steps),
  };
}
