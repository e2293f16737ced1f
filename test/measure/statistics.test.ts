import fc from 'fast-check';
import { describe as distribution, quantile, ratio } from '../../src/measure';

describe('statistics', () => {
  test('quantiles interpolate as numpy does', () => {
    // numpy.quantile([1, 2, 4, 8], [0, .25, .5, .75, 1])
    const numbers = [1, 2, 4, 8];
    expect([0, 0.25, 0.5, 0.75, 1].map((fraction) => quantile(numbers, fraction))).toEqual([1, 1.75, 3, 5, 8]);
    expect(quantile([7], 0.3)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('a distribution does not depend on the order and is sorted numerically', () => {
    expect(distribution([10, 9, 100, 1, 2])).toEqual({
      count: 5,
      minimum: 1,
      lowerQuartile: 2,
      median: 9,
      upperQuartile: 10,
      maximum: 100,
    });
  });

  test('at least half of the numbers lie on each side of the median', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }), (numbers) => {
        const { median } = distribution(numbers);
        const slack = 1e-9 * Math.max(1, Math.abs(median));
        expect(numbers.filter((number) => number <= median + slack).length * 2).toBeGreaterThanOrEqual(numbers.length);
        expect(numbers.filter((number) => number >= median - slack).length * 2).toBeGreaterThanOrEqual(numbers.length);
      }),
    );
  });

  test('pairs cancel what slows a whole round', () => {
    const load = [1, 1, 5, 1, 3];
    const { ofPairs, ofMedians } = ratio(
      load.map((factor) => 2 * factor),
      load.map((factor) => 4 * factor),
    );
    expect(ofPairs).toMatchObject({ count: 5, minimum: 0.5, median: 0.5, maximum: 0.5 });
    expect(ofMedians).toBe(0.5);
    expect(() => ratio([1], [1, 2])).toThrow(RangeError);
  });
});
