import { curvesOf, type LevelTime } from '../../src/latency/curves';
import type { PlacedLayer } from '../../src/latency/leveled-program';
import { levels, stepsAt } from '../../src/latency/levels';
import type { ProgramTime } from '../../src/latency/time-programs';

const shape = { outputChannels: 64, inputChannels: 64, groups: 1, kernel: [3, 3] };
const layers: PlacedLayer[] = [
  { shape, operations: [1], kind: 'one' },
  { shape, operations: [2, 4], kind: 'two' },
];
const time = (first: number, second: number, third: number, rest: number): ProgramTime => ({
  operations: new Map([
    [0, rest / 2],
    [1, first],
    [2, second],
    [4, third],
  ]),
  outside: rest / 2,
});
/** A machine on which a layer takes 1 + 10·level and 2 + 20·level, where dense takes 8 and 20. */
const measured = (rest: (layers: number) => number, slowness: (level: number) => number = () => 1): LevelTime[] =>
  levels.map((level) => {
    const slow = slowness(level);
    const [one, two] = [1 + 10 * level, 1 + 10 * level];
    return {
      level,
      dense: time(8 * slow, 10 * slow, 10 * slow, rest(28) * slow),
      gdws: time(one * slow, two * slow, two * slow, rest(3 * one) * slow),
    };
  });

test('are what was measured where nothing disturbs', () => {
  const { dense, layers: curves } = curvesOf(
    layers,
    measured(() => 6),
  );
  expect(dense).toBe(34);
  expect(curves.map((curve) => curve.dense)).toEqual([8, 20]);
  expect(curves[0]!.kernels).toEqual(levels.map((level) => stepsAt(shape, level)));
  levels.forEach((level, i) => {
    expect(curves[0]!.gdws[i]).toBeCloseTo(1 + 10 * level, 3);
    expect(curves[1]!.gdws[i]).toBeCloseTo(2 + 20 * level, 3);
  });
});

test('are the same for layers that compute the same, and add up', () => {
  const alike = layers.map((layer) => ({ ...layer, kind: 'same' }));
  const [one, two] = curvesOf(
    alike,
    measured(() => 6),
  ).layers;
  expect(one).toEqual(two);
  expect(one!.dense).toBe(14);
  expect(one!.gdws[0]).toBeCloseTo(1.5, 3);
});

test('do not see that the machine was slower at some levels', () => {
  const slow = curvesOf(
    layers,
    measured(
      () => 6,
      (level) => (level > 0.4 ? 3 : 1),
    ),
  );
  expect(slow).toEqual(
    curvesOf(
      layers,
      measured(() => 6),
    ),
  );
});

test('have a part of the rest where that shrinks with the layers', () => {
  const { dense, layers: curves } = curvesOf(
    layers,
    measured((ofLayers) => 3 + 0.1 * ofLayers),
  );
  expect(dense).toBeCloseTo(33.8, 9);
  expect(curves.map((curve) => curve.dense)).toEqual([8.8, 22]);
  expect(curves[0]!.gdws[0]).toBeCloseTo(1.1, 3);
  // All layers at the least: 3 + 1.1 · 3.
  expect(dense - 8.8 - 22 + curves[0]!.gdws[0]! + curves[1]!.gdws[0]!).toBeCloseTo(6.3, 3);
});

test('have none where the rest grows, and never more than there is', () => {
  expect(
    curvesOf(
      layers,
      measured((ofLayers) => 9 - 0.1 * ofLayers),
    ).layers[0]!.dense,
  ).toBe(8);
  const all = curvesOf(
    layers,
    measured((ofLayers) => Math.max(0, ofLayers - 20)),
  );
  expect(all.layers[0]!.dense + all.layers[1]!.dense).toBeLessThanOrEqual(all.dense * (1 + 1e-4));
});

test('do not fall, and have one time where levels have the same kernels', () => {
  const narrow = { outputChannels: 1, inputChannels: 4, groups: 1, kernel: [3, 3] };
  const { layers: curves } = curvesOf(
    [{ shape: narrow, operations: [1], kind: 'one' }],
    measured(() => 6),
  );
  expect(new Set(curves[0]!.kernels).size).toBe(curves[0]!.kernels.length);
  const falling = levels.map((level) => ({
    level,
    dense: time(8, 10, 10, 6),
    gdws: time(5 - level, 1, 1, 6),
  }));
  const { gdws } = curvesOf(layers, falling).layers[0]!;
  gdws.forEach((value, i) => i > 0 && expect(value).toBeGreaterThanOrEqual(gdws[i - 1]!));
});
