import fc from 'fast-check';
import { native } from '../../src/addon/native';
import { seeded } from './layers';
import { identity, secondMoment, solve, times, transpose } from './matrices';

function randomMatrix(rows: number, columns: number, seed: number): Float64Array {
  const random = seeded(seed);
  return Float64Array.from({ length: rows * columns }, () => random() * 2 - 1);
}

/** tr(P G Pᵀ) - 2 tr(P Cᵀ) */
function objective(p: Float64Array, gram: Float64Array, cross: Float64Array, features: number): number {
  const product = times(p, gram, p.length / features, features);
  return p.reduce((sum, x, i) => sum + x * (product[i]! - 2 * cross[i]!), 0);
}

function meanOfDiagonal(gram: Float64Array, features: number): number {
  const diagonal = Array.from({ length: features }, (_, i) => gram[i * features + i]!).filter((x) => x > 0);
  return diagonal.reduce((sum, x) => sum + x, 0) / diagonal.length;
}

/** C (G + λI)⁻¹ by Gaussian elimination. */
function direct(gram: Float64Array, cross: Float64Array, features: number, ridge: number): Float64Array {
  const added = ridge * meanOfDiagonal(gram, features);
  const regularized = gram.map((x, i) => (i % (features + 1) === 0 ? x + added : x));
  return transpose(solve(regularized, transpose(cross, cross.length / features), features), features);
}

/** The largest |P (G + λI) - C| over what its sums add up: the rounding of float64, however ill-conditioned G is. */
function residual(p: Float64Array, gram: Float64Array, cross: Float64Array, features: number, ridge: number): number {
  const added = ridge * meanOfDiagonal(gram, features);
  const regularized = gram.map((x, i) => (i % (features + 1) === 0 ? x + added : x));
  const left = times(p, regularized, cross.length / features, features);
  const size = Math.max(...p.map(Math.abs)) * Math.max(...regularized.map(Math.abs)) * features;
  return left.reduce((worst, x, i) => Math.max(worst, Math.abs(x - cross[i]!)), 0) / size;
}

function expectClose(found: Float64Array, expected: Float64Array, relative: number): void {
  expect(found).toHaveLength(expected.length);
  const scale = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-300);
  const worst = expected.reduce((most, x, i) => Math.max(most, Math.abs(x - found[i]!)), 0);
  expect(worst / scale).toBeLessThan(relative);
}

