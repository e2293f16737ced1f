import { RemainingTime } from '../../src/calibrate/remaining-time';
import { defaultTieTolerance, marginCotangent, rivalriesOf, rivalryOf } from '../../src/calibrate/rivals';

describe('the terms of one image', () => {
  test('every other class, by falling logit, with its margin', () => {
    const { top, rivals, ties } = rivalryOf(Float32Array.of(1, -2, 4, 3), Infinity, defaultTieTolerance);
    expect({ top, ties }).toEqual({ top: 2, ties: 0 });
    expect(rivals).toEqual([
      { class: 3, margin: 1 },
      { class: 0, margin: 3 },
      { class: 1, margin: 6 },
    ]);
  });

  test('a limit keeps the classes of the largest logits', () => {
    expect(rivalryOf(Float32Array.of(1, -2, 4, 3), 2, 0).rivals.map((rival) => rival.class)).toEqual([3, 0]);
  });

  test('equal logits tie with the first of them, whatever the tolerance', () => {
    const { top, rivals, ties } = rivalryOf(Float32Array.of(0, 5, 5), Infinity, 0);
    expect({ top, ties }).toEqual({ top: 1, ties: 1 });
    expect(rivals).toEqual([{ class: 0, margin: 5 }]);
    expect(rivalryOf(Float32Array.of(0, 0, 0), Infinity, defaultTieTolerance)).toMatchObject({ rivals: [], ties: 2 });
  });

  test('margins within the rounding of the logits tie, those above do not', () => {
    const scale = 100;
    const within = Math.fround(scale - 0.5 * defaultTieTolerance * scale);
    const above = Math.fround(scale - 2 * defaultTieTolerance * scale);
    const { rivals, ties } = rivalryOf(Float32Array.of(scale, within, above), Infinity, defaultTieTolerance);
    expect(ties).toBe(1);
    expect(rivals).toEqual([{ class: 2, margin: scale - above }]);
  });

  test('a limit counts ties', () => {
    expect(rivalryOf(Float32Array.of(5, 5, 3, 1), 2, 0)).toEqual({
      top: 0,
      rivals: [{ class: 2, margin: 2 }],
      ties: 1,
    });
  });

  test('logits that are no numbers are refused with the number of the image', () => {
    expect(() => rivalriesOf(Float32Array.of(1, 2, NaN, 2), 2, 40, Infinity, 0)).toThrow('image 41');
  });
});

test('cotangents are the derivative of the margins, 0 where there is none', () => {
  const rivalries = rivalriesOf(Float32Array.of(3, 1, 2, 4, 4, 0), 3, 0, Infinity, 0);
  expect([...marginCotangent(rivalries, 0, 3)]).toEqual([1, 0, -1, 1, 0, -1]);
  expect([...marginCotangent(rivalries, 1, 3)]).toEqual([1, -1, 0, 0, 0, 0]);
});

test('the time left counts each kind of work at its own rate', () => {
  const remaining = new RemainingTime({ attack: 10, gradients: 10 });
  expect(remaining.left).toBeUndefined();
  remaining.add('attack', 5, 10);
  expect(remaining.left).toBeUndefined();
  remaining.add('gradients', 2, 1);
  expect(remaining.left).toBeCloseTo(5 * 2 + 8 * 0.5);
  const alone = new RemainingTime({ attack: 0, gradients: 4 });
  alone.add('gradients', 4, 1);
  expect(alone.left).toBe(0);
});
