import { attack, type AttackOptions } from '../../src/robustness/attack';
import type { Classifier } from '../../src/robustness/classifier';
import { distance, norms, type Norm } from '../../src/robustness/norm';
import type { AttackSettings } from '../../src/robustness/settings';
import { toyProblem } from './classifiers';

/** Bounds at which attacks break some points of the toy problem and leave others. */
const bounds: Record<Norm, number> = { linf: 0.05, l2: 0.42, l1: 1.6 };

const everyAttack = (norm: Norm, eps: number): AttackSettings[] => [
  { attack: 'fgsm', norm, eps },
  { attack: 'pgd', norm, eps, steps: 20 },
  { attack: 'pgd', norm, eps, steps: 10, restarts: 2, randomStart: false, earlyStop: false, loss: 'dlr' },
  { attack: 'apgd', norm, eps, steps: 30 },
  { attack: 'apgd', norm, eps, steps: 20, loss: 'dlr', largerEps: true },
  { attack: 'apgd', norm, eps, steps: 20, loss: 'dlr-targeted', targets: 3 },
  { attack: 'fab', norm, eps, steps: 15, targets: 3, restarts: 2 },
  { attack: 'square', norm, eps, queries: 100 },
  { attack: 'autoattack', norm, eps, steps: 15, queries: 50 },
];

const brokenBy = async (problem: ReturnType<typeof toyProblem>, settings: AttackSettings, options?: AttackOptions) => {
  const { standing } = await attack(problem.classifier, problem.images, problem.labels, settings, options);
  return standing.filter((stands) => !stands).length;
};

async function rightAbout(classifier: Classifier, images: Float32Array, labels: Uint8Array): Promise<Uint8Array> {
  const logits = await classifier.logits(images, labels.length);
  return labels.map((label, image) => {
    const row = logits.subarray(image * classifier.classes, (image + 1) * classifier.classes);
    return row.indexOf(Math.max(...row)) === label ? 1 : 0;
  });
}

describe.each(norms)('every attack in %s', (norm) => {
  const problem = toyProblem(18);
  const { classifier, images, labels } = problem;
  const size = images.length / labels.length;

  it.each(everyAttack(norm, bounds[norm]).map((settings) => [JSON.stringify(settings), settings] as const))(
    'keeps the bound and the box, and reports what stands: %s',
    async (_, settings) => {
      const result = await attack(classifier, images, labels, settings, { seed: 3 });
      expect(result.images.every((pixel) => pixel >= 0 && pixel <= 1)).toBe(true);
      for (let image = 0; image < labels.length; ++image) {
        const [begin, end] = [image * size, (image + 1) * size];
        const moved = distance(result.images.subarray(begin, end), images.subarray(begin, end), norm);
        // Rounding to float32 goes towards the image, so only double precision's own rounding is allowed for.
        expect(moved).toBeLessThanOrEqual(bounds[norm] * (1 + 1e-12));
        if (!result.correct[image]) expect(moved).toBe(0);
      }
      expect(result.correct).toEqual(await rightAbout(classifier, images, labels));
      expect(result.standing).toEqual(await rightAbout(classifier, result.images, labels));
      expect(result.passes.forward).toBeGreaterThan(0);
    },
  );

  // Nothing may move; and everything may, so that the box alone bounds it.
  it.each([0, { linf: 1, l2: Math.sqrt(108), l1: 108 }[norm]])('keeps a bound of %d', async (eps) => {
    for (const settings of everyAttack(norm, eps)) {
      const result = await attack(classifier, images, labels, settings, { seed: 4 });
      expect(result.images.every((pixel) => pixel >= 0 && pixel <= 1)).toBe(true);
      if (eps === 0) {
        expect(result.images).toEqual(images);
        expect(result.standing).toEqual(result.correct);
      } else expect(result.standing).toEqual(await rightAbout(classifier, result.images, labels));
    }
  });

  it('takes steps that are longer than the bound', async () => {
    const eps = bounds[norm];
    const result = await attack(classifier, images, labels, { attack: 'pgd', norm, eps, stepSize: 5 * eps, steps: 5 });
    for (let image = 0; image < labels.length; ++image) {
      const [one, other] = [result.images, images].map((all) => all.subarray(image * size, (image + 1) * size));
      expect(distance(one!, other!, norm)).toBeLessThanOrEqual(eps * (1 + 1e-12));
    }
  });

  it('breaks more the stronger it is', async () => {
    const eps = bounds[norm];
    const larger = toyProblem(48);
    const fgsm = await brokenBy(larger, { attack: 'fgsm', norm, eps });
    // Sparse enough for images of 108 pixels: the default is made for some thousands.
    const pgd = await brokenBy(larger, { attack: 'pgd', norm, eps, sparsity: [1, 3] });
    const suite = await brokenBy(larger, { attack: 'autoattack', norm, eps, steps: 60, queries: 100 });
    expect(fgsm).toBeGreaterThan(0);
    expect(pgd).toBeGreaterThanOrEqual(fgsm);
    expect(suite).toBeGreaterThanOrEqual(pgd);
    expect(suite).toBeLessThan(48);
  });

  it('finds as much by targeted DLR and FAB where cross entropy has no gradient', async () => {
    const eps = bounds[norm];
    const [plain, masked] = [toyProblem(18), toyProblem(18, { scale: 1e3 })];
    const ce: AttackSettings = { attack: 'pgd', norm, eps, randomStart: false, steps: 20 };
    expect(await brokenBy(masked, ce)).toBeLessThan(await brokenBy(plain, ce));
    for (const settings of [
      { attack: 'apgd', norm, eps, loss: 'dlr-targeted', targets: 5, steps: 40 },
      { attack: 'fab', norm, eps, targets: 5, steps: 40 },
      { attack: 'autoattack', norm, eps, steps: 30, queries: 20 },
    ] satisfies AttackSettings[]) {
      const [ofPlain, ofMasked] = [await brokenBy(plain, settings), await brokenBy(masked, settings)];
      expect(Math.abs(ofPlain - ofMasked)).toBeLessThanOrEqual(settings.attack === 'fab' ? 1 : 0);
    }
  });
});

