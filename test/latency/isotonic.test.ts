import { isotonic } from '../../src/latency/isotonic';
import { seeded } from '../linalg/layers';

/** By the min-max formula (Robertson, Wright and Dykstra 1988): max over begins of min over ends of the means between. */
function byDefinition(numbers: readonly number[]): number[] {
  const mean = (from: number, to: number) => {
    const part = numbers.slice(from, to + 1);
    return part.reduce((sum, number) => sum + number, 0) / part.length;
  };
  return numbers.map((_, i) => {
    let most = -Infinity;
    for (let from = 0; from <= i; ++from) {
      let least = Infinity;
      for (let to = i; to < numbers.length; ++to) least = Math.min(least, mean(from, to));
      most = Math.max(most, least);
    }
    return most;
  });
}

describe('isotonic', () => {
  test('is the nearest sequence that does not fall', () => {
    const random = seeded(3);
    for (let round = 0; round < 200; ++round) {
      const numbers = Array.from({ length: 1 + (round % 9) }, () => Math.round(random() * 10));
      const found = isotonic(numbers);
      byDefinition(numbers).forEach((value, i) => expect(found[i]).toBeCloseTo(value, 10));
    }
  });

  test('leaves what rises as it is', () => {
    expect(isotonic([])).toEqual([]);
    expect(isotonic([1, 1, 2, 5])).toEqual([1, 1, 2, 5]);
    expect(isotonic([3, 2, 1])).toEqual([2, 2, 2]);
  });
});