describe('leastSquares', () => {
  // Panels of 128 features, tiles of 256 features and 256 outputs.
  test.each([
    [1, 1],
    [3, 5],
    [64, 7],
    [127, 2],
    [128, 2],
    [129, 2],
    [300, 3],
    [385, 1],
    [20, 300],
  ])('%i features and %i outputs agree with Gaussian elimination', async (features, outputs) => {
    const gram = secondMoment(features, 2 * features + 3, features);
    const cross = randomMatrix(outputs, features, outputs);
    const given = [Float64Array.from(gram), Float64Array.from(cross)];
    for (const ridge of [0, 1e-3, 2]) {
      const found = await native().leastSquares(gram, cross, features, outputs, ridge, 2);
      expectClose(found, direct(gram, cross, features, ridge), 1e-9);
    }
    expect([gram, cross]).toEqual(given);
  });

  test('random regressions solve their equations as well as float64 can', async () => {
    const sizes = fc.record({
      features: fc.integer({ min: 1, max: 40 }),
      outputs: fc.integer({ min: 1, max: 20 }),
      rank: fc.integer({ min: 1, max: 60 }),
      ridge: fc.double({ min: 1e-4, max: 10, noNaN: true }),
      seed: fc.nat(),
    });
    const property = fc.asyncProperty(sizes, async ({ features, outputs, rank, ridge, seed }) => {
      const gram = secondMoment(features, rank, seed);
      const cross = randomMatrix(outputs, features, seed + 1);
      const found = await native().leastSquares(gram, cross, features, outputs, ridge, 1);
      expect(residual(found, gram, cross, features, ridge)).toBeLessThan(1e-12);
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test.each([0, 1e-12, 1e-6])(
    'a singular Gram matrix and ridge %d: the least error, by finite weights',
    async (ridge) => {
      const [features, outputs] = [200, 4];
      const gram = secondMoment(features, 50, 3);
      const weights = randomMatrix(outputs, features, 4);
      const cross = times(weights, gram, outputs, features);
      const found = await native().leastSquares(gram, cross, features, outputs, ridge, 2);
      const least = objective(weights, gram, cross, features);
      expect(Math.abs(objective(found, gram, cross, features) / least - 1)).toBeLessThan(1e-5);
      expect(Math.hypot(...found)).toBeLessThan(Math.hypot(...weights) * 1.01);
    },
  );

  test('a feature given twice shares its weight', async () => {
    const gram = Float64Array.of(2, 1, 2, 1, 3, 1, 2, 1, 2);
    const found = await native().leastSquares(gram, Float64Array.of(4, 2, 4), 3, 1, 0, 1);
    [1, 0, 1].forEach((x, i) => expect(found[i]).toBeCloseTo(x, 4));
  });

  test('dead features have weight 0 and change nothing for the others', async () => {
    const [features, outputs] = [150, 3];
    const isDead = (feature: number) => feature % 7 === 0 || feature === 149;
    const alive = Array.from({ length: features }, (_, i) => i).filter((i) => !isDead(i));
    const gram = secondMoment(alive.length, 400, 5);
    const cross = randomMatrix(outputs, alive.length, 6);
    const wideGram = new Float64Array(features * features);
    // Rounding beside the zeros of the diagonal.
    const wideCross = new Float64Array(outputs * features).fill(1e-9);
    for (let i = 0; i < features * features; ++i) if (i % (features + 1) !== 0) wideGram[i] = 1e-3;
    alive.forEach((i, row) => {
      alive.forEach((j, column) => (wideGram[i * features + j] = gram[row * alive.length + column]!));
      for (let m = 0; m < outputs; ++m) wideCross[m * features + i] = cross[m * alive.length + row]!;
    });
    for (const ridge of [0, 0.1]) {
      const expected = await native().leastSquares(gram, cross, alive.length, outputs, ridge, 1);
      const found = await native().leastSquares(wideGram, wideCross, features, outputs, ridge, 1);
      const ofAlive = Float64Array.from({ length: outputs * alive.length }, (_, i) => {
        return found[Math.floor(i / alive.length) * features + alive[i % alive.length]!]!;
      });
      expectClose(ofAlive, expected, 1e-10);
      expect(found.filter((_, i) => isDead(i % features)).every((x) => x === 0)).toBe(true);
    }
    const nothing = await native().leastSquares(new Float64Array(9), new Float64Array(6).fill(1), 3, 2, 0, 1);
    expect([...nothing]).toEqual(new Array(6).fill(0));
  });

  test('a Gram matrix that single precision has rounded is taken', async () => {
    const gram = Float64Array.from(Float32Array.from(secondMoment(60, 20, 7)));
    const weights = randomMatrix(1, 60, 8);
    const cross = times(weights, gram, 1, 60);
    const found = await native().leastSquares(gram, cross, 60, 1, 0, 1);
    const least = objective(weights, gram, cross, 60);
    expect(Math.abs(objective(found, gram, cross, 60) / least - 1)).toBeLessThan(1e-3);
  });

  test('the number of threads changes nothing', async () => {
    const gram = secondMoment(700, 300, 9);
    const cross = randomMatrix(600, 700, 10);
    const one = await native().leastSquares(gram, cross, 700, 600, 1e-6, 1);
    expect(await native().leastSquares(gram, cross, 700, 600, 1e-6, 2)).toEqual(one);
    expect(await native().leastSquares(gram, cross, 700, 600, 1e-6, 5)).toEqual(one);
  });

  test('the arrays may change meanwhile', async () => {
    const gram = secondMoment(200, 300, 9);
    const cross = randomMatrix(3, 200, 10);
    const expected = await native().leastSquares(gram, cross, 200, 3, 0, 1);
    const pending = native().leastSquares(gram, cross, 200, 3, 0, 1);
    gram.fill(NaN);
    cross.fill(NaN);
    expect(await pending).toEqual(expected);
  });

  const indefinite = Float64Array.of(1, -0.9, -0.9, -0.9, 1, -0.9, -0.9, -0.9, 1);
  const bad: [string, Float64Array, Float64Array, string][] = [
    ['NaN', identity(3).fill(NaN, 5, 6), new Float64Array(3), 'the Gram matrix is not finite at [1, 2]'],
    ['unsymmetric', identity(3).fill(0.1, 5, 6), new Float64Array(3), 'the Gram matrix is not symmetric at [2, 1]'],
    ['negative', identity(3).fill(-1, 4, 5), new Float64Array(3), 'the Gram matrix is negative at [1, 1]'],
    ['indefinite', indefinite, new Float64Array(3), 'the Gram matrix is not positive semidefinite'],
    ['no moment', identity(3), Float64Array.of(0, Infinity, 0), 'the cross moment is not finite'],
    [
      'tiny',
      identity(3).map((x) => x * 1e-200),
      Float64Array.of(1e200, 0, 0),
      'the Gram matrix is too small for the cross moment: weights overflow',
    ],
  ];
  test.each(bad)('a matrix that is %s is named', async (_, gram, cross, message) => {
    await expect(native().leastSquares(gram, cross, 3, 1, 0, 1)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message,
    });
  });

  const refused: [string, unknown[], RegExp][] = [
    ['no arguments', [], /features/],
    ['a Gram matrix too small', [new Float64Array(8), new Float64Array(3), 3, 1, 0, 1], /gram/],
    ['another type', [new Float32Array(9), new Float64Array(3), 3, 1, 0, 1], /gram/],
    ['a cross moment too large', [identity(3), new Float64Array(4), 3, 1, 0, 1], /cross/],
    ['no outputs', [identity(3), new Float64Array(0), 3, 0, 0, 1], /outputs/],
    ['a product beyond 64 bits', [identity(3), new Float64Array(3), 2 ** 31, 2 ** 31, 0, 1], /gram/],
    ['a negative ridge', [identity(3), new Float64Array(3), 3, 1, -1e-9, 1], /ridge/],
    ['NaN as the ridge', [identity(3), new Float64Array(3), 3, 1, NaN, 1], /ridge/],
    ['an infinite ridge', [identity(3), new Float64Array(3), 3, 1, Infinity, 1], /ridge/],
    ['no threads', [identity(3), new Float64Array(3), 3, 1, 0, 0], /threads/],
  ];
  test.each(refused)('%s: refused', (_, given, message) => {
    const call = native().leastSquares as (...given: unknown[]) => unknown;
    expect(() => call(...given)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringMatching(message) as string }) as Error,
    );
  });
});
