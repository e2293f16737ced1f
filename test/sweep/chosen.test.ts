import fc from 'fast-check';
import { proportion } from '../../src';
import { chosenOf } from '../../src/sweep/chosen';

const network = (successes: number, trials: number, milliseconds: number) => ({
  natural: proportion(successes, trials),
  milliseconds,
});

test('the chosen network is within, and none that is within is faster', () => {
  const trials = 40;
  const networks = fc.array(
    fc
      .tuple(fc.integer({ min: 0, max: trials }), fc.integer({ min: 1, max: 9 }))
      .map(([right, time]) => ({ right, time })),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(networks, fc.integer({ min: 0, max: trials }), (all, most) => {
      const chosen = chosenOf(
        all.map(({ right, time }) => network(right, trials, time)),
        most / trials,
      );
      const isWithin = ({ right }: { right: number }) => right + most >= all[0]!.right;
      expect(isWithin(all[chosen]!)).toBe(true);
      all.forEach((other, index) => {
        if (!isWithin(other)) return;
        expect(other.time).toBeGreaterThanOrEqual(all[chosen]!.time);
        if (other.time === all[chosen]!.time) expect(index).toBeGreaterThanOrEqual(chosen);
      });
    }),
  );
});

test.each([
  [0.01, 1],
  [0.03, 2],
  [0, 0],
  [1, 3],
])('a share of %d is a whole number of images', (within, expected) => {
  const networks = [network(97, 100, 4), network(96, 100, 3), network(94, 100, 2), network(0, 100, 1)];
  expect(chosenOf(networks, within)).toBe(expected);
});