describe('msd', () => {
  const eps = { linf: 0.04, l2: 0.33, l1: 1.4 };

  it('stays in one of the balls, and breaks about what PGD breaks in any of them', async () => {
    const { classifier, images, labels } = toyProblem(36);
    const size = images.length / labels.length;
    const result = await attack(classifier, images, labels, { attack: 'msd', eps, restarts: 2 });
    for (let image = 0; image < labels.length; ++image) {
      const [one, other] = [result.images, images].map((all) => all.subarray(image * size, (image + 1) * size));
      expect(norms.some((norm) => distance(one!, other!, norm) <= eps[norm] * (1 + 1e-12))).toBe(true);
    }
    const broken = result.standing.filter((stands) => !stands).length;
    for (const norm of norms) {
      const alone = await brokenBy(toyProblem(36), { attack: 'pgd', norm, eps: eps[norm], steps: 50 });
      expect(broken).toBeGreaterThanOrEqual(alone - 1);
    }
  });
});

describe('a run', () => {
  const { classifier, images, labels } = toyProblem(20);
  const size = images.length / labels.length;

  it.each([
    ['pgd', { attack: 'pgd', norm: 'l1', eps: 2, steps: 10 }],
    ['autoattack', { attack: 'autoattack', norm: 'linf', eps: 0.04, steps: 10, queries: 40 }],
    ['msd', { attack: 'msd', eps: { linf: 0.03, l2: 0.3, l1: 2 }, steps: 10, restarts: 2 }],
  ] satisfies [string, AttackSettings][])(
    'of %s is repeated by its seed, however it is batched',
    async (_, settings) => {
      const run = (options: AttackOptions) => attack(classifier, images, labels, settings, options);
      const one = await run({ seed: 5 });
      expect((await run({ seed: 5, batchSize: 3 })).images).toEqual(one.images);
      expect((await run({ seed: 6 })).images).not.toEqual(one.images);
      const rest = await attack(classifier, images.subarray(7 * size), labels.subarray(7), settings, { seed: 5, firstImage: 7 }); // prettier-ignore
      expect(rest.images).toEqual(one.images.subarray(7 * size));
    },
  );

  it('stops by its signal', async () => {
    const controller = new AbortController();
    let calls = 0;
    const running = attack(classifier, images, labels, { attack: 'square', norm: 'linf', eps: 0.01 }, {
      signal: controller.signal,
      onProgress: () => ++calls === 5 && controller.abort(),
    }); // prettier-ignore
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    expect(calls).toBe(5);
  });

  it('leaves alone what is misclassified already', async () => {
    const wrong = labels.map((label) => (label + 1) % 6);
    const result = await attack(classifier, images, wrong, { attack: 'autoattack', norm: 'l2', eps: 0.5 });
    expect(result.images).toEqual(images);
    expect([...result.standing, ...result.correct]).toEqual(Array(40).fill(0));
    expect(result.passes).toEqual({ forward: 20, backward: 0 });
  });

  it('reports its progress', async () => {
    const seen: [number, number][] = [];
    const settings: AttackSettings = { attack: 'pgd', norm: 'linf', eps: '8/255', steps: 3 };
    await attack(classifier, images, labels, settings, { onProgress: ({ done, total }) => seen.push([done, total]) });
    expect(seen[0]).toEqual([0, 20]);
    expect(seen.at(-1)).toEqual([20, 20]);
  });
});

