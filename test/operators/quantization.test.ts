import { elementCount, type Constant } from '../../src/onnx/value';
import { constantOf, numbersOf } from '../../src/operators/elements';
import { roundHalfToEven } from '../../src/base/rounding';
import { known, titleOf, type Case } from './case';
import { quantizationCases } from './cases/quantization';
import { checkCases, expectClose, run } from './check';
import { Random } from './random';

checkCases(quantizationCases);

// Types that ONNX allows and onnxruntime 1.30 does not run: by the definition, in whole numbers.

const random = new Random(32);
type ByteType = 'uint8' | 'int8';
const limits = { uint8: [0, 255], int8: [-128, 127] } as const;
const bytes = (type: ByteType, dims: readonly number[]) =>
  random.integers(dims, limits[type][0], limits[type][1], type);
const zeroOf = (zero: Constant, channel: number) => numbersOf(zero)[elementCount(zero.dims) === 1 ? 0 : channel]!;

/** Sums of a convolution of stride 1 and padding 1 in one group, before the bias. */
function convolved(x: Constant, w: Constant, xZero: Constant, wZero: Constant): Constant {
  const [images, channels, height, width] = x.dims as [number, number, number, number];
  const [outputs, , rows, columns] = w.dims as [number, number, number, number];
  const dims = [images, outputs, height + 3 - rows, width + 3 - columns] as const;
  const [of, by] = [numbersOf(x), numbersOf(w)];
  const sums: number[] = [];
  for (let n = 0; n < images; n++) {
    for (let m = 0; m < outputs; m++) {
      for (let oh = 0; oh < dims[2]; oh++) {
        for (let ow = 0; ow < dims[3]; ow++) {
          let sum = 0;
          for (let i = 0; i < channels * rows * columns; i++) {
            const [c, r, k] = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns];
            const [h, v] = [oh + r - 1, ow + k - 1];
            if (h < 0 || v < 0 || h >= height || v >= width) continue;
            const one = of[((n * channels + c) * height + h) * width + v]! - zeroOf(xZero, 0);
            sum += one * (by[m * channels * rows * columns + i]! - zeroOf(wZero, m));
          }
          sums.push(sum);
        }
      }
    }
  }
  return constantOf('int32', dims, sums);
}

/** Of two matrices. */
function multiplied(a: Constant, b: Constant, aZero: Constant, bZero: Constant): Constant {
  const [rows, depth] = a.dims as [number, number];
  const columns = b.dims[1]!;
  const [of, by] = [numbersOf(a), numbersOf(b)];
  const sums = Array.from({ length: rows * columns }, (_, i) => {
    const [r, m] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let k = 0; k < depth; k++) {
      sum += (of[r * depth + k]! - zeroOf(aZero, 0)) * (by[k * columns + m]! - zeroOf(bZero, m));
    }
    return sum;
  });
  return constantOf('int32', [rows, columns], sums);
}

/** Bytes of sums, of which those of an output channel have a scale. */
function requantized(sums: Constant, scaleOf: (place: number) => number, zero: Constant): Constant {
  const [least, most] = limits[zero.type as ByteType];
  const numbers = Array.from(numbersOf(sums), (sum, i) =>
    Math.min(Math.max(roundHalfToEven(sum * scaleOf(i)) + zeroOf(zero, 0), least), most),
  );
  return constantOf(zero.type, sums.dims, numbers);
}

const kinds = ['uint8', 'int8'] as const;
const mixes = kinds.flatMap((data) => kinds.flatMap((weights) => kinds.map((result) => ({ data, weights, result }))));

