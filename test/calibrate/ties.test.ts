import { weightErrors } from '../../src';
import { classifier, difference, first, positiveKernels, small } from './subjects';

describe('ties', () => {
  test('pairs of equal logits are left out and counted, the others are what they are without them', async () => {
    // Both maps are positive: class 1 has the largest logit, and class 2 always the same.
    const tied = await weightErrors(
      classifier([
        [0, 1],
        [3, 2],
        [3, 2],
        [-1, 0],
      ]),
      small,
      first,
    );
    const apart = await weightErrors(
      classifier([
        [0, 1],
        [3, 2],
        [-1, 0],
      ]),
      small,
      first,
    );
    expect([tied.ties, apart.ties]).toEqual([6, 0]);
    expect(difference(tied.alpha, apart.alpha)).toBeLessThan(1e-6);
  });

  test('logits that differ by rounding only do not decide', async () => {
    // Both maps are the same, so that the logits nearly are, but not their gradients.
    const kernel = positiveKernels.data.slice(0, 18);
    const kernels = { ...positiveKernels, data: Float32Array.of(...kernel, ...kernel) };
    const rows = [
      [0, 1],
      [3, 2],
      [2, 3 - 2 ** -20],
    ];
    const nearly = await weightErrors(classifier(rows, { kernels }), small, first);
    expect(nearly.ties).toBe(6);
    const blown = await weightErrors(classifier(rows, { kernels }), small, { ...first, tieTolerance: 0 });
    expect(blown.ties).toBe(0);
    expect(Math.max(...blown.alpha.get('conv')!)).toBeGreaterThan(1e6 * Math.max(...nearly.alpha.get('conv')!));
  });

  test('where all logits tie there is no α', async () => {
    await expect(
      weightErrors(
        classifier([
          [0, 0],
          [0, 0],
        ]),
        small,
        first,
      ),
    ).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', remedy: '6 pairs of logits tie.' });
  });
});

test('rivals limits the classes to those of the largest logits', async () => {
  // The last class is always the farthest.
  const limited = await weightErrors(
    classifier([
      [0, 1],
      [3, 2],
      [-9, -9],
    ]),
    small,
    { ...first, rivals: 1 },
  );
  const two = await weightErrors(
    classifier([
      [0, 1],
      [3, 2],
    ]),
    small,
    first,
  );
  expect(difference(limited.alpha, two.alpha)).toBeLessThan(1e-6);
});
