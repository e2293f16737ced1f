import fc from 'fast-check';
import {
  allocate,
  cheapest,
  costOf,
  linearCosts,
  lossOf,
  totalCost,
  totalLoss,
  type Choice,
  type Choices,
} from '../../src/gdws/allocation';

const layer: fc.Arbitrary<Choices> = fc
  .record({
    gains: fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 10, noNaN: true })), {
      minLength: 1,
      maxLength: 5,
    }),
    step: fc.integer({ min: 1, max: 6 }),
    dense: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ gains, step, dense }) => {
    gains.sort((a, b) => b - a);
    const losses = new Float64Array(gains.length + 1);
    for (let n = gains.length - 1; n >= 0; --n) losses[n] = losses[n + 1]! + gains[n]!;
    return { costs: linearCosts(step, gains.length), dense, losses };
  });
const network = fc.array(layer, { minLength: 1, maxLength: 4 });

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

describe('allocate', () => {
  test('keeps the budget, and is the optimum or within one move of it', () => {
    fc.assert(
      fc.property(network, fc.integer({ min: 0, max: 80 }), (layers, budget) => {
        const best = leastLoss(layers, budget);
        const allocation = allocate(layers, budget);
        if (!allocation) {
          expect(best).toBe(Infinity);
          return;
        }
        const { chosen, bound } = allocation;
        expect(bound).toBeLessThanOrEqual(best + 1e-9);
        expect(totalCost(layers, chosen)).toBeLessThanOrEqual(budget);
        const loss = totalLoss(layers, chosen);
        expect(loss).toBeGreaterThanOrEqual(best - 1e-9);
        const greatestMove = Math.max(...layers.map(({ losses }) => losses[1]!));
        expect(loss).toBeLessThanOrEqual(best + greatestMove + 1e-9);
      }),
      { numRuns: 500 },
    );
  });

  test('is the optimum for what it spends at every multiplier', () => {
    fc.assert(
      fc.property(network, fc.double({ min: 0.01, max: 5, noNaN: true }), (layers, multiplier) => {
        const lagrangian = (choices: Choices, choice: Choice) =>
          lossOf(choices, choice) + multiplier * costOf(choices, choice);
        const best = layers.map((choices) =>
          (['dense', ...choices.losses.keys()] as Choice[])
            .filter((choice) => choice !== 0 && (choice === 'dense' || costOf(choices, choice) < choices.dense))
            .reduce((a, b) => (lagrangian(choices, b) < lagrangian(choices, a) ? b : a)),
        );
        const { chosen } = allocate(layers, totalCost(layers, best))!;
        expect(totalLoss(layers, chosen)).toBeCloseTo(totalLoss(layers, best), 6);
      }),
      { numRuns: 500 },
    );
  });

  test('loses less, never more, with a larger budget', () => {
    fc.assert(
      fc.property(network, (layers) => {
        let before = Infinity;
        for (let budget = totalCost(layers, cheapest(layers)); budget <= 60; ++budget) {
          const loss = allocate(layers, budget)!.loss;
          expect(loss).toBeLessThanOrEqual(before + 1e-9);
          before = loss;
        }
      }),
    );
  });

  test('leaves a layer dense that is no cheaper as GDWS, and pays no step that gains nothing', () => {
    const layers: Choices[] = [
      { dense: 5, costs: linearCosts(5, 2), losses: Float64Array.of(3, 1, 0) },
      { dense: 9, costs: linearCosts(2, 3), losses: Float64Array.of(3, 1, 0, 0) },
    ];
    expect(allocate(layers, 100)!.chosen).toEqual(['dense', 2]);
    expect(allocate(layers, 8)!.chosen).toEqual(['dense', 1]);
    expect(allocate(layers, 6)).toBeUndefined();
  });
});
