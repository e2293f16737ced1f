import fc from 'fast-check';
import { native, type NativeLayer, type NativeWhitenedDecomposition } from '../../src/addon/native';
import { eigen } from './jacobi';
import { block, randomWeights } from './layers';
import { identity, secondMoment, solve, squareRoot, times, transpose, weightedNorm } from './matrices';

interface Whitening {
  readonly moments: Float64Array[];
  readonly fisher?: Float64Array[];
}

function concat(matrices: readonly Float64Array[]): Float64Array {
  return Float64Array.from(matrices.flatMap((matrix) => [...matrix]));
}

function decompose(weights: Float32Array, layer: NativeLayer, { moments, fisher }: Whitening, threads = 2) {
  return native().decomposeWhitened(weights, layer, threads, concat(moments), fisher && concat(fisher));
}

/** Moments of every channel and Fisher information of every group, of the given ranks. */
function randomWhitening(layer: NativeLayer, momentRank: number, fisherRank: number, seed: number): Whitening {
  const rows = layer.outputChannels / layer.groups;
  return {
    moments: Array.from({ length: layer.inputChannels }, (_, c) => secondMoment(layer.taps, momentRank, seed + c)),
    fisher: Array.from({ length: layer.groups }, (_, g) => secondMoment(rows, fisherRank, seed + 1000 + g)),
  };
}

function expectWhitened(
  weights: Float32Array,
  layer: NativeLayer,
  { moments, fisher }: Whitening,
  found: NativeWhitenedDecomposition,
): void {
  const { taps, inputChannels, groups } = layer;
  const rows = layer.outputChannels / groups;
  const rank = Math.min(rows, taps);
  expect(found.singularValues).toHaveLength(inputChannels * rank);
  expect(found.kernels).toHaveLength(inputChannels * rank * taps);
  for (let channel = 0; channel < inputChannels; ++channel) {
    const w = block(weights, layer, channel);
    const sigma = moments[channel]!;
    const h = fisher?.[Math.floor(channel / (inputChannels / groups))] ?? identity(rows);
    const a = times(times(squareRoot(h, rows), w, rows, rows), squareRoot(sigma, taps), rows, taps);
    const expected = eigen(times(transpose(a, rows), a, taps, rows), taps).values;
    const energy = a.reduce((sum, x) => sum + x * x, 0);
    const tolerance = 1e-8 * energy;

    const values = found.singularValues.subarray(channel * rank, (channel + 1) * rank);
    values.forEach((value, i) => expect(Math.abs(value * value - expected[i]!)).toBeLessThanOrEqual(tolerance));
    expect(values.every((value, i) => value >= 0 && (i === 0 || value <= values[i - 1]!))).toBe(true);

    const kernels = Array.from({ length: rank }, (_, i) =>
      found.kernels.subarray((channel * rank + i) * taps, (channel * rank + i + 1) * taps),
    );
    kernels.forEach((kernel, i) => {
      if (values[i] === 0) return expect([...kernel]).toEqual(new Array(taps).fill(0));
      expect(Math.abs(Math.hypot(...kernel) - 1)).toBeLessThan(1e-12);
      const largest = kernel.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      expect(kernel.find((x) => Math.abs(x) >= largest * (1 - 1e-9))).toBeGreaterThan(0);
    });

    // The first g kernels with the pointwise weights that fit best, W Σ Kᵀ (K Σ Kᵀ)⁻¹, leave the energy Σ_{i ≥ g} s².
    const significant = values.filter((value) => value * value > 1e-6 * energy).length;
    for (let g = 0; g <= significant; ++g) {
      const tail = values.subarray(g).reduce((sum, s) => sum + s * s, 0);
      const k = concat(kernels.slice(0, g));
      const delta = Float64Array.from(w);
      if (g > 0) {
        const covered = times(k, sigma, g, taps);
        const cross = times(covered, transpose(w, rows), g, taps);
        const pointwise = transpose(solve(times(covered, transpose(k, g), g, taps), cross, g), g);
        times(pointwise, k, rows, g).forEach((x, i) => (delta[i]! -= x));
      }
      expect(Math.abs(weightedNorm(delta, h, sigma, rows) - tail)).toBeLessThanOrEqual(tolerance);
    }
  }
}

