import { native } from '../../src/addon/native';
import { LiveStore } from '../../src/calibrate/live-store';
import { ConstantPool } from '../../src/program/constant-pool';
import { noActivation, type Operation } from '../../src/program/operation';
import type { ProgramValue } from '../../src/program/program';
import { MeasuringPrograms } from '../../src/quantize/measuring-programs';
import { productError } from '../../src/quantize/product-error';
import { productMoments } from '../../src/quantize/product-moments';
import { drawPatches, type MeasuredProduct, type ProductMaps } from '../../src/quantize/product-patches';
import { RandomStream } from '../../src/robustness/random-stream';
import { floats } from '../graph/small-network';

/** A convolution over batches of these numbers of images. */
interface Case {
  readonly images: readonly number[];
  readonly channels: number;
  readonly outputs: number;
  readonly groups: number;
  readonly kernel: readonly [number, number];
  readonly map: readonly [number, number];
  readonly strides: [number, number];
  readonly dilations: [number, number];
  readonly pads: [number, number, number, number];
}

const plain = { groups: 1, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
const cases: readonly [string, Case][] = [
  ['of one channel', { ...plain, images: [1], channels: 1, outputs: 1, kernel: [1, 1], map: [3, 2] }],
  [
    'of groups, strides, dilations and pads, with a smaller last batch',
    {
      images: [3, 3, 3, 2],
      channels: 6,
      outputs: 4,
      groups: 2,
      kernel: [3, 2],
      map: [7, 9],
      strides: [2, 1],
      dilations: [1, 2],
      pads: [1, 0, 2, 1],
    },
  ],
  [
    'of many batches',
    { ...plain, images: Array.from({ length: 13 }, () => 1), channels: 3, outputs: 5, kernel: [2, 3], map: [5, 4] },
  ],
  [
    'with more pixels than are read at once',
    { ...plain, images: [1, 1], channels: 2, outputs: 3, kernel: [1, 2], map: [67, 92] },
  ],
] as [string, Case][];

function subjectOf({ images, channels, outputs, groups, kernel, map, strides, dilations, pads }: Case) {
  const spans = [0, 1].map((axis) => (kernel[axis]! - 1) * dilations[axis]! + 1);
  const [height, width] = [0, 1].map(
    (axis) => Math.floor((map[axis]! + pads[axis]! + pads[axis + 2]! - spans[axis]!) / strides[axis]!) + 1,
  ) as [number, number];
  const operation: Operation<'convolution'> = {
    opcode: 'convolution',
    inputs: [0, 1],
    outputs: [2],
    attributes: { groups, strides, dilations, pads, activation: noActivation },
    origin: { node: 'test', operator: 'Conv' },
  };
  const value = (dims: number[]): ProgramValue => ({ type: 'float32', dims, storage: 'temporary', index: -1 });
  const size = (channels / groups) * kernel[0] * kernel[1];
  /** Patches of a group and what is wanted of it, by the definition of a convolution. */
  const rowsOf = (group: number, chosen: readonly (readonly number[])[]) =>
    data.flatMap(({ x, y }, batch) =>
      chosen[batch]!.map((pixel) => {
        const image = Math.floor(pixel / (height * width));
        const [row, column] = [Math.floor(pixel / width) % height, pixel % width];
        const patch = Array.from({ length: size }, (_, index) => {
          const taps = kernel[0] * kernel[1];
          const channel = (group * channels) / groups + Math.floor(index / taps);
          const [down, across] = [Math.floor((index % taps) / kernel[1]), index % kernel[1]];
          const at = [
            row * strides[0] + down * dilations[0] - pads[0],
            column * strides[1] + across * dilations[1] - pads[1],
          ];
          if (at[0]! < 0 || at[0]! >= map[0] || at[1]! < 0 || at[1]! >= map[1]) return 0;
          return x[((image * channels + channel) * map[0] + at[0]!) * map[1] + at[1]!]!;
        });
        const wanted = Array.from({ length: outputs / groups }, (_, output) => {
          const channel = (group * outputs) / groups + output;
          return y[((image * outputs + channel) * height + row) * width + column]!;
        });
        return { patch, wanted };
      }),
    );
  const data = images.map((count, batch) => ({
    x: (floats([count, channels, ...map], 2 * batch + 1).data as Float32Array).map((one) => one + 3),
    y: (floats([count, outputs, height, width], 2 * batch + 2).data as Float32Array).map((one) => one - 2),
  }));
  const stored = (array: Float32Array) => ({
    type: 'float32' as const,
    bytes: array.byteLength,
    make: () => Promise.resolve(array),
  });
  const batches = data.map(({ x, y }, batch): ProductMaps => ({
    x: stored(x),
    y: stored(y),
    values: [
      value([images[batch]!, channels, ...map]),
      value([outputs, channels / groups, ...kernel]),
      value([images[batch]!, outputs, height, width]),
    ],
  }));
  const product: MeasuredProduct = { operation, groups, outputs, kernel };
  return { product, batches, rowsOf, size, pixels: images.map((count) => count * height * width) };
}

function programs(threads: number) {
  const engine = { session: native().createSession(threads), store: new LiveStore(1e7), pool: new ConstantPool() };
  return new MeasuringPrograms(engine);
}

const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

describe.each(cases)('a product %s', (_, given) => {
  const { product, batches, rowsOf, size, pixels } = subjectOf(given);
  const { groups, outputs } = given;
  const all = pixels.map((count) => Array.from({ length: count }, (_, pixel) => pixel));

  test('has the moments of all its patches', async () => {
    const moments = await productMoments(product, batches, Infinity, programs(2), new RandomStream(1));
    for (let group = 0; group < groups; ++group) {
      const rows = rowsOf(group, all);
      const inputs = Array.from({ length: size }, (_, i) => mean(rows.map(({ patch }) => patch[i]!)));
      inputs.forEach((one, i) => expect(moments.inputs[group * size + i]).toBeCloseTo(one, 4));
      for (let i = 0; i < size; ++i) {
        for (let j = 0; j < size; ++j) {
          const covariance = mean(rows.map(({ patch }) => (patch[i]! - inputs[i]!) * (patch[j]! - inputs[j]!)));
          expect(moments.gram[(group * size + i) * size + j]).toBeCloseTo(covariance, 4);
        }
      }
      for (let output = 0; output < outputs / groups; ++output) {
        const at = (group * outputs) / groups + output;
        const center = mean(rows.map(({ wanted }) => wanted[output]!));
        expect(moments.outputs[at]).toBeCloseTo(center, 4);
        for (let i = 0; i < size; ++i) {
          const covariance = mean(
            rows.map(({ patch, wanted }) => (wanted[output]! - center) * (patch[i]! - inputs[i]!)),
          );
          expect(moments.cross[at * size + i]).toBeCloseTo(covariance, 4);
        }
      }
    }
  });

  test('has the error of weights, as a share of the variance', async () => {
    const weights = floats([outputs, size], 3).data as Float32Array;
    const bias = floats([outputs], 4).data as Float32Array;
    const [expected, variance] = [0, 1].map((which) =>
      Array.from({ length: groups }, (_, group) => {
        const rows = rowsOf(group, all);
        return Array.from({ length: outputs / groups }, (_, output) => {
          const at = (group * outputs) / groups + output;
          const center = mean(rows.map(({ wanted }) => wanted[output]!));
          return mean(
            rows.map(({ patch, wanted }) => {
              const given = patch.reduce((sum, one, i) => sum + one * weights[at * size + i]!, bias[at]!);
              return (wanted[output]! - (which === 0 ? given : center)) ** 2;
            }),
          );
        }).reduce((sum, one) => sum + one, 0);
      }).reduce((sum, one) => sum + one, 0),
    ) as [number, number];
    const found = await productError(product, batches, { weights, bias }, programs(2), new RandomStream(1));
    // Of the last case, a third of the patches are drawn.
    const tolerance = pixels.reduce((sum, one) => sum + one, 0) > 4096 ? 0.05 : 1e-4;
    expect(Math.abs(found * (variance / expected) - 1)).toBeLessThan(tolerance);
  });
});

test('patches are drawn from all batches in proportion, and read with those of other batches', () => {
  const { product, batches, pixels } = subjectOf(cases[2]![1]);
  const drawn = drawPatches(product, batches, 0.5 * 13 * pixels[0]!, new RandomStream(1));
  expect(drawn).toHaveLength(1);
  expect(drawn[0]!.batches).toEqual(batches);
  for (const chosen of drawn[0]!.pixels) {
    expect(chosen).toHaveLength(Math.round(pixels[0]! / 2));
    expect(new Set(chosen).size).toBe(chosen.length);
  }
});

test('moments are the same for one thread and for two', async () => {
  const { product, batches } = subjectOf(cases[1]![1]);
  const [one, two] = await Promise.all(
    [1, 2].map((threads) => productMoments(product, batches, 200, programs(threads), new RandomStream(1))),
  );
  expect(one).toEqual(two);
});
