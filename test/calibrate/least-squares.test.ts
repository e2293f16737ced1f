import { leastSquares } from '../../src/calibrate/least-squares';
import type { GdwsError } from '../../src/errors';
import { identity } from '../linalg/matrices';

const regression = { features: 3, outputs: 2, gram: identity(3), cross: Float64Array.of(1, 2, 3, 4, 5, 6) };

test('features without correlation: the cross moment over 1 + ridge', async () => {
  const weights = await leastSquares(regression, 1, 1);
  [...weights].forEach((x, i) => expect(x).toBeCloseTo((i + 1) / 2, 12));
});

test('errors name the place', async () => {
  const place = { node: 'conv1', operator: 'Conv' };
  const gram = identity(3).fill(NaN, 4, 5);
  await expect(leastSquares({ ...regression, gram }, 0, 1, place)).rejects.toThrow(
    "Conv 'conv1': the Gram matrix is not finite at [1, 1].",
  );
  await expect(leastSquares({ ...regression, outputs: 3 }, 0, 1, place)).rejects.toEqual(
    expect.objectContaining({ code: 'ARGUMENT_INVALID', ...place }) as GdwsError,
  );
});