const layers: [string, NativeLayer][] = [
  ['3×3', { outputChannels: 16, inputChannels: 5, taps: 9, groups: 1 }],
  ['M < K²', { outputChannels: 4, inputChannels: 3, taps: 9, groups: 1 }],
  ['M = 1', { outputChannels: 1, inputChannels: 4, taps: 9, groups: 1 }],
  ['C = 1', { outputChannels: 12, inputChannels: 1, taps: 9, groups: 1 }],
  ['one tap', { outputChannels: 6, inputChannels: 3, taps: 1, groups: 1 }],
  ['one of everything', { outputChannels: 1, inputChannels: 1, taps: 1, groups: 1 }],
  ['5×5', { outputChannels: 30, inputChannels: 2, taps: 25, groups: 1 }],
  ['7×7', { outputChannels: 20, inputChannels: 2, taps: 49, groups: 1 }],
  ['groups', { outputChannels: 12, inputChannels: 6, taps: 9, groups: 3 }],
  ['more channels than one product', { outputChannels: 6, inputChannels: 62, taps: 9, groups: 2 }],
];

describe('decomposeWhitened', () => {
  test.each(layers)('%s agrees with square roots by Jacobi rotations', async (_, layer) => {
    const weights = randomWeights(layer);
    const rows = layer.outputChannels / layer.groups;
    for (const whitening of [
      randomWhitening(layer, 3 * layer.taps, 3 * rows, 11),
      randomWhitening(layer, Math.ceil(layer.taps / 2), Math.ceil(rows / 2), 12),
      { moments: randomWhitening(layer, 2 * layer.taps, 1, 13).moments },
    ]) {
      expectWhitened(weights, layer, whitening, await decompose(weights, layer, whitening));
    }
  });

  test('random layers agree with square roots by Jacobi rotations', async () => {
    const sizes = fc.record({
      groups: fc.integer({ min: 1, max: 3 }),
      rows: fc.integer({ min: 1, max: 20 }),
      channels: fc.integer({ min: 1, max: 4 }),
      taps: fc.integer({ min: 1, max: 12 }),
      momentRank: fc.integer({ min: 0, max: 30 }),
      fisherRank: fc.integer({ min: 0, max: 40 }),
      seed: fc.nat(),
    });
    const property = fc.asyncProperty(sizes, async ({ groups, rows, channels, taps, momentRank, fisherRank, seed }) => {
      const layer = { outputChannels: rows * groups, inputChannels: channels * groups, taps, groups };
      const weights = randomWeights(layer, seed);
      const whitening = randomWhitening(layer, momentRank, fisherRank, seed);
      expectWhitened(weights, layer, whitening, await decompose(weights, layer, whitening, 1));
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test.each(layers)('%s with identities is decompose', async (_, layer) => {
    const weights = randomWeights(layer, 3);
    const rows = layer.outputChannels / layer.groups;
    const expected = await native().decompose(weights, layer, 1);
    const moments = new Array<Float64Array>(layer.inputChannels).fill(identity(layer.taps));
    const fisher = new Array<Float64Array>(layer.groups).fill(identity(rows));
    for (const whitening of [{ moments }, { moments, fisher }]) {
      const found = await decompose(weights, layer, whitening);
      expected.singularValues.forEach((value, i) =>
        expect(Math.abs(found.singularValues[i]! - value)).toBeLessThan(1e-6),
      );
      expected.rightVectors.forEach((x, i) => expect(Math.abs(found.kernels[i]! - x)).toBeLessThan(1e-6));
    }
  });

  test('a dead channel and directions without energy have no kernels, the others are as without them', async () => {
    const layer: NativeLayer = { outputChannels: 16, inputChannels: 3, taps: 9, groups: 1 };
    const weights = randomWeights(layer);
    const whitening = randomWhitening(layer, 30, 40, 5);
    const expected = await decompose(weights, layer, whitening);
    whitening.moments[0] = new Float64Array(81);
    whitening.moments[1] = secondMoment(9, 2, 6);
    const found = await decompose(weights, layer, whitening);
    expect([...found.singularValues.subarray(0, 9)]).toEqual(new Array(9).fill(0));
    expect([...found.kernels.subarray(0, 81)]).toEqual(new Array(81).fill(0));
    expect(found.singularValues[10]).toBeGreaterThan(0);
    expect([...found.singularValues.subarray(11, 18)]).toEqual(new Array(7).fill(0));
    expect(found.singularValues.subarray(18)).toEqual(expected.singularValues.subarray(18));
    expect(found.kernels.subarray(162)).toEqual(expected.kernels.subarray(162));
  });

  test('a direction with next to no energy counts as one without', async () => {
    const layer: NativeLayer = { outputChannels: 16, inputChannels: 1, taps: 9, groups: 1 };
    const weights = randomWeights(layer);
    const singular = secondMoment(9, 2, 6);
    const nearly = singular.map((x, i) => (i % 10 === 0 ? x + 1e-11 : x));
    const expected = await decompose(weights, layer, { moments: [singular] });
    const found = await decompose(weights, layer, { moments: [nearly] });
    expect(found.singularValues[1]).toBeGreaterThan(0);
    expect([...found.singularValues.subarray(2)]).toEqual(new Array(7).fill(0));
    expected.kernels.forEach((x, i) => expect(found.kernels[i]).toBeCloseTo(x, 6));
  });

  test('scales of the matrices scale the values and leave the kernels', async () => {
    const layer: NativeLayer = { outputChannels: 8, inputChannels: 2, taps: 9, groups: 1 };
    const weights = randomWeights(layer);
    const whitening = randomWhitening(layer, 30, 20, 8);
    const expected = await decompose(weights, layer, whitening);
    const scaled = {
      moments: whitening.moments.map((matrix) => matrix.map((x) => x * 2 ** 40)),
      fisher: whitening.fisher!.map((matrix) => matrix.map((x) => x * 2 ** -100)),
    };
    const found = await decompose(weights, layer, scaled);
    found.singularValues.forEach((value, i) => expect(value * 2 ** 30).toBeCloseTo(expected.singularValues[i]!, 9));
    found.kernels.forEach((x, i) => expect(x).toBeCloseTo(expected.kernels[i]!, 6));
  });

  test('moments that single precision has rounded are taken', async () => {
    const layer: NativeLayer = { outputChannels: 8, inputChannels: 2, taps: 9, groups: 1 };
    const weights = randomWeights(layer);
    const exact = randomWhitening(layer, 4, 5, 9);
    const rounded = { moments: exact.moments.map(rounding), fisher: exact.fisher!.map(rounding) };
    const [expected, found] = [await decompose(weights, layer, exact), await decompose(weights, layer, rounded)];
    found.singularValues.forEach((value, i) =>
      expect(Math.abs(value - expected.singularValues[i]!)).toBeLessThan(1e-2 * expected.singularValues[0]!),
    );
  });

  test('the number of threads changes nothing', async () => {
    const layer: NativeLayer = { outputChannels: 20, inputChannels: 70, taps: 9, groups: 2 };
    const weights = randomWeights(layer);
    const whitening = randomWhitening(layer, 12, 10, 4);
    const one = await decompose(weights, layer, whitening, 1);
    expect(await decompose(weights, layer, whitening, 5)).toEqual(one);
  });

  test('the arrays may change meanwhile', async () => {
    const layer: NativeLayer = { outputChannels: 64, inputChannels: 64, taps: 9, groups: 1 };
    const weights = randomWeights(layer);
    const { moments, fisher } = randomWhitening(layer, 12, 10, 4);
    const given = [concat(moments), concat(fisher!)] as const;
    const expected = await native().decomposeWhitened(weights, layer, 1, ...given);
    const pending = native().decomposeWhitened(weights, layer, 1, ...given);
    for (const array of [weights, ...given]) array.fill(NaN);
    expect(await pending).toEqual(expected);
  });

  const layer: NativeLayer = { outputChannels: 8, inputChannels: 4, taps: 9, groups: 2 };
  const weights = randomWeights(layer);
  const whitening = randomWhitening(layer, 20, 20, 2);
  const [moments, fisher] = [concat(whitening.moments), concat(whitening.fisher!)];

  const indefinite = identity(9);
  for (const i of [0, 1, 2]) for (const j of [0, 1, 2]) if (i !== j) indefinite[i * 9 + j] = -0.9;
  const badMoments: [string, Float64Array, RegExp][] = [
    ['NaN', identity(9).fill(NaN, 12, 13), /patch moment of channel 2 is not finite at \[1, 3\]/],
    ['infinite on the diagonal', identity(9).fill(Infinity, 10, 11), /channel 2 is not finite at \[1, 1\]/],
    ['not symmetric', identity(9).fill(0.5, 12, 13), /channel 2 is not symmetric at \[3, 1\]/],
    ['negative', identity(9).fill(-0.1, 10, 11), /channel 2 is negative at \[1, 1\]/],
    ['with a negative minor', identity(9).fill(2, 1, 2).fill(2, 9, 10), /channel 2 is indefinite at \[1, 0\]/],
    ['with a negative eigenvalue', indefinite, /channel 2 is not positive semidefinite/],
  ];
  test.each(badMoments)('a patch moment that is %s is named', async (_, bad, message) => {
    const given = Float64Array.from(moments);
    given.set(bad, 2 * 81);
    await expect(native().decomposeWhitened(weights, layer, 2, given, fisher)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      channel: 2,
      message: expect.stringMatching(message) as string,
    });
  });

  test('Fisher information that is none is named', async () => {
    const nan = Float64Array.from(fisher).fill(NaN, 18, 19);
    await expect(native().decomposeWhitened(weights, layer, 2, moments, nan)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      group: 1,
      message: 'the Fisher information of group 1 is not finite at [0, 2]',
    });
    const negative = Float64Array.from(fisher);
    for (const i of [0, 1, 2, 3]) for (const j of [0, 1, 2, 3]) negative[16 + i * 4 + j] = i === j ? 1 : -0.9;
    await expect(native().decomposeWhitened(weights, layer, 2, moments, negative)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      channel: 2,
      message: expect.stringMatching(/Fisher information of channel 2 is not positive semidefinite/) as string,
    });
  });

  test('weights that are not finite are named, products that overflow too', async () => {
    const bad = Float32Array.from(weights).fill(Infinity, 31, 32);
    await expect(native().decomposeWhitened(bad, layer, 1, moments)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      index: 31,
    });
    const huge = [moments, fisher].map((matrices) => matrices.map((x) => x * 1e200)) as [Float64Array, Float64Array];
    await expect(native().decomposeWhitened(weights, layer, 1, ...huge)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      channel: 0,
      message: expect.stringMatching(/too large/) as string,
    });
  });

  const refused: [string, unknown[], RegExp][] = [
    ['no moments', [], /patchMoments/],
    ['moments too few', [moments.subarray(1)], /patchMoments/],
    ['moments of another type', [Float32Array.from(moments)], /patchMoments/],
    ['Fisher information too large', [moments, new Float64Array(33)], /fisher/],
    ['Fisher information of another type', [moments, null], /fisher/],
  ];
  test.each(refused)('%s: refused', (_, given, message) => {
    const call = native().decomposeWhitened as (...given: unknown[]) => unknown;
    expect(() => call(weights, layer, 1, ...given)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringMatching(message) as string }) as Error,
    );
  });
});

function rounding(matrix: Float64Array): Float64Array {
  return Float64Array.from(Float32Array.from(matrix));
}
