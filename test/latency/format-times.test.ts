import { floatTimes, type PlacedProduct } from '../../src/latency/format-times';
import type { ProgramTime } from '../../src/latency/time-programs';

const product = (name: string, number: number, elements: number, kind = name): PlacedProduct => ({
  ...{ name, kind, elements },
  integers: [number],
  floats: [number, number + 10],
});
const products = [product('a', 1, 100), product('b', 2, 300), product('c', 3, 100)];
const time = (operations: readonly (readonly [number, number])[], outside = 1): ProgramTime => ({
  operations: new Map(operations),
  outside,
});
const integers = time([
  [1, 2],
  [2, 3],
  [3, 1],
]);
const floats = time([
  [1, 4],
  [11, 1],
  [2, 6],
  [12, 0.5],
  [3, 0.5],
]);

test('a product takes the difference of its operations, and its share of the conversions', () => {
  // b is in floats: 3.5 longer by itself, and 0.6 for converting its 300 elements.
  const mixed = time([
    [1, 2],
    [2, 6.5],
    [3, 1],
    [4, 0.6],
  ]);
  const extra = floatTimes(products, new Set(['b']), { integers, floats, mixed }, 1);
  const close = (longer: number, conversion: number) => ({
    longer: expect.closeTo(longer, 10) as number,
    conversion: expect.closeTo(conversion, 10) as number,
  });
  expect(extra).toEqual({ a: close(3, 0.2), b: close(3.5, 0.6), c: close(-0.5, 0.2) });
  expect(floatTimes(products, new Set(['b']), { integers, floats, mixed }, 2).b).toEqual(close(7, 1.2));
});

test('conversions take no less than nothing, where the times say so by chance', () => {
  const mixed = time([
    [1, 2],
    [2, 6],
    [3, 1],
  ]);
  expect(floatTimes(products, new Set(['b']), { integers, floats, mixed }, 1).b).toEqual({
    longer: 3.5,
    conversion: 0,
  });
});

test('products that compute the same have one time', () => {
  const alike = [product('a', 1, 100, 'same'), product('b', 2, 100, 'same'), product('c', 3, 100)];
  const extra = floatTimes(alike, new Set(['c']), { integers, floats, mixed: integers }, 1);
  expect(extra.a).toEqual(extra.b);
  expect(extra.a!.longer).toBeCloseTo(3.25, 10);
  expect(extra.a!.conversion).toBeCloseTo(0.5, 10);
});
