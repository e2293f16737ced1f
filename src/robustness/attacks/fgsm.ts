import { crossEntropy } from '../../gradient/loss';
import type { Attacker } from '../attacker';
import type { Norm } from '../norm';
import { Outcome } from '../point';
import { perturb } from '../rounding';
import type { FgsmSettings } from '../settings';
import { SettingsReader } from '../validate';
import { linearMaximizer } from './steepest-step';

/**
 * Fast gradient (sign) method (Goodfellow, Shlens and Szegedy, Explaining and harnessing adversarial examples, ICLR 2015):
 * the perturbation that maximizes the linearized cross entropy.
 */
export function fgsm(settings: FgsmSettings, pixels: number): Attacker {
  const reader = new SettingsReader(settings, ['attack', 'norm', 'eps']);
  const norm: Norm = reader.norm();
  const eps = reader.eps(norm, pixels);
  return async (queries, points) => {
    const asked = points.map((point) => ({ point, image: point.image }));
    const gradients = await queries.lossGradients(asked, crossEntropy);
    const images = points.map(({ image }, index) =>
      perturb(image, linearMaximizer(gradients[index]!.gradient, image, norm, eps), new Float32Array(image.length)),
    );
    const logits = await queries.logits(images);
    return points.map((point, index) => {
      const outcome = new Outcome(point);
      outcome.offer(images[index]!, logits[index]!);
      return outcome;
    });
  };
}
