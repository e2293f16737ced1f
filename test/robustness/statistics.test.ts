import { mcnemar } from '../../src/robustness/statistics/mcnemar';
import { proportion } from '../../src/robustness/statistics/wilson';

test.each([
  // Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3.
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
  [20, 20, 0.8389, 1],
])('the Wilson interval of %d in %d', (successes, trials, lower, upper) => {
  const interval = proportion(successes, trials);
  expect(interval.value).toBe(successes / trials);
  expect(interval.lower).toBeCloseTo(lower, 4);
  expect(interval.upper).toBeCloseTo(upper, 4);
});

test('the interval of nothing is all', () => {
  expect(proportion(0, 0)).toMatchObject({ value: NaN, lower: 0, upper: 1 });
});

test.each([
  [0, 0, 1],
  [1, 0, 1],
  [5, 0, 0.0625],
  [0, 10, 0.001953125],
  [1, 9, 0.021484375],
  [3, 3, 1],
  [8, 2, 0.109375],
  [1000, 1000, 1],
])("McNemar's exact test of %d against %d", (lost, gained, expected) => {
  expect(mcnemar(lost, gained)).toBeCloseTo(expected, 10);
  expect(mcnemar(gained, lost)).toBeCloseTo(expected, 10);
});

test("McNemar's exact test does not underflow", () => {
  // The normal approximation with continuity correction: z = (|2000 - 1800| - 1) / √3800.
  expect(mcnemar(2000, 1800)).toBeGreaterThan(0.0011);
  expect(mcnemar(2000, 1800)).toBeLessThan(0.0014);
});
