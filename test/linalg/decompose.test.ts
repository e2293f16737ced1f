import fc from 'fast-check';
import { native, type NativeDecomposition, type NativeLayer } from '../../src/addon/native';
import { eigenvalues } from './jacobi';
import { block, randomWeights } from './layers';

const layers: [string, NativeLayer][] = [
  ['3×3', { outputChannels: 16, inputChannels: 5, taps: 9, groups: 1 }],
  ['M < K²', { outputChannels: 4, inputChannels: 3, taps: 9, groups: 1 }],
  ['M = 1', { outputChannels: 1, inputChannels: 4, taps: 9, groups: 1 }],
  ['C = 1', { outputChannels: 12, inputChannels: 1, taps: 9, groups: 1 }],
  ['1×7 rows', { outputChannels: 9, inputChannels: 3, taps: 7, groups: 1 }],
  ['one tap', { outputChannels: 6, inputChannels: 3, taps: 1, groups: 1 }],
  ['5×5', { outputChannels: 30, inputChannels: 2, taps: 25, groups: 1 }],
  ['7×7', { outputChannels: 64, inputChannels: 3, taps: 49, groups: 1 }],
  ['7×7, M < K²', { outputChannels: 24, inputChannels: 2, taps: 49, groups: 1 }],
  ['11×11', { outputChannels: 130, inputChannels: 2, taps: 121, groups: 1 }],
  ['11×11, M = 1', { outputChannels: 1, inputChannels: 2, taps: 121, groups: 1 }],
  ['groups', { outputChannels: 12, inputChannels: 6, taps: 9, groups: 3 }],
];

function expectDecomposition(weights: Float32Array, layer: NativeLayer, found: NativeDecomposition): void {
  const { taps } = layer;
  const rows = layer.outputChannels / layer.groups;
  const rank = Math.min(rows, taps);
  expect(found.singularValues).toHaveLength(layer.inputChannels * rank);
  expect(found.rightVectors).toHaveLength(layer.inputChannels * rank * taps);
  for (let channel = 0; channel < layer.inputChannels; ++channel) {
    const w = block(weights, layer, channel);
    const energy = w.reduce((sum, x) => sum + x * x, 0);
    const tolerance = 1e-11 * Math.max(energy, Number.MIN_VALUE);
    const values = found.singularValues.subarray(channel * rank, (channel + 1) * rank);
    const vectors = Array.from({ length: rank }, (_, i) =>
      found.rightVectors.subarray((channel * rank + i) * taps, (channel * rank + i + 1) * taps),
    );

    const gram = new Float64Array(taps * taps);
    for (let r = 0; r < rows; ++r) {
      for (let i = 0; i < taps; ++i) {
        for (let j = 0; j < taps; ++j) gram[i * taps + j]! += w[r * taps + i]! * w[r * taps + j]!;
      }
    }
    const expected = eigenvalues(gram, taps);
    values.forEach((value, i) => expect(Math.abs(value * value - expected[i]!)).toBeLessThanOrEqual(tolerance));
    expect(values.every((value, i) => value >= 0 && (i === 0 || value <= values[i - 1]!))).toBe(true);
    expect(Math.abs(values.reduce((sum, s) => sum + s * s, 0) - energy)).toBeLessThanOrEqual(tolerance);

    for (let i = 0; i < rank; ++i) {
      for (let j = 0; j <= i; ++j) {
        const product = vectors[i]!.reduce((sum, x, tap) => sum + x * vectors[j]![tap]!, 0);
        expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(1e-12);
      }
      const largest = vectors[i]!.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      expect(vectors[i]!.find((x) => Math.abs(x) >= largest * (1 - 1e-9))).toBeGreaterThan(0);
    }

    // W_c = Σ (W_c v) vᵀ, and the part that the first n leave out has the energy Σ_{i ≥ n} σ² (Eckart–Young).
    const left = Float64Array.from(w);
    for (let i = 0; i <= rank; ++i) {
      const tail = values.subarray(i).reduce((sum, s) => sum + s * s, 0);
      const remaining = left.reduce((sum, x) => sum + x * x, 0);
      expect(Math.abs(remaining - tail)).toBeLessThanOrEqual(tolerance);
      if (i === rank) break;
      for (let r = 0; r < rows; ++r) {
        const coefficient = vectors[i]!.reduce((sum, x, tap) => sum + x * w[r * taps + tap]!, 0);
        vectors[i]!.forEach((x, tap) => (left[r * taps + tap]! -= coefficient * x));
      }
    }
  }
}

