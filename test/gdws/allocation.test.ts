import fc from 'fast-check';
import { allocate, cheapest } from '../../src/gdws/allocation';
import { costOf, linearCosts, totalCost, type Choice, type Choices } from '../../src/gdws/choices';
import { seeded } from '../linalg/layers';

function lossOf(choices: Choices, choice: Choice): number {
  return choice === 'dense' ? 0 : choices.losses[choice]!;
}

function totalLoss(layers: readonly Choices[], chosen: readonly Choice[]): number {
  return layers.reduce((sum, choices, layer) => sum + lossOf(choices, chosen[layer]!), 0);
}

/** The losses that gains leave, the last being 0. */
function lossesOf(gains: readonly number[]): Float64Array {
  const losses = new Float64Array(gains.length + 1);
  for (let n = gains.length - 1; n >= 0; --n) losses[n] = losses[n + 1]! + gains[n]!;
  return losses;
}

const gains = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 10, noNaN: true })), {
  minLength: 1,
  maxLength: 5,
});
const dense = fc.integer({ min: 1, max: 20 });
/** As multiply-accumulates and weights make them: costs in line, losses convex. */
const linear: fc.Arbitrary<Choices> = fc
  .record({ gains, dense, step: fc.integer({ min: 1, max: 6 }) })
  .map(({ gains, dense, step }) => ({
    dense,
    costs: linearCosts(step, gains.length),
    losses: lossesOf(gains.toSorted((a, b) => b - a)),
  }));
/** As times make them: costs with plateaus and jumps, losses that are not convex. */
const irregular: fc.Arbitrary<Choices> = fc
  .record({ gains, dense, rises: fc.array(fc.nat({ max: 6 }), { minLength: 6, maxLength: 6 }) })
  .map(({ gains, dense, rises }) => {
    let cost = 0;
    return { dense, costs: gains.concat(0).map((_, n) => (cost += rises[n]!)), losses: lossesOf(gains) };
  });
const network = (layer: fc.Arbitrary<Choices>) => fc.array(layer, { minLength: 1, maxLength: 4 });
const kinds = [
  ['linear', network(linear)],
  ['irregular', network(irregular)],
] as const;

function* everyAllocation([first, ...rest]: readonly Choices[]): Generator<Choice[]> {
  if (!first) {
    yield [];
    return;
  }
  const steps = Array.from(first.losses.keys()).filter((n) => n > 0 && first.costs[n]! < first.dense);
  for (const others of everyAllocation(rest))
    for (const choice of ['dense', ...steps] as Choice[]) yield [choice, ...others];
}

function leastLoss(layers: readonly Choices[], budget: number): number {
  let best = Infinity;
  for (const chosen of everyAllocation(layers)) {
    if (totalCost(layers, chosen) <= budget) best = Math.min(best, totalLoss(layers, chosen));
  }
  return best;
}

/** The least loss at each integer cost from 0 to `budget`, by dynamic programming over the costs: another method. */
function leastLosses(layers: readonly Choices[], budget: number): Float64Array {
  let best = new Float64Array(budget + 1);
  for (const choices of layers) {
    const next = new Float64Array(budget + 1).fill(Infinity);
    const options: Choice[] = ['dense', ...Array.from(choices.losses.keys()).slice(1)];
    for (const choice of options) {
      const [cost, loss] = [costOf(choices, choice), lossOf(choices, choice)];
      for (let spent = cost; spent <= budget; ++spent) {
        next[spent] = Math.min(next[spent]!, best[spent - cost]! + loss);
      }
    }
    best = next;
  }
  return best;
}

/** Layers of many steps whose losses fall like trained spectra, with noise on losses and costs. */
function largeNetwork(count: number, steps: number, seed: number, costOfStep: (random: number) => number): Choices[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => {
    const scale = 1 + 20 * random();
    const gains = Array.from({ length: steps }, (_, n) => (scale * (0.5 + random())) / (n + 1) ** 1.5);
    const costs = new Float64Array(steps + 1);
    for (let n = 1; n <= steps; ++n) costs[n] = costs[n - 1]! + costOfStep(random());
    return { dense: Math.round(0.7 * costs[steps]!), costs, losses: lossesOf(gains) };
  });
}

