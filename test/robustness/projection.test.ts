import { toHyperplane } from '../../src/robustness/hyperplane';
import { norms, normOf, type Norm } from '../../src/robustness/norm';
import { project } from '../../src/robustness/projection';
import { RandomStream } from '../../src/robustness/random-stream';
import { fillByKey } from '../../src/robustness/selection';

const random = new RandomStream(11);
const lengths = [1, 2, 3, 17, 200];

/** An image with some pixels at the ends of [0, 1], and a vector with some zeros. */
function sample(length: number, size: number): { image: Float32Array; vector: Float64Array } {
  const image = Float32Array.from({ length }, () => Math.min(1, Math.max(0, 1.4 * random.uniform() - 0.2)));
  const vector = Float64Array.from({ length }, () => (random.uniform() < 0.1 ? 0 : size * random.normal()));
  return { image, vector };
}

/** The value of λ ≥ 0 at which a falling function is 0, by plain bisection. */
function rootOf(falling: (lambda: number) => number, highest: number): number {
  if (falling(0) <= 0) return 0;
  let [low, high] = [0, highest];
  for (let round = 0; round < 200; ++round) {
    const middle = (low + high) / 2;
    if (falling(middle) > 0) low = middle;
    else high = middle;
  }
  return high;
}

const clip = (value: number, pixel: number): number => Math.min(1 - pixel, Math.max(-pixel, value));

/** The nearest point by its optimality conditions, with the multiplier of the norm bound found by bisection. */
function slowProjection(vector: Float64Array, image: Float32Array, norm: Norm, eps: number): Float64Array {
  if (norm === 'linf') return vector.map((value, at) => clip(Math.min(eps, Math.max(-eps, value)), image[at]!));
  const at = (lambda: number): Float64Array =>
    vector.map((value, index) =>
      clip(norm === 'l2' ? value / (1 + lambda) : Math.sign(value) * Math.max(0, Math.abs(value) - lambda), image[index]!),
    ); // prettier-ignore
  return at(rootOf((lambda) => normOf(at(lambda), norm) - eps, 1e6));
}

describe.each(norms)('projection onto the %s ball within the box', (norm) => {
  it('is the nearest point', () => {
    for (const length of lengths) {
      for (let round = 0; round < 24; ++round) {
        const { image, vector } = sample(length, [0.01, 0.5, 30][round % 3]!);
        const eps = random.uniform() * (norm === 'linf' ? 1 : norm === 'l2' ? Math.sqrt(length) : length);
        const expected = slowProjection(vector, image, norm, eps);
        const projected = project(vector.slice(), image, norm, eps);
        expect(normOf(projected, norm)).toBeLessThanOrEqual(eps * (1 + 1e-14));
        projected.forEach((value, index) => {
          expect(value).toBe(clip(value, image[index]!));
          expect(Math.abs(value - expected[index]!)).toBeLessThan(1e-9);
        });
        // The optimality condition of a projection: no feasible point lies ahead of it as seen from the vector.
        for (let other = 0; other < 5; ++other) {
          const feasible = slowProjection(sample(length, 1).vector, image, norm, eps * random.uniform());
          const ahead = feasible.reduce(
            (sum, value, index) => sum + (vector[index]! - projected[index]!) * (value - projected[index]!),
            0,
          );
          expect(ahead).toBeLessThan(1e-9 * (1 + normOf(vector, 'l2')));
        }
      }
    }
  });

  it('leaves what is inside alone', () => {
    const image = Float32Array.of(0.5, 0.2, 1);
    const inside = Float64Array.of(0.1, -0.1, -0.05);
    expect(project(inside.slice(), image, norm, 0.3)).toEqual(inside);
    expect(project(new Float64Array(3), image, norm, 0.3)).toEqual(new Float64Array(3));
  });
});

describe.each(norms)('the way to a hyperplane within the box in %s', (norm) => {
  const dual = { linf: 'l1', l2: 'l2', l1: 'linf' } as const;

  it('gets there, or as far as the box goes, and is no longer than it must be', () => {
    for (const length of lengths) {
      for (let round = 0; round < 24; ++round) {
        const { image, vector } = sample(length, 1);
        const normal = Float32Array.from(vector);
        const change = random.normal() * Math.sqrt(length) * [0.05, 0.3, 3][round % 3]!;
        const way = toHyperplane(image, normal, change, norm);
        const gained = way.reduce((sum, value, index) => sum + value * normal[index]!, 0);
        const best = normal.reduce((sum, slope, index) => {
          const reach = Math.sign(change) * slope > 0 ? 1 - image[index]! : image[index]!;
          return sum + Math.abs(slope) * reach;
        }, 0);
        expect(Math.abs(gained)).toBeCloseTo(Math.min(Math.abs(change), best), 5);
        way.forEach((value, index) => expect(value).toBe(clip(value, image[index]!)));
        // Without the box the distance is |change| / ‖normal‖ in the dual norm: with it, never less.
        if (best >= Math.abs(change)) {
          const least = Math.abs(change) / normOf(normal, dual[norm]);
          expect(normOf(way, norm)).toBeGreaterThanOrEqual(least * (1 - 1e-6));
          // Any other way of that gain, made by shifting it along the hyperplane, is longer.
          const other = sample(length, 0.01).vector;
          const moved = way.map((value, index) => clip(value + other[index]!, image[index]!));
          const movedGain = moved.reduce((sum, value, index) => sum + value * normal[index]!, 0);
          if (movedGain * Math.sign(change) >= Math.abs(change)) {
            expect(normOf(moved, norm)).toBeGreaterThanOrEqual(normOf(way, norm) * (1 - 1e-6));
          }
        }
      }
    }
  });

  it('is the shortest where the box does not matter', () => {
    const image = new Float32Array(50).fill(0.5);
    const normal = Float32Array.from(image, () => random.normal());
    const way = toHyperplane(image, normal, 0.01, norm);
    expect(normOf(way, norm)).toBeCloseTo(0.01 / normOf(normal, dual[norm]), 8);
  });
});

test('a knapsack is filled by falling key', () => {
  const shares = fillByKey(Float32Array.of(1, 3, 2, 3, 0), Float64Array.of(1, 2, 4, 2, 9), 6);
  expect([...shares]).toEqual([0, 1, 0.5, 1, 0]);
  expect([...fillByKey(Float32Array.of(1, 1, 1), Float64Array.of(1, 1, 1), 1.5)]).toEqual([1, 0.5, 0]);
  expect([...fillByKey(Float32Array.of(1, 2, 0), Float64Array.of(1, 1, 1), 5)]).toEqual([1, 1, 0]);
});