describe('bad input', () => {
  const { classifier, images, labels } = toyProblem(3);
  const idle: Classifier = {
    ...classifier,
    logits: () => Promise.reject(new Error('asked')),
    gradient: () => Promise.reject(new Error('asked')),
  };
  const cases: [string, object][] = [
    ['eps is NaN', { attack: 'pgd', norm: 'linf', eps: NaN }],
    ['eps is -0.1', { attack: 'msd', eps: { linf: -0.1, l2: 1, l1: 1 } }],
    ['stepSize is NaN', { attack: 'pgd', norm: 'l2', eps: 1, stepSize: NaN }],
    ['stepSize.l2 is -1', { attack: 'msd', eps: { linf: 0.1, l2: 1, l1: 1 }, stepSize: { l2: -1 } }],
    ["eps is '-1/255'", { attack: 'pgd', norm: 'linf', eps: '-1/255' }],
    ['eps is 8', { attack: 'fgsm', norm: 'linf', eps: 8 }],
    ['eps is 11 in l2', { attack: 'apgd', norm: 'l2', eps: 11 }],
    ['eps is 200 in l1', { attack: 'square', norm: 'l1', eps: 200 }],
    ['eps is missing', { attack: 'autoattack', norm: 'l1' }],
    ['stepSize is 0', { attack: 'pgd', norm: 'linf', eps: 0.1, stepSize: 0 }],
    ['steps is 0', { attack: 'fab', norm: 'linf', eps: 0.1, steps: 0 }],
    ['steps is 1.5', { attack: 'apgd', norm: 'linf', eps: 0.1, steps: 1.5 }],
    ['restarts is 0', { attack: 'pgd', norm: 'linf', eps: 0.1, restarts: 0 }],
    ["norm is 'l3'", { attack: 'pgd', norm: 'l3', eps: 0.1 }],
    ["no attack 'psd'", { attack: 'psd', norm: 'l2', eps: 0.1 }],
    ["fgsm has no setting 'steps'", { attack: 'fgsm', norm: 'l2', eps: 0.1, steps: 3 }],
    ['eps of msd is 0.3', { attack: 'msd', eps: 0.3 }],
    ['eps is missing', { attack: 'msd', eps: { linf: 0.3, l2: 1 } }],
    ['sparsity is [5,2]', { attack: 'pgd', norm: 'l1', eps: 1, sparsity: [5, 2] }],
  ];
  it.each(cases)('is named before any work: %s', async (message, settings) => {
    const running = attack(idle, images, labels, settings as AttackSettings);
    await expect(running).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    await expect(running).rejects.toThrow(message);
  });

  it('is named for labels and pixels', async () => {
    const settings: AttackSettings = { attack: 'pgd', norm: 'l2', eps: 1 };
    await expect(attack(idle, images, [0, 1, 6], settings)).rejects.toThrow('image 2 has label 6');
    await expect(attack(idle, images, [0, 1], settings)).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    for (const pixel of [1.5, -0.1, NaN]) {
      const spoilt = images.with(120, pixel);
      await expect(attack(idle, spoilt, labels, settings)).rejects.toThrow('image 1 has a pixel of');
    }
  });
});
