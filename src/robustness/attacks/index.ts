import { GdwsError } from '../../base/errors';
import type { Attacker } from '../attacker';
import type { AttackSettings } from '../settings';
import { apgd } from './apgd';
import { autoAttack } from './auto-attack';
import { fab } from './fab';
import { fgsm } from './fgsm';
import { msd } from './msd';
import { pgd } from './pgd';
import { square } from './square';

/** Names of the attacks. */
export const attackNames = ['fgsm', 'pgd', 'msd', 'apgd', 'fab', 'square', 'autoattack'] as const;

/**
 * The attack of these settings.
 *
 * @param pixels of an image, over all channels
 * @throws {GdwsError} ARGUMENT_INVALID
 */
export function attackerOf(settings: AttackSettings, pixels: number): Attacker {
  switch (settings.attack) {
    case 'fgsm':
      return fgsm(settings, pixels);
    case 'pgd':
      return pgd(settings, pixels);
    case 'msd':
      return msd(settings, pixels);
    case 'apgd':
      return apgd(settings, pixels);
    case 'fab':
      return fab(settings, pixels);
    case 'square':
      return square(settings, pixels);
    case 'autoattack':
      return autoAttack(settings, pixels);
    default:
      throw new GdwsError('ARGUMENT_INVALID', `there is no attack '${String((settings as AttackSettings).attack)}'.`, {
        remedy: `There are: ${attackNames.join(', ')}.`,
      });
  }
}
