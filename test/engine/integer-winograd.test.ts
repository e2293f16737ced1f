import { native, type NumberedConstant } from '../../src/addon/native';
import { nativeTypes } from '../../src/program/element-type';
import { encodeProgram } from '../../src/program/encode';
import { operationOf } from '../../src/program/operation';
import { Program } from '../../src/program/program';

// Winograd's convolution of bytes computes modulo 2^32 and divides: what it gives is exact below a bound of the weights,
// and a layer beyond it must have another kernel.

interface Layer {
  readonly x: readonly [batch: number, channels: number, height: number, width: number];
  readonly outputs: number;
  /** Bytes of x and of the weights. */
  readonly data: { readonly x: Int8Array; readonly w: Int8Array };
}

/** The int32 sums of a 3×3 window with pads of 1, and the kernel that found them. */
function run({ x: dims, outputs, data }: Layer, kernel: string, threads = 1) {
  const [batch, channels, height, width] = dims;
  const program = new Program();
  const x = program.addValue({ type: 'int8', dims: [...dims], storage: 'input', index: 0 });
  const w = program.addValue({ type: 'int8', dims: [outputs, channels, 3, 3], storage: 'constant', index: 0 });
  const y = program.addValue({ type: 'int32', dims: [batch, outputs, height, width], storage: 'temporary', index: -1 });
  program.inputs.push(x);
  program.outputs.push(y);
  program.operations.push(
    operationOf(
      'integerConvolution',
      [x, w],
      [y],
      { node: 'n', operator: 'ConvInteger' },
      {
        groups: 1,
        strides: [1, 1],
        dilations: [1, 1],
        pads: [1, 1, 1, 1],
        zeroPoint: 0,
        least: 0,
        most: 0,
        residualZeroPoint: 0,
        sumsBytes: false,
        innerLeast: 0,
        innerMost: 0,
        sumScale: 1,
        residualScale: 1,
      },
    ),
  );
  const constants: NumberedConstant[] = [[0, { type: nativeTypes.indexOf('int8'), data: data.w }]];
  const compiled = native().createSession(threads, kernel).compile(encodeProgram(program), constants);
  const [sums] = compiled.runSync([data.x]);
  return { kernels: compiled.kernels, sums: new Int32Array(sums!) };
}

/** Sums of 3×3 windows all of whose numbers are the same. */
function largest(channels: number, number: number, weight: number): Layer {
  const [height, width] = [5, 6];
  const data = {
    x: new Int8Array(channels * height * width).fill(number),
    w: new Int8Array(channels * 9).fill(weight),
  };
  return { x: [1, channels, height, width], outputs: 1, data };
}

describe('Winograd convolution of bytes', () => {
  test.each([
    [127, 127],
    [-128, 127],
    [127, -127],
    [-128, -127],
  ])('of numbers %i and weights %i is exact up to its bound, and refused beyond it', (number, weight) => {
    // The sizes of the weights add up to less than 2^18 with 229 channels, and to more with 230.
    for (const [channels, kernel] of [
      [229, 'integerConvolution.winograd4'],
      [230, 'integerConvolution.product'],
    ] as const) {
      const { kernels, sums } = run(largest(channels, number, weight), kernel);
      expect(kernels).toEqual([kernel]);
      expect(sums[6 + 1]).toBe(9 * channels * number * weight);
      expect(sums[0]).toBe(4 * channels * number * weight);
    }
    const { kernels, sums } = run(largest(230, number, weight), 'integerConvolution.winograd4');
    expect(kernels).not.toEqual(['integerConvolution.winograd4']);
    expect(sums[6 + 1]).toBe(9 * 230 * number * weight);
  });

  const bytes = (count: number, factor: number) =>
    Int8Array.from({ length: count }, (_, i) => ((i * factor) % 255) - 127);

  test.each([
    [1, 24, 44, 61, 20],
    [3, 33, 13, 10, 40],
    [5, 16, 7, 7, 100],
    [1, 1, 130, 11, 3],
  ] as const)(
    'gives the same sums as the reference with any number of threads: %i images of %i channels of %i × %i to %i channels',
    (batch, channels, height, width, outputs) => {
      const layer: Layer = {
        x: [batch, channels, height, width],
        outputs,
        data: { x: bytes(batch * channels * height * width, 7919), w: bytes(outputs * channels * 9, 104729) },
      };
      const expected = run(layer, 'integerConvolution.reference').sums;
      for (const kernel of ['integerConvolution.winograd4', 'integerConvolution.winograd2']) {
        for (const threads of [1, 2, 3]) {
          const { kernels, sums } = run(layer, kernel, threads);
          expect(kernels).toEqual([kernel]);
          expect(sums).toEqual(expected);
        }
      }
    },
  );
});
