import { isMisspelt, nearest } from '../../src/base/nearest';

test.each([
  ['intraOpNumThread', 'intraOpNumThreads', true],
  ['intraopnumthreads', 'intraOpNumThreads', true],
  ['mac', 'macs', true],
  ['masc', 'macs', true],
  ['macs', 'macs', false],
  ['beta', 'macs', false],
  ['limit', 'limits', true],
])('%s for %s: %s', (name, known, expected) => {
  expect(isMisspelt(name, known)).toBe(expected);
});

test('the likeliest comes first', () => {
  const known = ['/layer1/conv', '/layer2/conv', '/head/conv', 'stem'];
  expect(nearest('/layer1/cnv', known, 2)).toEqual(['/layer1/conv', '/layer2/conv']);
  expect(nearest('head', known)).toEqual(['/head/conv']);
  expect(nearest('/stem/conv/weights', ['stem'])).toEqual(['stem']);
  expect(nearest('xyz', known)).toEqual([]);
});
