import { native } from '../../src/addon/native';
import { seeded } from './layers';
import { identity, secondMoment, solve, times, transpose } from './matrices';

interface Problem {
  readonly features: number;
  readonly outputs: number;
  readonly gram: Float64Array;
  readonly cross: Float64Array;
  readonly weights: Float32Array;
}

const ridge = 1e-3;

function problem(features: number, outputs: number, seed: number, rank = 2 * features + 3): Problem {
  const random = seeded(seed);
  const numbers = (count: number) => Float64Array.from({ length: count }, () => random() * 2 - 1);
  const gram = secondMoment(features, rank, seed);
  // Some features are large, and most related to the one before.
  for (let i = 0; i < features; ++i) {
    for (let j = 0; j < features; ++j) gram[i * features + j]! *= ((i % 5) + 1) * ((j % 5) + 1);
  }
  const weights = Float32Array.from(numbers(outputs * features));
  const wanted = numbers(outputs * features).map((one, i) => weights[i]! + 0.1 * one);
  return { features, outputs, gram, cross: times(wanted, gram, outputs, features), weights };
}

/** Cholesky's factor, by its definition. */
function cholesky(matrix: Float64Array, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  for (let j = 0; j < n; ++j) {
    for (let i = j; i < n; ++i) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; ++k) sum -= factor[i * n + k]! * factor[j * n + k]!;
      factor[i * n + j] = i === j ? Math.sqrt(sum) : sum / factor[j * n + j]!;
    }
  }
  return factor;
}

function regularized({ gram, features }: Problem): { matrix: Float64Array; lambda: number } {
  const diagonal = Array.from({ length: features }, (_, i) => gram[i * (features + 1)]!).filter((one) => one > 0);
  const lambda = (ridge * diagonal.reduce((sum, one) => sum + one, 0)) / diagonal.length;
  return { matrix: gram.map((one, i) => (i % (features + 1) === 0 ? one + lambda : one)), lambda };
}

/** (C + λP₀)(G + λI)⁻¹ */
function fitted(one: Problem): Float64Array {
  const { matrix, lambda } = regularized(one);
  const right = one.cross.map((sum, i) => sum + lambda * one.weights[i]!);
  return transpose(solve(matrix, transpose(right, one.outputs), one.features), one.features);
}

const nearest = (number: number) => {
  const floor = Math.floor(number);
  const half = number - floor === 0.5;
  return Math.min(127, Math.max(-127, half ? floor + (floor & 1) : Math.round(number)));
};

/** ‖(p - q)L‖² of every output. */
function losses(one: Problem, exact: Float64Array, numbers: Int8Array, scales: Float32Array): number[] {
  const { features, outputs } = one;
  const { matrix } = regularized(one);
  return Array.from({ length: outputs }, (_, m) => {
    const left = Float64Array.from(
      { length: features },
      (_, i) => exact[m * features + i]! - numbers[m * features + i]! * scales[m]!,
    );
    return times(left, matrix, 1, features).reduce((sum, product, i) => sum + product * left[i]!, 0);
  });
}

/** Rounds in sequence, from the last weight on, each by its definition: the minimum over it and all before, rounded. */
function inSequence(one: Problem, exact: Float64Array, scales: Float32Array): Int8Array {
  const { features, outputs } = one;
  const factor = cholesky(regularized(one).matrix, features);
  const numbers = new Int8Array(outputs * features);
  for (let m = 0; m < outputs; ++m) {
    for (let j = features - 1; j >= 0; --j) {
      let best = exact[m * features + j]!;
      for (let i = j + 1; i < features; ++i) {
        const error = exact[m * features + i]! - numbers[m * features + i]! * scales[m]!;
        best += (error * factor[i * features + j]!) / factor[j * features + j]!;
      }
      numbers[m * features + j] = nearest(best / scales[m]!);
    }
  }
  return numbers;
}

function round(one: Problem, steps: { fits: boolean; isSequential: boolean }, threads = 1) {
  const { gram, cross, weights, features, outputs } = one;
  return native().roundWeights(gram, cross, weights, { features, outputs, ridge, ...steps }, threads);
}

