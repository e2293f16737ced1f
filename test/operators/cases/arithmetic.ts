import type { Constant } from '../../../src/onnx/value';
import { known, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(6);

function shapes(count: number): number[][] {
  const dims = random.dims(random.integer(0, 4), 1, 5);
  return Array.from({ length: count }, () => {
    if (random.next() < 0.4) return dims;
    return dims.map((dim) => (random.next() < 0.3 ? 1 : dim)).slice(random.integer(0, dims.length));
  });
}

const unary = (opType: string, opset: number, least = -3, most = 3): Case => ({
  opType,
  opset,
  inputs: [random.floats(random.dims(random.integer(0, 4)), least, most)],
});

const wholeUnary = (opType: string, type: 'int64' | 'int32'): Case => ({
  opType,
  opset: 13,
  inputs: [random.integers(random.dims(2), -5, 5, type)],
});

const binary = (opType: string, make: (dims: number[]) => Constant): Case => {
  const [a, b] = shapes(2) as [number[], number[]];
  return { opType, opset: random.pick([7, 13, 14]), inputs: [make(a), make(b)] };
};

function wholeBinary(opType: string, type: 'int64' | 'int32'): Case {
  const [a, b] = shapes(2) as [number[], number[]];
  const divisor = random.integers(b, 1, 4, type);
  return { opType, opset: 13, inputs: [random.integers(a, -9, 9, type), divisor] };
}

function variadic(opType: string): Case {
  const count = random.integer(1, 4);
  return { opType, opset: random.pick([8, 13]), inputs: shapes(count).map((dims) => random.floats(dims)) };
}

function wholeVariadic(opType: string, type: 'int64' | 'int32'): Case {
  return { opType, opset: 13, inputs: shapes(3).map((dims) => random.integers(dims, -9, 9, type)) };
}

const positive = (dims: number[]) => random.floats(dims, 0.2, 3);
const any = (dims: number[]) => random.floats(dims);

export const arithmeticCases: readonly Case[] = [
  ...['Neg', 'Abs', 'Exp', 'Floor', 'Ceil', 'Sign', 'Reciprocal'].flatMap((name) => repeat(2, () => unary(name, 13))),
  ...['Sqrt', 'Log'].flatMap((name) => repeat(2, () => unary(name, 13, 0.1, 5))),
  ...['Round', 'Sin', 'Cos', 'Atan'].flatMap((name) => repeat(2, () => unary(name, 22))),
  ...repeat(2, () => unary('Tan', 22, -1.2, 1.2)),
  ...['Sinh', 'Cosh', 'Asinh'].flatMap((name) => repeat(2, () => unary(name, 22))),
  ...['Asin', 'Acos', 'Atanh'].flatMap((name) => repeat(2, () => unary(name, 22, -0.9, 0.9))),
  ...repeat(2, () => unary('Acosh', 22, 1.1, 5)),
  ...repeat(2, () => ({ ...unary('Erf', 13), folds: false as const })),
  {
    opType: 'Round',
    opset: 11,
    inputs: [{ type: 'float32', dims: [6], data: Float32Array.of(0.5, 1.5, 2.5, -0.5, -1.5, 3.49) }],
  },
  ...['Neg', 'Abs', 'Sign'].flatMap((name) => [wholeUnary(name, 'int64'), wholeUnary(name, 'int32')]),
  ...['Add', 'Sub', 'Mul'].flatMap((name) => repeat(8, () => binary(name, any))),
  ...repeat(8, () => binary('Div', positive)),
  ...['Add', 'Sub', 'Mul', 'Div', 'Mod'].flatMap((name) => [wholeBinary(name, 'int64'), wholeBinary(name, 'int32')]),
  { opType: 'Mod', opset: 13, inputs: [random.integers([9], -9, 9), random.integers([9], -4, -1)] },
  {
    opType: 'Mod',
    opset: 13,
    inputs: [random.integers([9], -9, 9), random.integers([9], 1, 4)],
    attributes: { fmod: 1 },
  },
  { opType: 'Mod', opset: 13, inputs: [random.floats([3, 4], -5, 5), positive([4])], attributes: { fmod: 1 } },
  ...repeat(6, () => binary('Pow', positive)),
  { opType: 'Pow', opset: 13, inputs: [any([2, 3]), known({ type: 'float32', dims: [], data: Float32Array.of(2) })] },
  {
    opType: 'Pow',
    opset: 13,
    inputs: [positive([2, 3]), known({ type: 'float32', dims: [1], data: Float32Array.of(0.5) })],
  },
  { opType: 'Pow', opset: 13, inputs: [positive([2, 3]), random.integers([3], -2, 3)] },
  { opType: 'Pow', opset: 13, inputs: [known(random.integers([4], 0, 5)), known(random.integers([4], 0, 3))] },
  ...['Min', 'Max', 'Sum', 'Mean'].flatMap((name) => repeat(5, () => variadic(name))),
  ...['Min', 'Max'].flatMap((name) => [wholeVariadic(name, 'int64'), wholeVariadic(name, 'int32')]),
];
