import { elementCount, type Constant } from '../../../src/onnx/value';
import { constantOf } from '../../../src/operators/elements';
import { float, known, type Case, type CaseInput } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(31);

type ByteType = 'uint8' | 'int8';
const byteTypes: readonly ByteType[] = ['uint8', 'int8'];

const limits = { uint8: [0, 255], int8: [-128, 127], int32: [-100_000, 100_000] } as const;

function integers(type: keyof typeof limits, dims: readonly number[]): Constant {
  return random.integers(dims, limits[type][0], limits[type][1], type);
}

/** Small enough that onnxruntime's sums of pairs of products fit the 16 bits that it has for them on some processors. */
function weights(type: ByteType, dims: readonly number[]): Constant {
  return type === 'uint8' ? random.integers(dims, 70, 190, type) : random.integers(dims, -60, 60, type);
}

/** One for each of `count` channels, or one of no dims. */
function scale(count?: number, around = 0.05): CaseInput {
  return known(random.floats(count === undefined ? [] : [count], around / 2, around * 2));
}

/** Often at a limit of the type. */
function zeroPoint(type: ByteType, count?: number): CaseInput {
  const [least, most] = limits[type];
  const dims = count === undefined ? [] : [count];
  const one = () => random.pick([least, most, 0, random.integer(least, most), random.integer(least, most)]);
  return known(constantOf(type, dims, Array.from({ length: elementCount(dims) }, one)));
}

/** The same for all channels: onnxruntime takes no others for weights. */
function weightZeroPoint(type: ByteType, count?: number): CaseInput {
  const dims = count === undefined ? [] : [count];
  const zero = type === 'int8' ? 0 : random.integer(100, 160);
  return known(constantOf(type, dims, new Array<number>(elementCount(dims)).fill(zero)));
}

/** Fed or known. */
function either(input: Constant): CaseInput {
  return random.next() < 0.5 ? input : known(input);
}

/** Quantization of a whole tensor, or along an axis where the operator set has that. */
function along(opset: number, dims: readonly number[]): { axis?: number; count?: number } {
  if (opset < 13 || dims.length === 0 || random.next() < 0.4) return {};
  const axis = dims.length > 1 && random.next() < 0.3 ? undefined : random.integer(-dims.length, dims.length - 1);
  return { axis, count: dims.at(axis ?? 1)! };
}

const withAxis = (axis: number | undefined) => (axis === undefined ? {} : { attributes: { axis } });

function quantizeLinear(): Case {
  const opset = random.pick([10, 13, 19, 21]);
  const dims = random.dims(random.integer(0, 4));
  const type = random.pick(byteTypes);
  const { axis, count } = along(opset, dims);
  const absent = random.next() < 0.25;
  return {
    opType: 'QuantizeLinear',
    opset,
    // Beyond the limits too.
    inputs: [random.floats(dims, -12, 12), scale(count), ...(absent ? [] : [zeroPoint(type, count)])],
    ...withAxis(axis),
  };
}

/** Floats that lie between two numbers exactly, and those that no byte has. */
function ties(type: ByteType): Case {
  const halves = Array.from({ length: 24 }, (_, i) => (i - 12) / 4);
  return {
    opType: 'QuantizeLinear',
    opset: 13,
    inputs: [
      constantOf('float32', [28], [...halves, Infinity, -Infinity, 3e38, -3e38]),
      known(constantOf('float32', [], [0.5])),
      known(constantOf(type, [], [3])),
    ],
  };
}

function dequantizeLinear(): Case {
  const opset = random.pick([10, 13, 19, 21]);
  const dims = random.dims(random.integer(0, 4));
  const type = random.pick(['uint8', 'int8', 'int32'] as const);
  const { axis, count } = along(opset, dims);
  const zero =
    type === 'int32'
      ? known(constantOf(type, count === undefined ? [] : [count], new Array<number>(count ?? 1).fill(0)))
      : zeroPoint(type, count);
  return {
    opType: 'DequantizeLinear',
    opset,
    inputs: [integers(type, dims), scale(count), ...(random.next() < 0.25 ? [] : [zero])],
    ...withAxis(axis),
  };
}

function dynamicQuantize(): Case {
  const [least, most] = random.pick([
    [-3, 5],
    [1, 5],
    [-5, -1],
    [0, 9],
  ] as const);
  return {
    opType: 'DynamicQuantizeLinear',
    opset: 11,
    inputs: [random.floats(random.dims(random.integer(1, 4)), least, most)],
    outputs: 3,
    steps: 1,
  };
}

/** Those that onnxruntime runs; all are of the operator. */
const mixes: readonly (readonly [ByteType, ByteType])[] = [
  ['uint8', 'uint8'],
  ['uint8', 'int8'],
  ['int8', 'int8'],
];

interface Convolved {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly attributes: NonNullable<Case['attributes']>;
}