describe('roundWeights', () => {
  // Blocks of 64 weights and of 32 outputs.
  test.each([
    [1, 1],
    [9, 4],
    [63, 33],
    [64, 2],
    [65, 32],
    [150, 40],
  ])(
    '%i features and %i outputs: fitted, and rounded in sequence, as the definition says',
    async (features, outputs) => {
      const one = problem(features, outputs, 7 * features + outputs);
      const { numbers, scales } = await round(one, { fits: true, isSequential: true });
      const expected = inSequence(one, fitted(one), scales);
      // Where the number to round lies between two integers, rounding of float64 decides.
      const different = numbers.filter((number, i) => number !== expected[i]);
      expect(different.length).toBeLessThanOrEqual(numbers.length / 1000);
    },
  );

  test('without fitting, to the nearest: as the given weights and scales say', async () => {
    const one = problem(40, 8, 3);
    const { numbers, scales } = await round(one, { fits: false, isSequential: false });
    const expected = Int8Array.from(one.weights, (weight, i) => nearest(weight / scales[Math.floor(i / 40)]!));
    expect(numbers).toEqual(expected);
    const most = Array.from({ length: 8 }, (_, m) => Math.max(...one.weights.slice(40 * m, 40 * m + 40).map(Math.abs)));
    scales.forEach((scale, m) => {
      expect(scale).toBeLessThanOrEqual(Math.fround(most[m]! / 127));
      expect(scale).toBeGreaterThan(0.49 * (most[m]! / 127));
    });
  });

  test('a few large weights are limited where that makes the others more exact', async () => {
    const one = problem(200, 1, 4);
    one.weights.fill(0.011);
    one.weights.forEach((_, i) => (one.weights[i] = (i % 7) * 0.00131));
    one.weights[199] = 1;
    one.gram.set(identity(200));
    one.gram[199 * 201] = 1e-9;
    const { scales } = await round(one, { fits: false, isSequential: false });
    expect(scales[0]).toBeCloseTo(0.5 / 127, 6);
  });

  test('in sequence, the loss is less than half of that of rounding to the nearest', async () => {
    const one = problem(72, 16, 5, 24);
    const exact = fitted(one);
    const total = async (isSequential: boolean) => {
      const { numbers, scales } = await round(one, { fits: true, isSequential });
      return losses(one, exact, numbers, scales).reduce((sum, loss) => sum + loss, 0);
    };
    expect(await total(true)).toBeLessThan(0.5 * (await total(false)));
  });

  test('with three weights, hardly worse than the best of all integers', async () => {
    for (let seed = 1; seed <= 20; ++seed) {
      const one = problem(3, 1, seed);
      const exact = fitted(one);
      const { numbers, scales } = await round(one, { fits: true, isSequential: true });
      const [found] = losses(one, exact, numbers, scales) as [number];
      const around = [-3, -2, -1, 0, 1, 2, 3];
      const start = exact.map((weight) => Math.round(weight / scales[0]!));
      const all = around.flatMap((a) => around.flatMap((b) => around.map((c) => [a, b, c])));
      const least = Math.min(
        ...all.map(
          (steps) => losses(one, exact, Int8Array.from(start.map((at, i) => nearest(at + steps[i]!))), scales)[0]!,
        ),
      );
      // Babai: within 2^(n/2) of the nearest, as distances; four times that for squares of three.
      expect(found).toBeLessThanOrEqual(8 * least + 1e-12);
    }
  });

  test('features that are always 0 keep their weights, and others do not depend on them', async () => {
    const one = problem(10, 3, 6);
    for (let i = 0; i < 10; ++i) one.gram[4 * 10 + i] = one.gram[i * 10 + 4] = 0;
    for (let m = 0; m < 3; ++m) one.cross[m * 10 + 4] = 0;
    const { numbers, scales } = await round(one, { fits: true, isSequential: true });
    for (let m = 0; m < 3; ++m) expect(numbers[m * 10 + 4]).toBe(nearest(one.weights[m * 10 + 4]! / scales[m]!));
    const nothing = { ...one, gram: new Float64Array(100), cross: new Float64Array(30) };
    const plain = await round(nothing, { fits: true, isSequential: true });
    expect(plain.numbers).toEqual(
      Int8Array.from(one.weights, (weight, i) => nearest(weight / plain.scales[Math.floor(i / 10)]!)),
    );
  });

  test('an output without weights has zeros and a scale that is not 0', async () => {
    const one = problem(5, 2, 8);
    one.weights.fill(0, 0, 5);
    one.cross.fill(0, 0, 5);
    const { numbers, scales } = await round(one, { fits: true, isSequential: true });
    expect([...numbers.slice(0, 5)]).toEqual([0, 0, 0, 0, 0]);
    expect(scales[0]).toBeGreaterThan(0);
  });

  test('any number of threads gives the same', async () => {
    const one = problem(130, 70, 9);
    const steps = { fits: true, isSequential: true };
    expect(await round(one, steps, 3)).toEqual(await round(one, steps, 1));
  });

  test.each([
    ['gram', { gram: identity(3).fill(NaN, 1, 2) }, 'the Gram matrix is not finite'],
    ['cross', { cross: new Float64Array(3).fill(Infinity) }, 'the cross moment is not finite'],
    ['weights', { weights: new Float32Array(3).fill(NaN) }, 'the matrix of weights is not finite'],
  ])('%s that is not finite: refused', async (_, wrong, message) => {
    const one = { ...problem(3, 1, 1), ...wrong };
    await expect(round(one, { fits: true, isSequential: true })).rejects.toThrow(message);
  });

  test.each([0, -1, NaN, Infinity])('a ridge of %d: refused', (wrong) => {
    const { gram, cross, weights } = problem(3, 1, 1);
    const options = { features: 3, outputs: 1, ridge: wrong, fits: true, isSequential: true };
    expect(() => native().roundWeights(gram, cross, weights, options, 1)).toThrow('ridge must be');
  });
});
