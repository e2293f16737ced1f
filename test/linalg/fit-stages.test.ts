import fc from 'fast-check';
import { native } from '../../src/addon/native';
import { sweptBlocks } from './channelwise-fit';
import { eigen } from './jacobi';
import { seeded } from './layers';
import { identity, secondMoment, solve, squareRoot, times, transpose } from './matrices';

interface Problem {
  readonly channels: number;
  readonly taps: number;
  readonly outputs: number;
  readonly patches: Float64Array;
  readonly cross: Float64Array;
  readonly fisher?: Float64Array;
}

/** The moments of y = W x, W random. */
function problemOf(channels: number, taps: number, outputs: number, seed: number, independent = false): Problem {
  const size = channels * taps;
  const patches = secondMoment(size, 2 * size + 1, seed);
  if (independent) {
    patches.forEach((_, i) => {
      if (Math.floor(Math.floor(i / size) / taps) !== Math.floor((i % size) / taps)) patches[i] = 0;
    });
  }
  const random = seeded(seed + 1);
  const weights = Float64Array.from({ length: outputs * size }, () => random() * 2 - 1);
  const cross = times(weights, patches, outputs, size);
  return { channels, taps, outputs, patches, cross, fisher: secondMoment(outputs, outputs + 2, seed + 2) };
}

/** Some kernels to begin with. */
function start({ channels, taps }: Problem, counts: readonly number[], seed: number) {
  expect(counts).toHaveLength(channels);
  const random = seeded(seed);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return {
    counts: Int32Array.from(counts),
    kernels: Float32Array.from({ length: total * taps }, () => random() * 2 - 1),
  };
}

interface Options {
  readonly sweeps: number;
  readonly ridge?: number;
  readonly threads?: number;
}

function fit(problem: Problem, first: ReturnType<typeof start>, { sweeps, ridge = 0, threads = 2 }: Options) {
  const { patches, cross, fisher, outputs, taps } = problem;
  const sizes = { outputs, taps, sweeps, ridge };
  return native().fitStages(patches, cross, fisher, first.counts, first.kernels, sizes, threads);
}

/** By how much P D lowers E‖y‖²_H. */
function explained(
  { channels, taps, outputs, patches, cross, fisher = identity(outputs) }: Problem,
  { counts, kernels, pointwise }: Awaited<ReturnType<typeof fit>>,
): number {
  const size = channels * taps;
  const total = kernels.length / taps;
  const depthwise = new Float64Array(total * size);
  const owners = [...counts].flatMap((count, channel) => new Array<number>(count).fill(channel));
  owners.forEach((owner, k) => {
    depthwise.set(kernels.subarray(k * taps, (k + 1) * taps), k * size + owner * taps);
  });
  const weights = times(pointwise, depthwise, outputs, total);
  const weighted = times(fisher, weights, outputs, outputs);
  const product = times(weights, patches, outputs, size);
  return weighted.reduce((sum, value, i) => sum + value * (2 * cross[i]! - product[i]!), 0);
}

/** The most that any one to K² kernels of each channel explain by themselves: eigenvalues of H^½ Y Σ⁻¹ Yᵀ H^½, descending. */
function worthsOf({ channels, taps, outputs, patches, cross, fisher = identity(outputs) }: Problem): number[][] {
  const root = squareRoot(fisher, outputs);
  const size = channels * taps;
  return Array.from({ length: channels }, (_, channel) => {
    const own = (matrix: Float64Array, rows: number, first: number) =>
      Float64Array.from({ length: rows * taps }, (__, i) => {
        return matrix[(first + Math.floor(i / taps)) * size + channel * taps + (i % taps)]!;
      });
    const seen = times(root, own(cross, outputs, 0), outputs, outputs);
    const moment = own(patches, taps, channel * taps);
    const whole = times(seen, solve(moment, transpose(seen, outputs), taps), outputs, taps);
    return [...eigen(whole, outputs).values].sort((a, b) => b - a).slice(0, Math.min(taps, outputs));
  });
}