function convolved(rank: number): Convolved {
  const group = random.pick([1, 1, 2, 3]);
  const [perGroup, outputs] = [random.integer(1, 3), group * random.integer(1, 3)];
  const kernel = random.dims(rank, 1, 3);
  const padding: Case['attributes'] = random.pick<NonNullable<Case['attributes']>>([
    {},
    { pads: random.dims(2 * rank, 0, 2) },
    { auto_pad: 'SAME_UPPER' },
  ]);
  return {
    x: [random.integer(1, 2), group * perGroup, ...random.dims(rank, 5, 8)],
    w: [outputs, perGroup, ...kernel],
    attributes: {
      group,
      ...padding,
      ...(random.next() < 0.5 ? { strides: random.dims(rank, 1, 2) } : {}),
      ...(random.next() < 0.3 && !('auto_pad' in padding) ? { dilations: random.dims(rank, 1, 2) } : {}),
    },
  };
}

function qLinearConv(rank: number): Case {
  const [xType, wType] = random.pick(mixes);
  const { x, w, attributes } = convolved(rank);
  const count = random.pick([undefined, w[0]!]);
  return {
    opType: 'QLinearConv',
    opset: 10,
    inputs: [
      integers(xType, x),
      scale(),
      zeroPoint(xType),
      known(weights(wType, w)),
      scale(count),
      weightZeroPoint(wType, count),
      scale(undefined, 1),
      zeroPoint(xType),
      ...(random.next() < 0.6 ? [known(random.integers([w[0]!], -5000, 5000, 'int32'))] : []),
    ],
    attributes,
    steps: 1,
  };
}

function convInteger(rank: number): Case {
  const { x, w, attributes } = convolved(rank);
  const some = random.integer(0, 2);
  return {
    opType: 'ConvInteger',
    opset: 10,
    inputs: [
      integers('uint8', x),
      either(weights('uint8', w)),
      ...[zeroPoint('uint8'), weightZeroPoint('uint8')].slice(0, some),
    ],
    attributes,
  };
}

/** Shapes of two factors. */
function factors(): readonly [number[], number[]] {
  const [rows, depth, columns] = random.dims(3, 1, 7) as [number, number, number];
  const batch = random.dims(random.integer(0, 2), 1, 3);
  return random.pick([
    [
      [rows, depth],
      [depth, columns],
    ],
    [
      [...batch, rows, depth],
      [depth, columns],
    ],
    [
      [...batch, rows, depth],
      [...batch, depth, columns],
    ],
  ] as [number[], number[]][]);
}

function matMulInteger(): Case {
  const [aType, bType] = random.pick(mixes);
  const [a, b] = factors();
  const perColumn = b.length === 2 && random.next() < 0.4 ? b.at(-1) : undefined;
  const some = random.integer(0, 2);
  return {
    opType: 'MatMulInteger',
    opset: 10,
    inputs: [
      integers(aType, a),
      either(weights(bType, b)),
      ...[zeroPoint(aType), bType === 'int8' ? zeroPoint('int8', perColumn) : zeroPoint('uint8', perColumn)].slice(
        0,
        some,
      ),
    ],
  };
}

function qLinearMatMul(): Case {
  const [aType, bType] = random.pick(mixes);
  const [a, b] = factors();
  const count = b.length === 2 && random.next() < 0.4 ? b.at(-1) : undefined;
  return {
    opType: 'QLinearMatMul',
    opset: 10,
    inputs: [
      integers(aType, a),
      scale(),
      zeroPoint(aType),
      known(weights(bType, b)),
      scale(count),
      weightZeroPoint(bType, count),
      scale(undefined, 1),
      zeroPoint(aType),
    ],
    steps: 1,
  };
}

const microsoft = { domain: 'com.microsoft', opset: 17, steps: 1 } as const;

function ofTwo(opType: 'QLinearAdd' | 'QLinearMul'): Case {
  const type = random.pick(byteTypes);
  const dims = random.dims(random.integer(1, 4));
  const other = dims.slice(random.integer(0, dims.length - 1)).map((dim) => random.pick([dim, dim, 1]));
  const [a, b] = random.shuffle([dims, other]) as [number[], number[]];
  return {
    ...microsoft,
    opType,
    inputs: [
      integers(type, a),
      scale(),
      zeroPoint(type),
      integers(type, b),
      scale(),
      zeroPoint(type),
      scale(undefined, opType === 'QLinearAdd' ? 0.1 : 0.5),
      zeroPoint(type),
    ],
  };
}

/** x, its scale and zero point, those of y. */
function one(type: ByteType, x: readonly number[], around: number): CaseInput[] {
  return [integers(type, x), scale(), zeroPoint(type), scale(undefined, around), zeroPoint(type)];
}

