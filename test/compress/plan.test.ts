import fc from 'fast-check';
import { plan, type Plan, type RankedLayer } from '../../src/compress/plan';
import type { Layer } from '../../src/gdws/layers';
import { rankComponents } from '../../src/gdws/ranking';

const rankedLayer: fc.Arbitrary<RankedLayer> = fc
  .record({
    rows: fc.integer({ min: 1, max: 6 }),
    width: fc.integer({ min: 2, max: 4 }),
    channels: fc.integer({ min: 1, max: 3 }),
    groups: fc.integer({ min: 1, max: 2 }),
    pixels: fc.integer({ min: 1, max: 9 }),
    energies: fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 24, maxLength: 24 }),
  })
  .map(({ rows, width, channels, groups, pixels, energies }) => {
    const shape = { outputChannels: rows * groups, inputChannels: channels * groups, groups, kernel: [1, width] };
    const rank = Math.min(rows, width);
    const ofChannel = (c: number) => energies.slice(c * rank, (c + 1) * rank).sort((a, b) => b - a);
    const sorted = Array.from({ length: channels * groups }, (_, c) => ofChannel(c)).flat();
    const layer = {
      name: 'conv',
      nodes: [],
      shape,
      weights: new Float32Array(),
      type: 'float32',
      weightsStay: false,
      pixels,
    };
    return { layer: layer as Layer, ranking: rankComponents(shape, Float64Array.from(sorted)) };
  });
const network = fc.array(rankedLayer, { minLength: 1, maxLength: 3 });

/** Weights of a layer, from the definitions: M·C/groups·K² dense, n·groups·(K² + M/groups) after n steps. */
function cost({ layer: { shape } }: RankedLayer, choice: number | 'dense'): number {
  const { outputChannels, inputChannels, groups, kernel } = shape;
  const [taps, rows] = [kernel[1]!, outputChannels / groups];
  return choice === 'dense' ? (outputChannels * inputChannels * taps) / groups : choice * groups * (taps + rows);
}

function cheaperSteps(one: RankedLayer): number[] {
  const steps = Array.from({ length: one.ranking.steps }, (_, i) => i + 1);
  return steps.filter((n) => cost(one, n) < cost(one, 'dense'));
}

describe('plan', () => {
  test.each(['beta', 'error'] as const)(
    '%s: the fewest steps within the bound, one at least, dense where no cheaper',
    (kind) => {
      fc.assert(
        fc.property(network, fc.double({ min: 0, max: 1, noNaN: true }), (layers, value) => {
          const { chosen } = plan(layers, { kind, value }, { params: 0 });
          layers.forEach((one, i) => {
            const { errors } = one.ranking;
            const bound = kind === 'beta' ? value : value * errors[0]!;
            const expected = cheaperSteps(one).find((n) => errors[n]! <= bound) ?? 'dense';
            expect(chosen[i]).toBe(expected);
          });
        }),
      );
    },
  );

  test.each(['macs', 'params'] as const)('a budget of %s: kept by the best allocation', (kind) => {
    fc.assert(
      fc.property(
        network,
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        fc.nat({ max: 50 }),
        (layers, value, fixed) => {
          const scaled = (one: RankedLayer, choice: number | 'dense') =>
            cost(one, choice) * (kind === 'macs' ? one.layer.pixels! : 1);
          const total = fixed + layers.reduce((sum, one) => sum + scaled(one, 'dense'), 0);
          const loss = (one: RankedLayer, choice: number | 'dense') => {
            const { errors } = one.ranking;
            return choice === 'dense' || errors[0] === 0 ? 0 : (errors[choice]! / errors[0]!) ** 2;
          };
          let best = Infinity;
          const search = (i: number, spent: number, lost: number): void => {
            if (spent > value * total * (1 + 1e-12)) return;
            const one = layers[i];
            if (!one) {
              best = Math.min(best, lost);
              return;
            }
            for (const choice of ['dense' as const, ...cheaperSteps(one)]) {
              search(i + 1, spent + scaled(one, choice), lost + loss(one, choice));
            }
          };
          search(0, fixed, 0);
          let chosen: Plan['chosen'];
          try {
            ({ chosen } = plan(layers, { kind, value }, { macs: total, params: total }));
          } catch (error) {
            expect(error).toMatchObject({ code: 'BUDGET_OUT_OF_RANGE' });
            expect(best).toBe(Infinity);
            return;
          }
          const spent = layers.reduce((sum, one, i) => sum + scaled(one, chosen[i]!), fixed);
          expect(spent).toBeLessThanOrEqual(value * total * (1 + 1e-9));
          const lost = layers.reduce((sum, one, i) => sum + loss(one, chosen[i]!), 0);
          expect(lost).toBeCloseTo(best, 9);
        },
      ),
      { numRuns: 300 },
    );
  });
});