describe('allocate', () => {
  test.each(kinds)('%s costs: keeps the budget, and is the optimum', (_, network) => {
    fc.assert(
      fc.property(network, fc.integer({ min: 0, max: 80 }), (layers, budget) => {
        const best = leastLoss(layers, budget);
        const allocation = allocate(layers, budget);
        if (!allocation) {
          expect(best).toBe(Infinity);
          return;
        }
        const { chosen, loss, bound, isOptimal } = allocation;
        expect(totalCost(layers, chosen)).toBeLessThanOrEqual(budget);
        expect(loss).toBe(totalLoss(layers, chosen));
        expect(loss).toBeCloseTo(best, 9);
        expect(bound).toBeLessThanOrEqual(loss);
        expect(bound).toBeLessThanOrEqual(best + 1e-9);
        expect(isOptimal).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test.each(kinds)('%s costs: never loses more with a larger budget, and nothing where all fits', (_, network) => {
    fc.assert(
      fc.property(network, (layers) => {
        let before = Infinity;
        const whole = layers.reduce((sum, choices) => sum + choices.dense, 0);
        for (let budget = totalCost(layers, cheapest(layers)); budget <= whole; ++budget) {
          const { loss } = allocate(layers, budget)!;
          expect(loss).toBeLessThanOrEqual(before + 1e-9);
          before = loss;
        }
        expect(before).toBe(0);
      }),
    );
  });

  test.each(kinds)('%s costs: the order of the layers does not matter', (_, network) => {
    fc.assert(
      fc.property(network, fc.integer({ min: 0, max: 80 }), (layers, budget) => {
        const [forth, back] = [allocate(layers, budget), allocate(layers.toReversed(), budget)];
        expect(back === undefined).toBe(forth === undefined);
        if (forth && back) expect(back.loss).toBeCloseTo(forth.loss, 9);
      }),
    );
  });

  test('is the optimum where the bound is reached: at the corners of the hulls', () => {
    fc.assert(
      fc.property(network(linear), fc.double({ min: 0.01, max: 5, noNaN: true }), (layers, multiplier) => {
        const lagrangian = (choices: Choices, choice: Choice) =>
          lossOf(choices, choice) + multiplier * costOf(choices, choice);
        const best = layers.map((choices) =>
          (['dense', ...choices.losses.keys()] as Choice[])
            .filter((choice) => choice !== 0 && (choice === 'dense' || costOf(choices, choice) < choices.dense))
            .reduce((a, b) => (lagrangian(choices, b) < lagrangian(choices, a) ? b : a)),
        );
        const { loss, bound } = allocate(layers, totalCost(layers, best))!;
        expect(loss).toBeCloseTo(totalLoss(layers, best), 6);
        expect(bound).toBeCloseTo(loss, 6);
      }),
      { numRuns: 500 },
    );
  });

  test.each([1, 2, 3, 4, 5, 6])('many layers of many steps, instance %d: the optimum', (seed) => {
    const layers = largeNetwork(12, 60, seed, (random) => 1 + Math.floor(6 * random ** 3));
    const whole = layers.reduce((sum, choices) => sum + choices.dense, 0);
    const best = leastLosses(layers, whole);
    for (const share of [0.1, 0.25, 0.5, 0.8]) {
      const budget = Math.floor(share * whole);
      const { chosen, loss, isOptimal } = allocate(layers, budget)!;
      expect(totalCost(layers, chosen)).toBeLessThanOrEqual(budget);
      expect(isOptimal).toBe(true);
      expect(loss / best[budget]!).toBeCloseTo(1, 9);
    }
  });

  test('where the search is cut short, keeps the budget, and says how far the optimum can be', () => {
    const random = seeded(7);
    const layers = Array.from({ length: 60 }, (): Choices => {
      const [scale, step] = [1 + 20 * random(), 1 + random()];
      const gains = Array.from({ length: 500 }, (_, n) => scale / (n + 1) ** 1.5);
      return { dense: 350 * step, costs: linearCosts(step, 500), losses: lossesOf(gains) };
    });
    const whole = layers.reduce((sum, choices) => sum + choices.dense, 0);
    const { chosen, loss, bound, isOptimal } = allocate(layers, 0.6 * whole)!;
    expect(isOptimal).toBe(false);
    expect(totalCost(layers, chosen)).toBeLessThanOrEqual(0.6 * whole);
    expect(bound).toBeLessThan(loss);
    expect((loss - bound) / loss).toBeLessThan(1e-3);
  });

  test('leaves a layer dense that is no cheaper as GDWS, and pays no step that gains nothing', () => {
    const layers: Choices[] = [
      { dense: 5, costs: linearCosts(5, 2), losses: Float64Array.of(3, 1, 0) },
      { dense: 9, costs: linearCosts(2, 3), losses: Float64Array.of(3, 1, 0, 0) },
    ];
    expect(allocate(layers, 13)!.chosen).toEqual(['dense', 2]);
    expect(allocate(layers, 8)!.chosen).toEqual(['dense', 1]);
    expect(allocate(layers, 6)).toBeUndefined();
  });

  test('leaves everything as it is where that fits', () => {
    const layers: Choices[] = [{ dense: 9, costs: linearCosts(2, 3), losses: Float64Array.of(3, 1, 0, 0) }];
    expect(allocate(layers, 9)).toEqual({ chosen: ['dense'], loss: 0, bound: 0, isOptimal: true });
    expect(allocate([], 0)).toEqual({ chosen: [], loss: 0, bound: 0, isOptimal: true });
  });

  test('a layer without costs, or of costs that are not finite, stays dense', () => {
    const losses = Float64Array.of(3, 1, 0);
    const layers: Choices[] = [
      { dense: 4, costs: [Infinity, Infinity, Infinity], losses },
      { dense: 9, costs: linearCosts(2, 2), losses },
    ];
    expect(allocate(layers, 6)!.chosen).toEqual(['dense', 1]);
  });
});
