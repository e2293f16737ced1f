import fs from 'node:fs';
import { blocksOf, digestOfMeasured, readFigures, readme, withBlocks } from '../../scripts/figures/figures';

const text = fs.readFileSync(readme, 'utf8');

test("README's figures are those of docs/figures.json", () => {
  expect(withBlocks(text, blocksOf(readFigures()))).toBe(text);
});

test('they are of the networks, images and benchmarks of today, and of this version: else npm run docs:figures', () => {
  expect(readFigures().measured).toBe(digestOfMeasured());
});

test('a figure that was changed by hand is found, and a block without a place', () => {
  const figures = readFigures();
  const [race] = figures.races;
  const entries = race!.entries.map((entry) => ({ ...entry, time: { ...entry.time, median: 2 * entry.time.median } }));
  expect(
    withBlocks(text, blocksOf({ ...figures, races: [{ ...race!, entries }, ...figures.races.slice(1)] })),
  ).not.toBe(text);
  expect(() => withBlocks('no place', { demo: '' })).toThrow("no place for the figures 'demo'");
});
