import { normalQuantile, pairedDrop } from '../../src/robustness/statistics/paired-drop';

test.each([
  [0.5, 0],
  [0.95, 1.6448536269514722],
  [0.975, 1.959963984540054],
  [0.999, 3.090232306167813],
  [0.05, -1.6448536269514722],
])('the %d quantile of the normal distribution', (p, expected) => {
  expect(normalQuantile(p)).toBeCloseTo(expected, 10);
});

test('the interval of Agresti and Min', () => {
  // 10 lost, 4 gained of 200: (10 - 4) / 202 and its deviation by hand.
  const { estimate, atMost } = pairedDrop(10, 4, 200, 0.975);
  expect(estimate).toBeCloseTo(0.03, 12);
  const center = 6 / 202;
  const deviation = Math.sqrt((15 / 202 - center ** 2) / 202);
  expect(atMost).toBeCloseTo(center + 1.959963984540054 * deviation, 12);
});

test('the bound holds as often as it says', () => {
  let state = 7;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const [pLost, pGained, trials] = [0.06, 0.03, 300];
  let held = 0;
  const runs = 2000;
  for (let run = 0; run < runs; ++run) {
    let [lost, gained] = [0, 0];
    for (let i = 0; i < trials; ++i) {
      const x = random();
      if (x < pLost) ++lost;
      else if (x < pLost + pGained) ++gained;
    }
    if (pairedDrop(lost, gained, trials, 0.95).atMost >= pLost - pGained) ++held;
  }
  expect(held / runs).toBeGreaterThan(0.93);
  expect(held / runs).toBeLessThan(0.975);
});

test('nothing known, nothing promised', () => {
  expect(pairedDrop(0, 0, 0, 0.95).estimate).toBe(0);
  expect(pairedDrop(0, 0, 1000, 0.95).atMost).toBeGreaterThan(0);
  expect(pairedDrop(0, 0, 1, 0.95).atMost).toBeLessThanOrEqual(1);
});