describe('fitStages', () => {
  test.each([
    [9, 5, 3],
    [9, 2, 2],
    [4, 7, 1],
    [1, 3, 1],
  ])(
    'of one channel of %i taps and %i outputs, %i kernels are those of reduced-rank regression',
    async (taps, outputs, count) => {
      const problem = problemOf(1, taps, outputs, 11);
      const fitted = await fit(problem, start(problem, [count], 1), { sweeps: 1 });
      const best = worthsOf(problem)[0]!.slice(0, count);
      expect(explained(problem, fitted) / best.reduce((sum, worth) => sum + worth, 0)).toBeCloseTo(1, 5);
    },
  );

  test('channels that are independent of each other share the kernels by the worth of their components', async () => {
    const problem = problemOf(5, 4, 6, 12, true);
    const worths = worthsOf(problem);
    const best = worths
      .flat()
      .sort((a, b) => b - a)
      .slice(0, 8);
    const fitted = await fit(problem, start(problem, [4, 4, 0, 0, 0], 2), { sweeps: 2 });
    expect(explained(problem, fitted) / best.reduce((sum, worth) => sum + worth, 0)).toBeCloseTo(1, 5);
    expect([...fitted.counts]).toEqual(worths.map((own) => own.filter((worth) => worth >= best[7]!).length));
  });

  test('a sweep never explains less than least squares for the same counts, and leaves the residual to no kernel', async () => {
    const sizes = fc.record({
      channels: fc.integer({ min: 1, max: 5 }),
      taps: fc.integer({ min: 1, max: 9 }),
      outputs: fc.integer({ min: 1, max: 12 }),
      seed: fc.nat(1e6),
    });
    const property = fc.asyncProperty(sizes, async ({ channels, taps, outputs, seed }) => {
      const problem = problemOf(channels, taps, outputs, seed);
      const random = seeded(seed);
      const most = Math.min(taps, outputs);
      const counts = Array.from({ length: channels }, () => Math.floor(random() * (most + 1)));
      if (Math.max(...counts) === 0) counts[0] = 1;
      const first = start(problem, counts, seed + 3);
      const before = await fit(problem, first, { sweeps: 0 });
      const after = await fit(problem, first, { sweeps: 1 });
      expect([...before.counts]).toEqual(counts);
      expect([...after.counts]).toEqual(counts);
      const [least, more] = [explained(problem, before), explained(problem, after)];
      expect(more).toBeGreaterThanOrEqual(least - 1e-6 * Math.abs(least));
      const swept = await fit(problem, first, { sweeps: 4 });
      expect(swept.counts.reduce((sum, count) => sum + count, 0)).toBe(counts.reduce((sum, count) => sum + count, 0));
      expect(Math.max(...swept.counts)).toBeLessThanOrEqual(most);
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test('a sweep over many channels is that of one channel after the other', async () => {
    const [channels, taps, outputs, count] = [40, 4, 7, 2];
    const problem = problemOf(channels, taps, outputs, 19);
    const first = start(problem, new Array<number>(channels).fill(count), 20);
    const blocksOf = ({ kernels, pointwise }: Awaited<ReturnType<typeof fit>>) => {
      const blocks = new Float64Array(outputs * channels * taps);
      for (let k = 0; k < channels * count; ++k) {
        for (let i = 0; i < outputs * taps; ++i) {
          const [output, tap] = [Math.floor(i / taps), i % taps];
          const at = output * channels * taps + Math.floor(k / count) * taps + tap;
          blocks[at]! += pointwise[output * channels * count + k]! * kernels[k * taps + tap]!;
        }
      }
      return blocks;
    };
    // Outputs that no gradient reaches count for a millionth.
    const ridge =
      problem.fisher!.reduce((sum, value, i) => sum + (i % (outputs + 1) === 0 ? value : 0), 0) / outputs / 1e6;
    const fisher = problem.fisher!.map((value, i) => value + (i % (outputs + 1) === 0 ? ridge : 0));
    const before = blocksOf(await fit(problem, first, { sweeps: 0 }));
    const expected = sweptBlocks({ ...problem, fisher }, before, count);
    const { kernels } = await fit(problem, first, { sweeps: 1 });
    for (let channel = 0; channel < channels; ++channel) {
      // Each row of the block is a sum of the channel's kernels.
      const own = kernels.subarray(channel * count * taps, (channel + 1) * count * taps);
      const gram = times(own, transpose(own, count), count, taps);
      for (let output = 0; output < outputs; ++output) {
        const row = expected.subarray((output * channels + channel) * taps, (output * channels + channel + 1) * taps);
        const weights = solve(gram, times(own, row, count, taps), count);
        const made = times(weights, own, 1, count);
        row.forEach((value, tap) => expect(made[tap]).toBeCloseTo(value, 5));
      }
    }
  });

  test('with as many kernels as taps, the outputs are explained whole', async () => {
    const problem = problemOf(3, 4, 6, 13);
    const fitted = await fit(problem, start(problem, [4, 4, 4], 4), { sweeps: 2 });
    const { patches, cross, outputs, fisher } = problem;
    const weights = transpose(solve(patches, transpose(cross, outputs), 12), 12);
    const all = times(fisher!, weights, outputs, outputs).reduce((sum, value, i) => sum + value * cross[i]!, 0);
    expect(explained(problem, fitted) / all).toBeCloseTo(1, 6);
  });

  test('a dead channel gets kernels of zeros, if any, and weights 0', async () => {
    const problem = problemOf(2, 4, 3, 14);
    problem.patches.forEach((_, i) => {
      if (i % 8 >= 4 || i >= 32) problem.patches[i] = 0;
    });
    problem.cross.forEach((_, i) => {
      if (i % 8 >= 4) problem.cross[i] = 0;
    });
    const fitted = await fit(problem, start(problem, [1, 1], 5), { sweeps: 1 });
    expect([...fitted.counts]).toEqual([1, 1]);
    expect([...fitted.kernels.subarray(4)]).toEqual([0, 0, 0, 0]);
    expect([1, 3, 5].map((i) => fitted.pointwise[i])).toEqual([0, 0, 0]);
    const shared = await fit(problem, start(problem, [1, 1], 5), { sweeps: 2 });
    expect([...shared.counts]).toEqual([2, 0]);
  });

  test('outputs that no gradient reaches are fitted all the same', async () => {
    const plain = { ...problemOf(2, 4, 3, 15), fisher: undefined };
    const first = start(plain, [3, 3], 6);
    const blind = { ...plain, fisher: Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0) };
    const [fitted, whole] = [await fit(blind, first, { sweeps: 9 }), await fit(plain, first, { sweeps: 9 })];
    expect(explained(plain, fitted) / explained(plain, whole)).toBeCloseTo(1, 3);
  });

  test('the number of threads changes nothing, and arrays may change meanwhile', async () => {
    const problem = problemOf(20, 9, 70, 16);
    const first = start(problem, new Array<number>(20).fill(2), 7);
    const one = await fit(problem, first, { sweeps: 3, ridge: 1e-5, threads: 1 });
    const pending = fit(problem, first, { sweeps: 3, ridge: 1e-5, threads: 3 });
    problem.patches.fill(NaN);
    first.kernels.fill(NaN);
    expect(await pending).toEqual(one);
  });

  test('matrices that cannot be are named', async () => {
    const good = problemOf(2, 4, 3, 17);
    const first = start(good, [1, 1], 8);
    await expect(fit({ ...good, patches: good.patches.map(() => NaN) }, first, { sweeps: 1 })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: 'the patch moment is not finite at [0, 0]',
    });
    await expect(fit({ ...good, cross: good.cross.map(() => NaN) }, first, { sweeps: 1 })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: 'the cross moment is not finite',
    });
    const indefinite = Float64Array.of(1, 2, 2, 2, 1, 2, 2, 2, 1);
    await expect(fit({ ...good, fisher: indefinite }, first, { sweeps: 1 })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringMatching(/^the Fisher information/) as string,
    });
  });

  const { patches, cross } = problemOf(2, 4, 3, 18);
  const sizes = { outputs: 3, taps: 4, sweeps: 1, ridge: 0 };
  const counts = Int32Array.of(1, 1);
  const refused: [string, unknown[], RegExp][] = [
    ['no arguments', [], /sizes/],
    [
      'patch moments too small',
      [patches.slice(1), cross, undefined, counts, new Float32Array(8), sizes, 1],
      /patchMoments/,
    ],
    [
      'a cross moment too small',
      [patches, cross.slice(1), undefined, counts, new Float32Array(8), sizes, 1],
      /crossMoments/,
    ],
    ['another Fisher matrix', [patches, cross, new Float64Array(4), counts, new Float32Array(8), sizes, 1], /fisher/],
    ['no kernel', [patches, cross, undefined, new Int32Array(2), new Float32Array(0), sizes, 1], /kernel/],
    ['too many kernels', [patches, cross, undefined, Int32Array.of(4, 1), new Float32Array(20), sizes, 1], /rank/],
    ['kernels of another size', [patches, cross, undefined, counts, new Float32Array(7), sizes, 1], /counts/],
    [
      'counts whose kernels would have 2^64 elements',
      [
        patches,
        cross,
        undefined,
        Int32Array.of(...new Array<number>(4).fill(2 ** 31 - 1), 4),
        new Float32Array(0),
        { ...sizes, taps: 2 ** 31, outputs: 2 ** 31 },
        1,
      ],
      /kernels have another size than their counts/,
    ],
    ['half a sweep', [patches, cross, undefined, counts, new Float32Array(8), { ...sizes, sweeps: 0.5 }, 1], /sweeps/],
    ['a negative ridge', [patches, cross, undefined, counts, new Float32Array(8), { ...sizes, ridge: -1 }, 1], /ridge/],
    ['no threads', [patches, cross, undefined, counts, new Float32Array(8), sizes, 0], /threads/],
  ];
  test.each(refused)('%s: refused', (_, given, message) => {
    const call = native().fitStages as (...given: unknown[]) => unknown;
    expect(() => call(...given)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringMatching(message) as string }) as Error,
    );
  });
});
