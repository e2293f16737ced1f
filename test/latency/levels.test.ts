import { levels, stepsAt, unevenCounts } from '../../src/latency/levels';

const plain = { outputChannels: 64, inputChannels: 64, groups: 1, kernel: [3, 3] };

test.each([
  plain,
  { outputChannels: 1, inputChannels: 24, groups: 1, kernel: [3, 3] },
  { outputChannels: 16, inputChannels: 16, groups: 2, kernel: [5, 3] },
  { outputChannels: 5, inputChannels: 1, groups: 1, kernel: [2, 2] },
])('levels of %j are counts that the layer can have, from one kernel in each group on', (shape) => {
  const rank = Math.min(shape.outputChannels / shape.groups, shape.kernel[0]! * shape.kernel[1]!);
  const steps = levels.map((level) => stepsAt(shape, level));
  expect(steps[0]).toBe(1);
  steps.forEach((count, i) => {
    if (i > 0) expect(count).toBeGreaterThanOrEqual(steps[i - 1]!);
    const counts = unevenCounts(shape, count);
    expect(counts).toHaveLength(shape.inputChannels);
    expect(counts.reduce((a, b) => a + b)).toBe(count * shape.groups);
    expect(Math.max(...counts)).toBeLessThanOrEqual(rank);
  });
});

test('the last level has about the multiply-accumulates of the dense layer', () => {
  expect((stepsAt(plain, 1) * (9 + 64)) / (64 * 64 * 9)).toBeCloseTo(1, 2);
});

test('counts are uneven', () => {
  const counts = unevenCounts(plain, 128);
  expect(Math.min(...counts)).toBe(0);
  expect(Math.max(...counts)).toBeGreaterThanOrEqual(4);
});
