import { attack } from '../../src/robustness/attack';
import type { Classifier, LogitsClassifier } from '../../src/robustness/classifier';
import { evaluate } from '../../src/robustness/evaluate';
import { normalized } from '../../src/robustness/normalized';
import type { AttackSettings } from '../../src/robustness/settings';
import { leastOf } from '../../src/robustness/ways';
import { linear } from './classifiers';

/** Two classes of one-pixel-wide images: which side of a threshold the first pixel is on. */
const threshold = (at: number, sharpness = 1): Classifier =>
  linear([1, 1, 2], {
    rows: [Float64Array.of(sharpness, 0), Float64Array.of(0, 0)],
    biases: Float64Array.of(-at * sharpness, 0),
  });
const values = [0.9, 0.7, 0.62, 0.58, 0.45, 0.3, 0.1];
const images = Float32Array.from(values.flatMap((value) => [value, 0.5]));
const labels = [0, 0, 0, 0, 0, 1, 1];
const settings: AttackSettings = { attack: 'pgd', norm: 'linf', eps: 0.1 };

describe('evaluate', () => {
  it('counts what is right and what stands, and compares point by point', async () => {
    const { candidates, comparisons, transfers } = await evaluate(
      [
        { name: 'half', classifier: threshold(0.5) },
        { name: 'higher', classifier: threshold(0.65) },
      ],
      images,
      labels,
      settings,
      { transfer: true },
    );
    const [half, higher] = candidates;
    // Right: all but 0.45; within 0.1 of 0.5: 0.58.
    expect(half).toMatchObject({ natural: { successes: 6, trials: 7 }, robust: { successes: 5 } });
    expect([...half!.standing]).toEqual([1, 1, 1, 0, 0, 1, 1]);
    // Right: 0.9, 0.7, 0.3, 0.1; within 0.1 of 0.65: 0.7.
    expect(higher).toMatchObject({ natural: { successes: 4 }, robust: { successes: 3 } });
    expect(comparisons).toEqual([
      {
        from: 'half',
        to: 'higher',
        natural: { lost: 2, gained: 0, pValue: 0.5 },
        robust: { lost: 2, gained: 0, pValue: 0.5 },
      },
    ]);
    expect(transfers.map(({ madeOn, triedOn }) => [madeOn, triedOn])).toEqual([
      ['half', 'higher'],
      ['higher', 'half'],
    ]);
    // 0.7, which breaks 'higher' at 0.6, is still right for 'half'.
    expect(transfers[1]!.transferred).toMatchObject({ successes: 0, trials: 1 });
    expect(half!.imagesPerSecond).toBeGreaterThan(0);
  });

  it('without an attack counts natural accuracy alone, with no gradient', async () => {
    const natural = (name: string, at: number) => {
      const both = threshold(at);
      const { classes, imageDims } = both;
      return { name, classifier: { classes, imageDims, logits: both.logits.bind(both) } };
    };
    const seen: [number, number][] = [];
    const found = await evaluate([natural('half', 0.5), natural('higher', 0.65)], images, labels, undefined, {
      batchSize: 4,
      onProgress: ({ done, broken }) => seen.push([done, broken]),
    });
    expect(found.candidates).toMatchObject([{ natural: { successes: 6 } }, { natural: { successes: 4 } }]);
    expect(found.candidates[0]!.passes).toEqual({ forward: 7, backward: 0 });
    expect(found.candidates[0]).not.toHaveProperty('robust');
    expect(found.comparisons).toEqual([{ from: 'half', to: 'higher', natural: { lost: 2, gained: 0, pValue: 0.5 } }]);
    // Of the first four the second gets two wrong.
    expect(seen.slice(0, 3)).toEqual([[4, 0], [7, 1], [4, 2]]); // prettier-ignore
    const transfer = evaluate([natural('half', 0.5)], images, labels, undefined, { transfer: true });
    await expect(transfer).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  it('reports whose turn it is', async () => {
    const seen = new Set<string>();
    const candidates = ['a', 'b'].map((name) => ({ name, classifier: threshold(0.5) }));
    await evaluate(candidates, images, labels, settings, { onProgress: ({ classifier }) => seen.add(classifier) });
    expect([...seen]).toEqual(['a', 'b']);
  });

  it('gives a classifier no more images at once than it takes', async () => {
    const classifier = threshold(0.5);
    const counts = new Set<number>();
    const single: Classifier = {
      ...classifier,
      mostImages: 1,
      logits: (part, count) => (counts.add(count), classifier.logits(part, count)),
      gradient: (part, count, cotangent) => (counts.add(count), classifier.gradient(part, count, cotangent)),
    };
    const candidates = [classifier, single].map((one, index) => ({ name: String(index), classifier: one }));
    const [free, bound] = (await evaluate(candidates, images, labels, settings, { transfer: true })).candidates;
    expect([...counts]).toEqual([1]);
    expect(bound!.standing).toEqual(free!.standing);
  });

  it('names bad input of any classifier before the first is attacked', async () => {
    const asked = jest.fn();
    const first: Classifier = { ...threshold(0.5), logits: asked };
    const second: Classifier = { ...threshold(0.5), classes: 1 };
    const candidates = [first, second].map((classifier, index) => ({ name: String(index), classifier }));
    await expect(evaluate(candidates, images, labels, settings)).rejects.toThrow('label 1');
    expect(asked).not.toHaveBeenCalled();
    await expect(evaluate([], images, labels, settings)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});

describe('a quantized classifier', () => {
  /** Its gradients are hidden altogether. */
  const masked: Classifier = {
    ...threshold(0.5),
    quantized: true,
    async gradient(given, count, cotangent) {
      const logits = await this.logits(given, count);
      cotangent(logits);
      return { logits, gradient: new Float32Array(given.length) };
    },
  };
  const pgd: AttackSettings = { attack: 'pgd', norm: 'linf', eps: 0.1, steps: 5, randomStart: false };
  const broken = [1, 1, 1, 0, 0, 1, 1];
  const unbroken = [1, 1, 1, 1, 0, 1, 1];
  const outcomes = (found: { candidates: readonly { ways: readonly object[] }[] }) =>
    found.candidates.map(({ ways }) => ways.map((way) => ({ ...way, standing: [...(way as { standing: Uint8Array }).standing], robust: 0 }))); // prettier-ignore
  const way = { attack: 'pgd', norm: 'linf', madeOn: undefined as string | undefined, robust: 0 };

  it('must withstand Square besides an attack by gradients, and the least counts', async () => {
    const seen = new Set<string>();
    const found = await evaluate([{ name: 'rounded', classifier: masked }], images, labels, pgd, {
      onProgress: ({ classifier, attack: made }) => seen.add(`${classifier} ${made}`),
    });
    expect(outcomes(found)).toEqual([[{ ...way, standing: unbroken }, { ...way, attack: 'square', standing: broken }]]); // prettier-ignore
    const [report] = found.candidates;
    expect(report!.ways.map(({ robust }) => robust.successes)).toEqual([6, 5]);
    expect(report!.robust).toMatchObject({ successes: 5, trials: 7 });
    expect([...report!.standing]).toEqual(broken);
    // The image of 0.58 is that which Square found, the others are those of the attack.
    expect(report!.images[6]).toBeLessThan(0.5);
    expect([...report!.images.subarray(0, 6)]).toEqual([...images.subarray(0, 6)]);
    // 5 gradients for each of 6 images, and no more by Square.
    expect(report!.passes.backward).toBe(30);
    expect(report!.passes.forward).toBeGreaterThan(5000);
    expect([...seen]).toEqual(['rounded pgd', 'rounded square']);
  });

  it('must withstand images of the networks of floats beside it, and of further ones', async () => {
    const others = { transferFrom: [{ name: 'further', classifier: threshold(0.45) }], squareQueries: 1 };
    const [dense, coarse] = [threshold(0.5), { ...masked }];
    const found = await evaluate(
      [
        { name: 'rounded', classifier: masked },
        { name: 'dense', classifier: dense },
        { name: 'coarse', classifier: coarse },
      ],
      images,
      labels,
      pgd,
      others,
    );
    const [rounded, float, other] = found.candidates;
    // 0.58 is not broken where the threshold is 0.45; but what comes nearest to it is past 0.5.
    expect(rounded!.ways.map(({ attack: made, madeOn }) => [made, madeOn])).toEqual([
      ['pgd', undefined],
      ['pgd', 'further'],
      ['pgd', 'dense'],
      ['square', undefined],
    ]);
    expect(rounded!.ways.slice(0, 3).map(({ standing }) => [...standing])).toEqual([unbroken, broken, broken]);
    expect(rounded!.robust.successes).toBe(5);
    // A network of floats beside it, as well by what needs no gradient.
    expect(float!.ways.map(({ attack: made, madeOn }) => [made, madeOn])).toEqual([
      ['pgd', undefined],
      ['pgd', 'further'],
      ['square', undefined],
    ]);
    expect(other!.ways.map(({ madeOn }) => madeOn)).toEqual([undefined, 'further', 'dense', undefined]);
    expect(found.comparisons[0]).toMatchObject({ to: 'dense', robust: { lost: 0, gained: 0 } });
  });

  it('gets images of a network of floats that were attacked to the end', async () => {
    // The image of 0.55 breaks a threshold of 0.5 by its first steps, and one of 0.46 only by its last.
    const one = Float32Array.of(0.55, 0.5);
    const below = threshold(0.46);
    const lower: Classifier = { ...masked, logits: (given, count) => below.logits(given, count) };
    const candidates = [{ name: 'dense', classifier: threshold(0.5) }, { name: 'rounded', classifier: lower }]; // prettier-ignore
    const small = { ...pgd, steps: 10, stepSize: 0.02 } as AttackSettings;
    const found = await evaluate(candidates, one, [0], small, { squareQueries: 1 });
    expect(found.candidates[1]!.ways[1]!.robust.successes).toBe(0);
    expect(found.candidates[0]!.robust.successes).toBe(0);
    const early = await evaluate(candidates, one, [0], { ...small, earlyStop: true } as AttackSettings);
    expect(early.candidates[1]!.ways[1]!.robust.successes).toBe(1);
  });

  it('is not credited with images that only an attack makes right', async () => {
    // Of the opposite classifier, which gets 0.45 right, the images are brighter: 0.55.
    const transferFrom = [{ name: 'opposite', classifier: threshold(0.5, -1) }];
    const rounded = [{ name: 'rounded', classifier: masked }];
    const found = await evaluate(rounded, images, labels, pgd, { transferFrom, squareQueries: 1 });
    expect([...found.candidates[0]!.ways[1]!.standing]).toEqual(unbroken);
  });

  it('is no source of itself', async () => {
    const candidates = [{ name: 'dense', classifier: threshold(0.5) }];
    const found = await evaluate(candidates, images, labels, pgd, { transferFrom: candidates });
    expect(found.candidates[0]!.ways).toHaveLength(1);
  });

  it('needs no other attack beside those without gradients', async () => {
    const candidates = [{ name: 'rounded', classifier: masked }, { name: 'dense', classifier: threshold(0.5) }]; // prettier-ignore
    const waysUnder = async (settings: AttackSettings) =>
      (await evaluate(candidates, images, labels, settings)).candidates[0]!.ways.map(({ attack: made, norm, madeOn }) => `${made} ${norm} ${madeOn}`); // prettier-ignore
    const queries = 20;
    expect(await waysUnder({ attack: 'square', norm: 'l2', eps: 0.1, queries })).toEqual(['square l2 undefined']);
    expect(await waysUnder({ attack: 'autoattack', norm: 'linf', eps: 0.1, steps: 3, queries })).toEqual([
      'autoattack linf undefined',
      'autoattack linf dense',
    ]);
    const eps = { linf: 0.1, l2: 0.1, l1: 0.1 };
    expect(await waysUnder({ attack: 'msd', eps, steps: 2 })).toEqual([
      'msd undefined undefined',
      'msd undefined dense',
      ...['linf', 'l2', 'l1'].map((norm) => `square ${norm} undefined`),
    ]);
  });

  it('stays quantized where its images are normalized', () => {
    expect(normalized(masked, { mean: [0], std: [1] }).quantized).toBe(true);
    expect(normalized(threshold(0.5), { mean: [0], std: [1] }).quantized).toBeUndefined();
  });

  it('is broken by the first way that breaks it, image by image', () => {
    const found = (standing: number[], pixel: number) => ({
      ...{ attack: 'pgd' as const, standing: Uint8Array.from(standing), images: new Float32Array(8).fill(pixel) },
    });
    const least = leastOf([found([1, 0, 1, 1], 1), found([1, 0, 0, 1], 2), found([0, 0, 0, 1], 3)], 2);
    expect([...least.standing]).toEqual([0, 0, 0, 1]);
    expect([...least.images]).toEqual([3, 3, 1, 1, 2, 2, 1, 1]);
  });

  it('names what asks for attacks that there are not', async () => {
    const dense = [{ name: 'dense', classifier: threshold(0.5) }];
    await expect(evaluate(dense, images, labels, pgd, { squareQueries: 9 })).rejects.toThrow('pgd needs no square');
    await expect(evaluate(dense, images, labels, undefined, { transferFrom: dense })).rejects.toThrow('transferFrom');
    const wide = [{ name: 'wide', classifier: { ...threshold(0.5), imageDims: [1, 1, 3] } }];
    await expect(evaluate(dense, images, labels, pgd, { transferFrom: wide })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
    });
  });
});

describe('a classifier without gradients', () => {
  const whole = threshold(0.5);
  const { classes, imageDims } = whole;
  const black: LogitsClassifier = { classes, imageDims, logits: (given, count) => whole.logits(given, count) };

  it('is attacked by Square', async () => {
    const settings = { attack: 'square', norm: 'linf', eps: 0.1, queries: 200 } as const;
    const { standing } = await attack(black, images, labels, settings);
    const { candidates } = await evaluate([{ name: 'it', classifier: black }], images, labels, settings);
    expect([...standing]).toEqual([1, 1, 1, 0, 0, 1, 1]);
    expect(candidates[0]!.standing).toEqual(standing);
  });

  it('is refused by the others', async () => {
    const asked = jest.fn();
    const first: Classifier = { ...threshold(0.5), logits: asked };
    const candidates = [first, black as Classifier].map((classifier, index) => ({ name: String(index), classifier }));
    await expect(evaluate(candidates, images, labels, settings)).rejects.toThrow('pgd needs gradients');
    await expect(attack(black as Classifier, images, labels, settings)).rejects.toThrow('pgd needs gradients');
    expect(asked).not.toHaveBeenCalled();
  });
});
