import type { Classifier } from '../../src/robustness/classifier';
import { evaluate } from '../../src/robustness/evaluate';
import type { AttackSettings } from '../../src/robustness/settings';
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
