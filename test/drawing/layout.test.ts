import fc from 'fast-check';
import { layOut, type Point, type Size } from '../../src/drawing/layout';

const size: Size = { width: 100, height: 40 };

/** Lines from earlier boxes to later ones. */
const graphs = fc.integer({ min: 1, max: 40 }).chain((count) =>
  fc
    .uniqueArray(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), {
      selector: ([from, to]) => `${from} ${to}`,
      maxLength: 2 * count,
    })
    .map((pairs) => ({
      count,
      lines: pairs.filter(([from, to]) => from < to).map(([from, to]) => ({ from, to })),
    })),
);

async function check(count: number, lines: readonly { from: number; to: number }[]) {
  const { places, paths, width, height } = await layOut(new Array<Size>(count).fill(size), lines);
  expect(places).toHaveLength(count);
  for (const { x, y } of places) {
    expect(x).toBeGreaterThanOrEqual(-0.01);
    expect(y).toBeGreaterThanOrEqual(-0.01);
    expect(x + size.width).toBeLessThanOrEqual(width + 0.01);
    expect(y + size.height).toBeLessThanOrEqual(height + 0.01);
  }
  const byHeight = places.map((place, index) => ({ ...place, index })).sort((one, other) => one.y - other.y);
  for (const [at, one] of byHeight.entries()) {
    for (const other of byHeight.slice(at + 1)) {
      if (other.y >= one.y + size.height) break;
      const isBeside = Math.abs(other.x - one.x) >= size.width;
      expect([one.index, other.index, isBeside]).toEqual([one.index, other.index, true]);
    }
  }
  lines.forEach(({ from, to }, index) => {
    expect(places[to]!.y).toBeGreaterThanOrEqual(places[from]!.y + size.height);
    const path = paths[index]!;
    const isAt = ({ x, y }: { x: number; y: number }, box: number) => {
      const place = places[box]!;
      return x >= place.x - 1 && x <= place.x + size.width + 1 && y >= place.y - 1 && y <= place.y + size.height + 1;
    };
    expect(isAt(path[0]!, from)).toBe(true);
    expect(isAt(path.at(-1)!, to)).toBe(true);
    if (count <= 40) expect([from, to, boxesBelow(path, places)]).toEqual([from, to, []]);
  });
}

/** Boxes through whose middle a line goes, apart from those at its ends. */
function boxesBelow(path: readonly Point[], places: readonly Point[]): number[] {
  const points = path.slice(1).flatMap((end, index) => {
    const begin = path[index]!;
    return Array.from({ length: 20 }, (_, step) => ({
      x: begin.x + (step / 20) * (end.x - begin.x),
      y: begin.y + (step / 20) * (end.y - begin.y),
    }));
  });
  const [side, edge] = [size.width / 4, size.height / 4];
  return [...places.keys()].filter((box) => {
    const { x: left, y: top } = places[box]!;
    return points.some(
      ({ x, y }) => x > left + side && x < left + size.width - side && y > top + edge && y < top + size.height - edge,
    );
  });
}

test('boxes do not lie on each other, and lines go down from box to box, past others', async () => {
  await fc.assert(
    fc.asyncProperty(graphs, ({ count, lines }) => check(count, lines)),
    { numRuns: 60 },
  );
}, 60_000);

test('none and one', async () => {
  expect(await layOut([], [])).toMatchObject({ width: 0, height: 0, places: [] });
  await check(1, []);
});

/** A chain with short lines around some boxes, and long ones as in a U-net. */
const uNet = (count: number) =>
  Array.from({ length: count - 1 }, (_, from) => ({ from, to: from + 1 }))
    .concat(Array.from({ length: Math.floor(count / 7) }, (_, index) => ({ from: 7 * index, to: 7 * index + 6 })))
    .concat(Array.from({ length: 6 }, (_, index) => ({ from: 10 + index * 20, to: count - 10 - index * 20 })));

test.each([400, 700, 5000])(
  'a U-net of %d boxes is laid out in seconds',
  async (count) => {
    const began = performance.now();
    await check(count, uNet(count));
    // Measured: 2 s on an idle core.
    expect(performance.now() - began).toBeLessThan(30_000);
  },
  60_000,
);

test('a chain with blocks is laid out block by block: its time grows with its length', async () => {
  const lines = Array.from({ length: 2999 }, (_, from) => ({ from, to: from + 1 })).concat(
    Array.from({ length: 1000 }, (_, block) => ({ from: 3 * block, to: 3 * block + 2 })),
  );
  await check(3000, lines);
}, 60_000);
