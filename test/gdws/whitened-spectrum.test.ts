import type { GdwsError } from '../../src/base/errors';
import { decompose } from '../../src/gdws/spectrum';
import { decomposeWhitened } from '../../src/gdws/whitened-spectrum';
import { randomWeights } from '../linalg/layers';
import { identity, secondMoment } from '../linalg/matrices';

const shape = { outputChannels: 12, inputChannels: 2, groups: 1, kernel: [3, 3] };
const weights = randomWeights({ outputChannels: 12, inputChannels: 2, taps: 9, groups: 1 });

test('patches and outputs without correlation have the spectrum of the weights', async () => {
  const moments = Float64Array.of(...identity(9), ...identity(9).map((x) => 4 * x));
  const fisher = identity(12).map((x) => 9 * x);
  const plain = await decompose(weights, shape, 1);
  const whitened = await decomposeWhitened({ weights, shape }, { patches: moments, fisher }, 1);
  expect(whitened.shape).toBe(shape);
  plain.singularValues.forEach((value, i) =>
    expect(whitened.singularValues[i]).toBeCloseTo(value * (i < 9 ? 3 : 6), 6),
  );
  plain.rightVectors.forEach((x, i) => expect(whitened.rightVectors[i]).toBeCloseTo(x, 6));
});

test('errors name the place', async () => {
  const moments = Float64Array.of(...secondMoment(9, 5, 1), ...identity(9).fill(-1));
  const place = { node: 'conv1', operator: 'Conv' };
  const refused = expect.objectContaining({ code: 'ARGUMENT_INVALID', ...place }) as GdwsError;
  await expect(decomposeWhitened({ weights, shape }, { patches: moments }, 1, place)).rejects.toEqual(refused);
  await expect(decomposeWhitened({ weights, shape }, { patches: moments.subarray(1) }, 1, place)).rejects.toEqual(
    refused,
  );
  await expect(decomposeWhitened({ weights, shape }, { patches: moments }, 1, place)).rejects.toThrow(
    "Conv 'conv1': the patch moment of channel 1 is negative at [0, 0].",
  );
});
