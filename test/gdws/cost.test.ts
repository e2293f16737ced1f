import { breakEven, denseWeights, gdwsWeights } from '../../src/gdws/cost';

describe('cost', () => {
  test('is M·C·K² dense and G·(K² + M) as GDWS', () => {
    const shape = { outputChannels: 64, inputChannels: 32, groups: 1, kernel: [3, 3] };
    expect(denseWeights(shape)).toBe(64 * 32 * 9);
    expect(gdwsWeights(shape, 40)).toBe(40 * (9 + 64));
  });

  test('breaks even at a mean g of 7.9 for K = 3, M = 64', () => {
    const shape = { outputChannels: 64, inputChannels: 32, groups: 1, kernel: [3, 3] };
    expect(breakEven(shape)).toBeCloseTo(7.89, 2);
    expect(gdwsWeights(shape, breakEven(shape) * 32)).toBeCloseTo(denseWeights(shape), 6);
  });

  test('sees each group alone', () => {
    const shape = { outputChannels: 64, inputChannels: 32, groups: 4, kernel: [1, 5] };
    expect(denseWeights(shape)).toBe(64 * 8 * 5);
    expect(gdwsWeights(shape, 40)).toBe(40 * (5 + 16));
    expect(gdwsWeights(shape, breakEven(shape) * 32)).toBeCloseTo(denseWeights(shape), 6);
  });
});