describe('decompose', () => {
  test.each(layers)('%s agrees with Jacobi rotations', async (_, layer) => {
    const weights = randomWeights(layer);
    expectDecomposition(weights, layer, await native().decompose(weights, layer, 2));
  });

  test('random layers agree with Jacobi rotations', async () => {
    const sizes = fc.record({
      groups: fc.integer({ min: 1, max: 3 }),
      rows: fc.integer({ min: 1, max: 40 }),
      channels: fc.integer({ min: 1, max: 4 }),
      taps: fc.integer({ min: 1, max: 30 }),
      seed: fc.nat(),
    });
    const property = fc.asyncProperty(sizes, async ({ groups, rows, channels, taps, seed }) => {
      const layer = { outputChannels: rows * groups, inputChannels: channels * groups, taps, groups };
      const weights = randomWeights(layer, seed);
      expectDecomposition(weights, layer, await native().decompose(weights, layer, 1));
    });
    await fc.assert(property, { numRuns: 40 });
  });

  test.each([9, 25])('channels of rank 2 and 0 with %i taps have exact zeros', async (taps) => {
    const layer: NativeLayer = { outputChannels: 40, inputChannels: 2, taps, groups: 1 };
    const weights = randomWeights(layer);
    for (let m = 0; m < 40; ++m) {
      for (let tap = 0; tap < taps; ++tap) {
        weights[m * 2 * taps + tap] = (m % 3) * (tap % 4) - (m % 5) * (tap % 2);
        weights[(m * 2 + 1) * taps + tap] = 0;
      }
    }
    const found = await native().decompose(weights, layer, 1);
    expectDecomposition(weights, layer, found);
    const rank = Math.min(40, taps);
    expect(found.singularValues[1]).toBeGreaterThan(1);
    expect([...found.singularValues.subarray(2, 2 * rank)]).toEqual(new Array(2 * rank - 2).fill(0));
  });

  test('tiny and huge weights keep their relative accuracy', async () => {
    const layer: NativeLayer = { outputChannels: 16, inputChannels: 2, taps: 9, groups: 1 };
    for (const scale of [1e-30, 1e30]) {
      const weights = randomWeights(layer).map((x) => x * scale);
      expectDecomposition(weights, layer, await native().decompose(weights, layer, 1));
    }
  });

  test('the number of threads changes nothing', async () => {
    const layer: NativeLayer = { outputChannels: 20, inputChannels: 13, taps: 9, groups: 1 };
    const weights = randomWeights(layer);
    const [one, many] = [await native().decompose(weights, layer, 1), await native().decompose(weights, layer, 5)];
    expect(many).toEqual(one);
  });

  test('the array may change or be transferred meanwhile', async () => {
    const layer: NativeLayer = { outputChannels: 64, inputChannels: 64, taps: 9, groups: 1 };
    const weights = randomWeights(layer);
    const expected = await native().decompose(weights, layer, 1);
    const pending = native().decompose(weights, layer, 1);
    structuredClone(weights.buffer, { transfer: [weights.buffer as ArrayBuffer] });
    expect(await pending).toEqual(expected);
  });

  test('weights that are not finite are named', async () => {
    const layer: NativeLayer = { outputChannels: 4, inputChannels: 2, taps: 9, groups: 1 };
    for (const bad of [NaN, Infinity, -Infinity]) {
      const weights = randomWeights(layer);
      weights[31] = bad;
      weights[40] = NaN;
      await expect(native().decompose(weights, layer, 1)).rejects.toMatchObject({ code: 'MODEL_INVALID', index: 31 });
    }
  });

  const layer: NativeLayer = { outputChannels: 4, inputChannels: 2, taps: 9, groups: 1 };
  const bad: [string, unknown[]][] = [
    ['no arguments', []],
    ['weights of another type', [new Float64Array(72), layer, 1]],
    ['weights too few', [new Float32Array(71), layer, 1]],
    ['no dimensions', [new Float32Array(72), undefined, 1]],
    ['a missing dimension', [new Float32Array(72), { ...layer, taps: undefined }, 1]],
    ['a fraction', [new Float32Array(72), { ...layer, taps: 4.5 }, 1]],
    ['a zero', [new Float32Array(0), { ...layer, outputChannels: 0 }, 1]],
    ['a product beyond 64 bits', [new Float32Array(0), { ...layer, outputChannels: 2 ** 31, taps: 2 ** 31 }, 1]],
    ['groups that do not divide', [new Float32Array(24), { ...layer, groups: 3 }, 1]],
    ['no threads', [new Float32Array(72), layer, 0]],
    ['too many threads', [new Float32Array(72), layer, 1e6]],
    ['NaN threads', [new Float32Array(72), layer, NaN]],
  ];
  test.each(bad)('%s is refused', (_, given) => {
    const decompose = native().decompose as (...given: unknown[]) => unknown;
    expect(() => decompose(...given)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }) as Error);
  });
});
