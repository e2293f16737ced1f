import { isCurves } from '../../src/latency/is-curves';

const layer = { dense: 2, kernels: [1, 4, 9], gdws: [0, 1, 1] };

test('times are recognized', () => {
  expect(isCurves({ dense: 3, layers: [layer, { ...layer, kernels: [7], gdws: [7] }] })).toBe(true);
  expect(isCurves({ dense: 3, layers: [] })).toBe(true);
  const products = { a: { longer: -1, conversion: 0 } };
  expect(isCurves({ dense: 3, layers: [], inFloats: { dense: 4, products } })).toBe(true);
});

test.each<[string, unknown]>([
  ['nothing', null],
  ['a text', 'x'],
  ['a list', [1]],
  ['no layers', { dense: 3 }],
  ['a negative time', { dense: -1, layers: [layer] }],
  ['a time that is none', { dense: null, layers: [layer] }],
  ['a layer without times', { dense: 3, layers: [{}] }],
  ['no layer', { dense: 3, layers: [null] }],
  ['times that fall', { dense: 3, layers: [{ ...layer, gdws: [1, 3, 2] }] }],
  ['a number of kernels twice', { dense: 3, layers: [{ ...layer, kernels: [1, 1, 9] }] }],
  ['a time too few', { dense: 3, layers: [{ ...layer, gdws: [1, 2] }] }],
  ['floats without products', { dense: 3, layers: [], inFloats: { dense: 4 } }],
  ['floats without a time', { dense: 3, layers: [], inFloats: { products: {} } }],
  ['a product without times', { dense: 3, layers: [], inFloats: { dense: 4, products: { a: null } } }],
  [
    'a conversion below 0',
    { dense: 3, layers: [], inFloats: { dense: 4, products: { a: { longer: 1, conversion: -1 } } } },
  ],
  ['no times', { dense: 3, layers: [{ ...layer, kernels: [], gdws: [] }] }],
])('%s: not', (_, entry) => {
  expect(isCurves(entry)).toBe(false);
});