describe.each(mixes)('$data by $weights to $result, by definition', ({ data, weights, result }) => {
  const x = bytes(data, [2, 3, 4, 5]);
  const w = bytes(weights, [4, 3, 3, 2]);
  const a = bytes(data, [4, 6]);
  const b = bytes(weights, [6, 5]);
  const xZero = bytes(data, []);
  const [wZero, bZero] = [bytes(weights, [4]), bytes(weights, [5])];
  const yZero = bytes(result, []);
  const scale = (...numbers: number[]) => constantOf('float32', numbers.length === 1 ? [] : [numbers.length], numbers);
  // Powers of 2, so that no step rounds but the last.
  const xScale = scale(1 / 16);
  const yScale = scale(8);
  const wScales = (count: number) => scale(...Array.from({ length: count }, (_, m) => 2 ** -(m % 3)));
  const factor = (scales: Constant, channel: number) => numbersOf(scales)[channel]! / 16 / 8;

  const pads = { pads: [1, 1, 1, 1] };
  const convInteger: Case = { opType: 'ConvInteger', opset: 10, inputs: [x, w, xZero, wZero], attributes: pads };
  const bias = random.integers([4], -20_000, 20_000, 'int32');
  const biased = (sums: Constant) => {
    const inner = elementCount(sums.dims.slice(2));
    const numbers = Array.from(numbersOf(sums), (sum, i) => sum + numbersOf(bias)[Math.floor(i / inner) % 4]!);
    return { sums: constantOf('int32', sums.dims, numbers), inner };
  };
  const conv = biased(convolved(x, w, xZero, wZero));
  const scales = { conv: wScales(4), matmul: wScales(5) };
  const cases: readonly { readonly tested: Case; readonly expected: Constant }[] = [
    { tested: convInteger, expected: convolved(x, w, xZero, wZero) },
    {
      tested: { opType: 'MatMulInteger', opset: 10, inputs: [a, b, xZero, bZero] },
      expected: multiplied(a, b, xZero, bZero),
    },
    {
      tested: {
        opType: 'QLinearConv',
        opset: 10,
        inputs: [x, xScale, xZero, w, scales.conv, wZero, yScale, yZero, bias],
        attributes: pads,
      },
      expected: requantized(conv.sums, (i) => factor(scales.conv, Math.floor(i / conv.inner) % 4), yZero),
    },
    {
      tested: {
        opType: 'QLinearMatMul',
        opset: 10,
        inputs: [a, xScale, xZero, b, scales.matmul, bZero, yScale, yZero],
      },
      expected: requantized(multiplied(a, b, xZero, bZero), (i) => factor(scales.matmul, i % 5), yZero),
    },
  ];
  // Known weights make integer operations, others float ones: which have the same results here.
  const both = cases.flatMap(({ tested, expected }) =>
    [false, true].map((isKnown) => ({
      title: `${titleOf(tested)}${isKnown ? ', of known weights' : ''}`,
      tested: isKnown
        ? { ...tested, inputs: tested.inputs.map((input, i) => (i === 0 ? input : known(input!))) }
        : tested,
      expected,
    })),
  );
  test.each(both)('$title', async ({ tested, expected }) => {
    expectClose(await run(tested), [expected], tested);
  });
});

describe('sums that may not fit an int32', () => {
  // 255·127·channels is more than 2^31 - 1.
  const channels = 66_400;
  const filled = (type: ByteType, dims: readonly number[], value: number) =>
    constantOf(type, dims, new Array<number>(elementCount(dims)).fill(value));
  const float = (value: number) => known(constantOf('float32', [], [value]));
  const x = filled('uint8', [1, channels, 1, 1], 255);
  const w = known(filled('int8', [1, channels, 1, 1], 127));
  const zero = (type: ByteType) => known(constantOf(type, [], [0]));

  test('are summed up in floats by QLinearConv and QLinearMatMul', async () => {
    // Of 255·127·66400·2^-24 = 128.17 there remain 128.
    const scales = [float(2 ** -12), zero('uint8')];
    const given = [scales, [w, float(2 ** -12), zero('int8')], [float(1), zero('uint8')]].flat();
    const conv: Case = { opType: 'QLinearConv', opset: 10, inputs: [x, ...given] };
    expectClose(await run(conv), [constantOf('uint8', [1, 1, 1, 1], [128])], conv);
    const matrix = known({ ...w, dims: [channels, 1] });
    const inputs = [{ ...x, dims: [1, channels] }, ...given.with(2, matrix)];
    const product: Case = { opType: 'QLinearMatMul', opset: 10, inputs };
    expectClose(await run(product), [constantOf('uint8', [1, 1], [128])], product);
  });

  test.each<[string, Case]>([
    ['known weights', { opType: 'ConvInteger', opset: 10, inputs: [x, w] }],
    ['fed weights', { opType: 'ConvInteger', opset: 10, inputs: [x, { ...w, known: false }] }],
    [
      'a known matrix',
      {
        opType: 'MatMulInteger',
        opset: 10,
        inputs: [
          { ...x, dims: [1, channels] },
          { ...w, dims: [channels, 1] },
        ],
      },
    ],
    [
      'a fed matrix',
      {
        opType: 'MatMulInteger',
        opset: 10,
        inputs: [
          { ...x, dims: [1, channels] },
          { ...w, known: false, dims: [channels, 1] },
        ],
      },
    ],
  ])('are refused where the result is the sum, of %s', async (_, tested) => {
    await expect(run(tested)).rejects.toMatchObject({
      name: 'GdwsError',
      node: 'node',
      operator: tested.opType,
      code: 'OPERATOR_UNSUPPORTED',
    });
  });
});
