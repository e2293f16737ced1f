import { attack } from '../../src/robustness/attack';
import { linearMaximizer } from '../../src/robustness/attacks/steepest-step';
import { distance, norms, normOf } from '../../src/robustness/norm';
import { normalized } from '../../src/robustness/normalized';
import { RandomStream } from '../../src/robustness/random-stream';
import type { AttackSettings } from '../../src/robustness/settings';
import { linear } from './classifiers';

/**
 * Two classes whose logits differ by ⟨normal, image⟩ - bias: the nearest image of the other class is at distance
 * difference / (dual norm of the normal) where the box is far away.
 */
const dims = [2, 8, 8];
const pixels = 128;
const random = new RandomStream(21);
const normal = Float64Array.from({ length: pixels }, () => random.normal());
const image = Float32Array.from({ length: pixels }, () => 0.5 + 0.02 * random.normal());
const difference = 0.4;
const bias = image.reduce((sum, pixel, index) => sum + pixel * normal[index]!, 0) - difference;
const classifier = linear(dims, {
  rows: [normal, new Float64Array(pixels)],
  biases: Float64Array.of(-bias, 0),
});
const dual = { linf: 'l1', l2: 'l2', l1: 'linf' } as const;

describe.each(norms)('attacks of a linear classifier in %s', (norm) => {
  const least = difference / normOf(normal, dual[norm]);
  const attacks = (eps: number): [AttackSettings, slack: number][] => [
    [{ attack: 'fgsm', norm, eps }, 1e-4],
    [{ attack: 'pgd', norm, eps, steps: 100, stepSize: eps / 10, sparsity: [1, 1] }, 1e-3],
    [{ attack: 'apgd', norm, eps }, norm === 'l1' ? 0.05 : 1e-3],
    [{ attack: 'apgd', norm, eps, loss: 'dlr-targeted' }, norm === 'l1' ? 0.05 : 1e-3],
    [{ attack: 'fab', norm, eps }, 0.02],
    [{ attack: 'square', norm, eps, queries: 5000 }, { linf: 0.1, l2: 0.7, l1: 1.2 }[norm]],
  ];

  it.each(attacks(1).map(([settings, slack], index) => [settings.attack, slack, index] as const))(
    '%s breaks the point just above its distance (by %d) and never below',
    async (_, slack, index) => {
      const above = await attack(classifier, image, [0], attacks(least * (1 + slack))[index]![0]);
      expect([...above.standing]).toEqual([0]);
      expect(distance(above.images, image, norm)).toBeGreaterThan(least * (1 - 1e-4));
      const below = await attack(classifier, image, [0], attacks(least * (1 - 1e-4))[index]![0]);
      expect([...below.standing]).toEqual([1]);
    },
  );

  it('projected gradient descent goes on from a given image', async () => {
    const eps = least / 2;
    const towards = (share: number) => {
      const delta = linearMaximizer(
        Float32Array.from(normal, (slope) => -slope),
        image,
        norm,
        eps,
      );
      return image.map((pixel, index) => pixel + share * delta[index]!);
    };
    const settings: AttackSettings = { attack: 'pgd', norm, eps, steps: 1, stepSize: eps / 4, sparsity: [1, 1] };
    const { images } = await attack(classifier, image, [0], settings, { starts: towards(0.5) });
    const gain = (perturbed: Float32Array) =>
      perturbed.reduce((sum, pixel, at) => sum - normal[at]! * (pixel - image[at]!), 0);
    expect(gain(images) / gain(towards(0.75))).toBeCloseTo(1, 4);
  });

  it('the fast gradient method gains the most within the box too', () => {
    const center = image.map((pixel, index) => (index % 3 ? pixel : index % 2));
    const slopes = Float32Array.from(normal);
    const eps = { linf: 0.6, l2: 3, l1: 30 }[norm];
    const gain = (delta: Float64Array): number => delta.reduce((sum, value, at) => sum + value * slopes[at]!, 0);
    const best = linearMaximizer(slopes, center, norm, eps);
    expect(normOf(best, norm)).toBeLessThanOrEqual(eps * (1 + 1e-12));
    for (let round = 0; round < 200; ++round) {
      const size = 10 ** -(round % 4);
      const moved = best.map((value, at) => {
        const shifted = value + size * random.normal();
        return Math.min(1 - center[at]!, Math.max(-center[at]!, shifted));
      });
      const length = normOf(moved, norm);
      const within = moved.map((value) => value * Math.min(1, eps / length));
      expect(gain(within)).toBeLessThanOrEqual(gain(best) * (1 + 1e-9));
    }
  });
});

test('normalization outside the model has the gradients of the pixels', async () => {
  const outside = { mean: [0.4, 0.6], std: [0.2, 0.5] };
  const wrapped = normalized(classifier, outside);
  const inner = image.map((pixel, index) => {
    const channel = Math.floor(index / 64);
    return (pixel - outside.mean[channel]!) / outside.std[channel]!;
  });
  const expected = await classifier.logits(inner, 1);
  const { logits, gradient } = await wrapped.gradient(image, 1, () => Float32Array.of(1, 0));
  logits.forEach((logit, index) => expect(logit).toBeCloseTo(expected[index]!, 4));
  gradient.forEach((slope, index) =>
    expect(slope).toBeCloseTo(normal[index]! / outside.std[Math.floor(index / 64)]!, 4),
  );
  expect(() => normalized(classifier, { mean: [0], std: [0] })).toThrow('std is 0');
  expect(() => normalized(classifier, { mean: [0, 1, 2], std: [1] })).toThrow('mean is 0, 1, 2');
});
