import { quantizedByte } from '../../src/program/byte-quantization';
import { integerKernels } from '../../src/quantize/separable-kernels';
import { withBias } from '../../src/quantize/product-weights';
import { leastErrorScale, rangeScale } from '../../src/quantize/uniform-scale';
import { seeded } from '../linalg/layers';

describe('rangeScale', () => {
  test.each([
    [0, 2.55, 'uint8', 0.01, 0],
    [-1.28, 1.27, 'uint8', 0.01, 128],
    [-1.28, 1.27, 'int8', 0.01, 0],
    [-2.55, 0, 'uint8', 0.01, 255],
  ] as const)('from %d to %d in %s: a step of 1/255 of it, and a byte for 0', (least, most, type, step, zeroPoint) => {
    const found = rangeScale(least, most, type);
    expect(found.scale).toBeCloseTo(step, 6);
    expect(found.zeroPoint).toBe(zeroPoint);
  });

  test('a tensor of zeros has a scale above 0', () => {
    expect(rangeScale(0, 0, 'uint8').scale).toBeGreaterThan(0);
  });
});

describe('leastErrorScale', () => {
  const random = seeded(1);
  const error = (numbers: Float32Array, by: ReturnType<typeof rangeScale>) =>
    numbers.reduce((sum, one) => sum + (one - (quantizedByte(one, by) - by.zeroPoint) * by.scale) ** 2, 0);

  test('numbers that fill their range keep it', () => {
    const numbers = Float32Array.from({ length: 5000 }, () => random() * 3);
    expect(leastErrorScale({ least: 0, most: 3, numbers })).toEqual(rangeScale(0, 3, 'uint8'));
  });

  test('a rare number far outside is limited, and the error is the least of all shares', () => {
    const numbers = Float32Array.from({ length: 60000 }, () => random() * random() * random());
    numbers[0] = 4;
    const found = leastErrorScale({ least: 0, most: 4, numbers });
    expect(found.scale).toBeLessThan(0.97 * (4 / 255));
    expect(error(numbers, found)).toBeLessThan(error(numbers, rangeScale(0, 4, 'uint8')));
  });
});

describe('integerKernels', () => {
  test('features of the integers span all bytes, and a power of two rounds them', () => {
    const random = seeded(2);
    const kernels = Float32Array.from({ length: 90 }, () => random() - 0.5);
    const scale = 0.02;
    const ranges = Float64Array.from({ length: 10 }, (_, k) => (k + 1) * 0.3);
    const { numbers, scales, factors } = integerKernels(kernels, ranges, scale);
    for (let k = 0; k < 10; ++k) {
      const own = numbers.slice(9 * k, 9 * k + 9);
      expect(Number.isInteger(Math.log2(scales[k]!))).toBe(true);
      expect(scales[k]!).toBeLessThanOrEqual(1);
      expect(Math.max(...own.map(Math.abs))).toBeLessThanOrEqual(127);
      // A feature at the end of its range is the last byte, in units of the map's scale; less where the kernel has no more digits.
      const last = (ranges[k]! * factors[k]!) / scale;
      expect(last).toBeLessThanOrEqual(127 + 1e-6);
      if (scales[k]! < 1) expect(last).toBeCloseTo(127, 6);
      own.forEach((number, tap) =>
        expect(Math.abs(number * scales[k]! - kernels[9 * k + tap]! * factors[k]!)).toBeLessThanOrEqual(
          0.5 * scales[k]!,
        ),
      );
    }
  });

  test('a kernel of zeros stays one', () => {
    const { numbers, scales, factors } = integerKernels(new Float32Array(9), Float64Array.of(0), 0.1);
    expect(numbers).toEqual(new Int8Array(9));
    expect([scales[0], factors[0]]).toEqual([1, 1]);
  });
});

describe('withBias', () => {
  const weights = { numbers: Int8Array.of(100, -50, 3, 7), scales: Float32Array.of(0.01, 1e-12) };

  test('a bias is in units of the sums', () => {
    const found = withBias(weights, [0.5, 0], 0.1);
    expect(found.weights.numbers).toEqual(weights.numbers);
    expect(found.bias.numbers[0]! * found.bias.scales[0]!).toBeCloseTo(0.5, 3);
  });

  test('where it is too large for 32 bits, the scale of the weights grows', () => {
    const found = withBias(weights, [0, 40], 0.1);
    expect(Math.abs(found.bias.numbers[1]!)).toBeLessThanOrEqual(2 ** 29 + 1);
    expect(found.bias.numbers[1]! * found.bias.scales[1]!).toBeCloseTo(40, 4);
    expect([...found.weights.numbers.slice(2)]).toEqual([0, 0]);
  });

  test('where its unit would be no normal number, too', () => {
    const found = withBias(weights, [1e-28, 0], 1e-30);
    for (const unit of found.bias.scales) expect(unit).toBeGreaterThanOrEqual(1.17e-38);
    expect(found.bias.numbers[0]! * found.bias.scales[0]!).toBeCloseTo(1e-28, 31);
    expect([...found.weights.numbers]).toEqual([...weights.numbers.slice(0, 2), 0, 0]);
  });
});
