import { inTurn, type Attacker } from '../attacker';
import type { AutoAttackSettings } from '../settings';
import { SettingsReader } from '../validate';
import { apgd } from './apgd';
import { fab } from './fab';
import { square } from './square';

/**
 * The standard AutoAttack suite (Croce and Hein, Reliable evaluation of adversarial robustness with an ensemble of diverse
 * parameter-free attacks, ICML 2020): APGD-CE, targeted APGD-DLR, targeted FAB and Square, each on the points that are still
 * classified correctly. For l1 with five restarts of APGD-CE and five targets of APGD-DLR.
 */
export function autoAttack(settings: AutoAttackSettings, pixels: number): Attacker {
  const reader = new SettingsReader(settings, ['attack', 'norm', 'eps', 'steps', 'queries']);
  const norm = reader.norm();
  const eps = reader.eps(norm, pixels);
  const steps = reader.integer('steps', 100);
  const queries = reader.integer('queries', 5000);
  const sparse = norm === 'l1';
  const suite = [
    apgd({ attack: 'apgd', norm, eps, steps, loss: 'ce', restarts: sparse ? 5 : 1 }, pixels),
    apgd({ attack: 'apgd', norm, eps, steps, loss: 'dlr-targeted', targets: sparse ? 5 : 9 }, pixels),
    fab({ attack: 'fab', norm, eps, steps, targets: 9 }, pixels),
    square({ attack: 'square', norm, eps, queries }, pixels),
  ];
  return (network, points) => inTurn(network, points, suite);
}
