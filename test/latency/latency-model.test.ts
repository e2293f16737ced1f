import { gdwsLatency, latencyCosts, networkLatency, type LayerLatency } from '../../src/latency/latency-model';

const layer: LayerLatency = { dense: 10, kernels: [2, 10, 20], gdws: [1, 5, 8] };

describe('the latency of a layer', () => {
  test('is linear between what was measured, and beyond', () => {
    expect([2, 6, 10, 15, 20].map((kernels) => gdwsLatency(layer, kernels))).toEqual([1, 3, 5, 6.5, 8]);
    expect(gdwsLatency(layer, 30)).toBe(11);
    expect(gdwsLatency(layer, 1)).toBe(0.5);
    expect(gdwsLatency({ ...layer, gdws: [0, 5, 8] }, 1)).toBe(0);
  });

  test('grows with the kernels where one number was measured', () => {
    const once = { dense: 10, kernels: [4], gdws: [2] };
    expect([1, 4, 8].map((kernels) => gdwsLatency(once, kernels))).toEqual([2, 2, 4]);
  });

  test('is no choice where it is not clearly below dense, nor beyond what was measured', () => {
    const { dense, costs } = latencyCosts({ ...layer, gdws: [1, 5, 9.8] }, 2, 20);
    expect(dense).toBe(10);
    expect([...costs.subarray(1, 6)]).toEqual([1, 2, 3, 4, 5]);
    expect(costs[9]).toBeCloseTo(8.84, 10);
    // Above 97 % of dense, and beyond 20 kernels.
    expect([...costs.subarray(10)]).toEqual(new Array(11).fill(Infinity));
    expect([...latencyCosts(layer, 2, 20).costs.subarray(10, 12)]).toEqual([8, Infinity]);
  });

  test('of a layer that was not timed allows dense only', () => {
    const costs = Float64Array.of(0, Infinity, Infinity, Infinity);
    expect(latencyCosts(undefined, 1, 3)).toEqual({ dense: 0, costs });
  });

  test('adds up to that of the network', () => {
    const model = { threads: 1, batch: 1, instructionSet: 'portable', dense: 25, layers: { a: layer, b: layer } };
    expect(networkLatency(model, new Map())).toBe(25);
    const replaced = new Map([
      ['a', 2],
      ['b', 20],
      ['unknown', 3],
    ]);
    expect(networkLatency(model, replaced)).toBe(25 - 9 - 2);
  });
});
