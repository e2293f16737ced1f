import { lossesAlong } from '../../src/calibrate/attacked-losses';

const errors = Float64Array.of(8, 4, 2, 1, 0.5, 0);

test('two measured losses make a power of the errors', () => {
  const losses = lossesAlong(errors, [
    { steps: 1, loss: 32 },
    { steps: 3, loss: 2 },
  ]);
  [128, 32, 8, 2, 0.5, 0].forEach((expected, steps) =>
    expect(losses[steps]! / (expected || 1)).toBeCloseTo(expected ? 1 : 0, 9),
  );
});

test('one measured loss scales the errors', () => {
  expect([...lossesAlong(errors, [{ steps: 2, loss: 6 }])].map((loss) => Math.round(loss * 1e6) / 1e6)).toEqual([
    24, 12, 6, 3, 1.5, 0,
  ]);
});

test.each([
  ['that hardly fall', 1, 1.01],
  ['that fall from noise to nothing', 1, 1e-300],
])('losses %s stay convex and non-increasing', (_, first, second) => {
  const losses = lossesAlong(errors, [
    { steps: 1, loss: first },
    { steps: 2, loss: second },
  ]);
  for (let n = 1; n < losses.length; ++n) expect(losses[n]!).toBeLessThanOrEqual(losses[n - 1]!);
  // Along the errors, which halve: a power from 1 to 3.
  expect(losses[0]! / losses[1]!).toBeGreaterThanOrEqual(2 - 1e-9);
  expect(losses[0]! / losses[1]!).toBeLessThanOrEqual(8 + 1e-9);
});

test('without an error that could be scaled, the errors stay', () => {
  expect(lossesAlong(errors, [])).toBe(errors);
  expect(lossesAlong(errors, [{ steps: 5, loss: 1 }])).toBe(errors);
});