function ofOne(opType: 'QLinearSigmoid' | 'QLinearLeakyRelu'): Case {
  const attributes: Case['attributes'] = opType === 'QLinearLeakyRelu' ? { alpha: float(random.next()) } : {};
  const around = opType === 'QLinearSigmoid' ? 1 / 256 : 0.05;
  return {
    ...microsoft,
    opType,
    inputs: one(random.pick(byteTypes), random.dims(random.integer(1, 4)), around),
    attributes,
  };
}

function averagePool(): Case {
  const rank = random.integer(1, 2);
  const kernel = random.dims(rank, 1, 3);
  return {
    ...microsoft,
    opType: 'QLinearAveragePool',
    inputs: one(random.pick(byteTypes), [random.integer(1, 2), random.integer(1, 4), ...random.dims(rank, 4, 7)], 0.05),
    attributes: {
      kernel_shape: kernel,
      ...(random.next() < 0.5 ? { strides: random.dims(rank, 1, 2) } : {}),
      ...(random.next() < 0.5
        ? {
            pads: [...kernel, ...kernel].map((size) => random.integer(0, size - 1)),
            count_include_pad: random.integer(0, 1),
          }
        : {}),
    },
  };
}

function globalAveragePool(): Case {
  return {
    ...microsoft,
    opType: 'QLinearGlobalAveragePool',
    inputs: one(random.pick(byteTypes), random.dims(4, 1, 6), 0.02),
  };
}

function concat(): Case {
  const type = random.pick(byteTypes);
  const dims = random.dims(random.integer(1, 4));
  const axis = random.integer(0, dims.length - 1);
  const piece = () => [integers(type, dims.with(axis, random.integer(1, 4))), scale(), zeroPoint(type)];
  return {
    ...microsoft,
    opType: 'QLinearConcat',
    inputs: [scale(), zeroPoint(type), ...Array.from({ length: random.integer(1, 3) }, piece).flat()],
    attributes: { axis },
  };
}

function qGemm(): Case {
  const [aType, bType] = random.pick(mixes);
  const [rows, depth, columns] = random.dims(3, 1, 7) as [number, number, number];
  const [transA, transB] = [random.integer(0, 1), random.integer(0, 1)];
  const count = random.pick([undefined, columns]);
  const bias = random.pick([undefined, [columns], [1, columns], [rows, columns]]);
  const isFloat = random.next() < 0.3;
  return {
    ...microsoft,
    opType: 'QGemm',
    inputs: [
      integers(aType, transA ? [depth, rows] : [rows, depth]),
      scale(),
      zeroPoint(aType),
      known(weights(bType, transB ? [columns, depth] : [depth, columns])),
      scale(count),
      weightZeroPoint(bType, count),
      bias && known(random.integers(bias, -5000, 5000, 'int32')),
      ...(isFloat ? [] : [scale(undefined, 1), zeroPoint(aType)]),
    ],
    attributes: { transA, transB, ...(random.next() < 0.4 ? { alpha: float(0.25 + random.next()) } : {}) },
  };
}

function softmax(): Case {
  const type = random.pick(byteTypes);
  // Along an axis of one element the result is 1, which is 256 steps: onnxruntime makes 0 of them, not 255.
  const dims = random.dims(random.integer(1, 4), 2);
  return {
    ...microsoft,
    opType: 'QLinearSoftmax',
    inputs: [
      integers(type, dims),
      scale(),
      zeroPoint(type),
      known(constantOf('float32', [], [1 / 256])),
      known(constantOf(type, [], [limits[type][0]])),
    ],
    attributes: { axis: random.integer(-dims.length, dims.length - 1), opset: random.pick([12, 13]) },
  };
}

export const quantizationCases: readonly Case[] = [
  ...repeat(40, quantizeLinear),
  ...byteTypes.map(ties),
  ...repeat(40, dequantizeLinear),
  ...repeat(12, dynamicQuantize),
  { opType: 'DynamicQuantizeLinear', opset: 11, inputs: [constantOf('float32', [3], [0, 0, 0])], outputs: 3 },
  ...repeat(30, () => qLinearConv(2)),
  ...repeat(10, () => qLinearConv(1)),
  ...repeat(12, () => qLinearConv(3)),
  ...repeat(16, () => convInteger(2)),
  ...repeat(6, () => convInteger(1)),
  ...repeat(20, () => convInteger(3)),
  ...repeat(24, matMulInteger),
  ...repeat(24, qLinearMatMul),
  ...repeat(16, () => ofTwo('QLinearAdd')),
  ...repeat(16, () => ofTwo('QLinearMul')),
  ...repeat(10, () => ofOne('QLinearSigmoid')),
  ...repeat(10, () => ofOne('QLinearLeakyRelu')),
  ...repeat(12, averagePool),
  ...repeat(6, globalAveragePool),
  ...repeat(12, concat),
  ...repeat(24, qGemm),
  ...repeat(12, softmax),
];
