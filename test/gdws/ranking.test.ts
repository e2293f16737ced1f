import fc from 'fast-check';
import { lego } from '../../src/gdws/lego';
import { mego } from '../../src/gdws/mego';
import { kernelCount, kernelsOfChannels, rankComponents } from '../../src/gdws/ranking';
import { rank, type ConvolutionShape } from '../../src/gdws/shape';

/** Layers small enough to try every choice of g, with energies as α_c σ² gives them: descending in each channel. */
const smallLayers = fc
  .record({
    groups: fc.integer({ min: 1, max: 3 }),
    rows: fc.integer({ min: 1, max: 4 }),
    channels: fc.integer({ min: 1, max: 4 }),
    width: fc.integer({ min: 1, max: 3 }),
  })
  .filter(({ groups, rows, channels, width }) => (Math.min(rows, width) + 1) ** (groups * channels) <= 5000)
  .chain(({ groups, rows, channels, width }) => {
    const shape: ConvolutionShape = {
      outputChannels: rows * groups,
      inputChannels: channels * groups,
      groups,
      kernel: [1, width],
    };
    const energy = fc.oneof(
      fc.constant(0),
      fc.integer({ min: 1, max: 3 }),
      fc.double({ min: 0, max: 10, noNaN: true }),
    );
    const channel = fc.array(energy, { minLength: rank(shape), maxLength: rank(shape) });
    return fc
      .array(channel, { minLength: shape.inputChannels, maxLength: shape.inputChannels })
      .map((all) => ({ shape, energies: Float64Array.from(all.flatMap((one) => one.sort((a, b) => b - a))) }));
  });

type Layer = { shape: ConvolutionShape; energies: Float64Array };

/** Every g with equally many kernels in every group, with its G and e². */
function* choices({ shape, energies }: Layer): Generator<{ kernels: number; error: number }> {
  const most = rank(shape);
  const perGroup = shape.inputChannels / shape.groups;
  const counts: number[] = new Array<number>(shape.inputChannels).fill(0);
  for (;;) {
    const totals = Array.from({ length: shape.groups }, (_, group) =>
      counts.slice(group * perGroup, (group + 1) * perGroup).reduce((sum, count) => sum + count, 0),
    );
    if (totals.every((total) => total === totals[0])) {
      const error = energies.reduce(
        (sum, energy, i) => (i % most < counts[Math.floor(i / most)]! ? sum : sum + energy),
        0,
      );
      yield { kernels: totals[0]! * shape.groups, error };
    }
    let channel = 0;
    while (channel < counts.length && counts[channel] === most) counts[channel++] = 0;
    if (channel === counts.length) return;
    counts[channel]! += 1;
  }
}

describe('MEGO', () => {
  test('has the least error of all choices with at most Γ kernels', () => {
    fc.assert(
      fc.property(smallLayers, fc.double({ min: 0, max: 1, noNaN: true }), (layer, share) => {
        const ranking = rankComponents(layer.shape, layer.energies);
        const bound = Math.floor(share * (ranking.steps + 1) * layer.shape.groups);
        const steps = mego(ranking, bound);
        const best = Math.min(
          ...[...choices(layer)].filter(({ kernels }) => kernels <= bound).map(({ error }) => error),
        );
        expect(kernelCount(ranking, steps)).toBeLessThanOrEqual(bound);
        expect(ranking.errors[steps]).toBeCloseTo(best, 9);
      }),
    );
  });
});

describe('LEGO', () => {
  test('has the fewest kernels of all choices with e² at most β', () => {
    fc.assert(
      fc.property(smallLayers, fc.double({ min: 0, max: 1.2, noNaN: true }), (layer, share) => {
        const ranking = rankComponents(layer.shape, layer.energies);
        const beta = share * ranking.errors[0]!;
        const steps = lego(ranking, beta);
        expect(ranking.errors[steps]).toBeLessThanOrEqual(beta);
        // Sums in another order may miss β by a rounding error.
        const slack = beta * 1e-12;
        const fewest = Math.min(
          ...[...choices(layer)].filter(({ error }) => error <= beta - slack).map(({ kernels }) => kernels),
        );
        const fewestWithSlack = Math.min(
          ...[...choices(layer)].filter(({ error }) => error <= beta + slack).map(({ kernels }) => kernels),
        );
        expect(kernelCount(ranking, steps)).toBeLessThanOrEqual(fewest);
        expect(kernelCount(ranking, steps)).toBeGreaterThanOrEqual(fewestWithSlack);
      }),
    );
  });

  test('keeps everything that has energy for β = 0, and nothing for the whole energy', () => {
    const shape: ConvolutionShape = { outputChannels: 4, inputChannels: 2, groups: 1, kernel: [1, 3] };
    const ranking = rankComponents(shape, Float64Array.of(5, 2, 0, 4, 0, 0));
    expect(lego(ranking, 0)).toBe(3);
    expect(lego(ranking, 11)).toBe(0);
    expect(kernelsOfChannels(ranking, 3)).toEqual(Int32Array.of(2, 1));
  });
});

describe('ranking', () => {
  test('takes a channel from its first component on, has g_c ≤ rank and the error of what it leaves', () => {
    fc.assert(
      fc.property(smallLayers, ({ shape, energies }) => {
        const ranking = rankComponents(shape, energies);
        expect(ranking.errors[ranking.steps]).toBe(0);
        for (let steps = 0; steps <= ranking.steps; ++steps) {
          const counts = kernelsOfChannels(ranking, steps);
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(kernelCount(ranking, steps));
          expect(Math.max(...counts)).toBeLessThanOrEqual(rank(shape));
          const kept = energies.reduce(
            (sum, e, i) => (i % rank(shape) < counts[Math.floor(i / rank(shape))]! ? sum : sum + e),
            0,
          );
          expect(ranking.errors[steps]).toBeCloseTo(kept, 9);
          if (steps > 0) expect(ranking.errors[steps]).toBeLessThanOrEqual(ranking.errors[steps - 1]!);
        }
      }),
    );
  });

  test('the order of a group’s channels does not matter', () => {
    fc.assert(
      fc.property(smallLayers, ({ shape, energies }) => {
        const most = rank(shape);
        const perGroup = shape.inputChannels / shape.groups;
        const mirrored = Float64Array.from(energies, (_, i) => {
          const channel = Math.floor(i / most);
          const group = Math.floor(channel / perGroup);
          return energies[(group * perGroup + (perGroup - 1 - (channel % perGroup))) * most + (i % most)]!;
        });
        expect(rankComponents(shape, mirrored).errors).toEqual(rankComponents(shape, energies).errors);
      }),
    );
  });
});
