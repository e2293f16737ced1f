import fc from 'fast-check';
import { GdwsError } from '../../src/base/errors';
import { makeNode } from '../../src/onnx/make';
import type { DataType, KnownValue } from '../../src/onnx/value';
import { operatorOf } from '../../src/operators';
import { constantOf } from '../../src/operators/elements';
import type { Lowering } from '../../src/operators/lowering';
import { OperatorCall } from '../../src/operators/operator';
import { allCases } from './all-cases';
import { float, known, knownFloats, knownIntegers, type Case } from './case';
import { nodeOf } from './oracle';
import { Random } from './random';

const random = new Random(20);

/** What inference of a case throws. */
function failure(tested: Case): unknown {
  const inputs = tested.inputs.map((input) => input && { ...input, constant: input.known ? input : undefined });
  try {
    operatorOf(tested.domain ?? '', tested.opType)!.infer(new OperatorCall(nodeOf(tested), tested.opset, inputs));
  } catch (error) {
    return error;
  }
  return undefined;
}

const x = (...dims: number[]) => random.floats(dims);
const bytes = (...dims: number[]) => random.integers(dims, 0, 255, 'uint8');
/** One of no dims, or `count`. */
const scales = (count?: number) => random.floats(count === undefined ? [] : [count], 0.01, 0.1);
const microsoft = { domain: 'com.microsoft', opset: 17 } as const;

/** Inputs of a QLinearConv of 3 channels to 4. */
function qLinear({ w = [4, 3, 3, 3], of, bias = 4 }: { w?: number[]; of?: number; bias?: number }) {
  const weights = [bytes(...w), scales(of), of === undefined ? bytes() : bytes(of)];
  const biases = random.integers([bias], 0, 1, 'int32');
  return [bytes(1, 3, 8, 8), scales(), bytes(), ...weights, scales(), bytes(), biases];
}

const mismatches: Case[] = [
  { opType: 'Conv', opset: 11, inputs: [x(1, 3, 8, 8), x(4, 2, 3, 3)] },
  { opType: 'Conv', opset: 11, inputs: [x(1, 3, 8, 8), x(4, 3, 3)] },
  { opType: 'Conv', opset: 11, inputs: [x(1, 3, 8, 8), x(4, 3, 9, 3)] },
  { opType: 'Conv', opset: 11, inputs: [x(1, 4, 8, 8), x(3, 2, 3, 3)], attributes: { group: 2 } },
  { opType: 'Conv', opset: 11, inputs: [x(1, 3, 8, 8), x(4, 3, 3, 3), x(3)] },
  { opType: 'Conv', opset: 11, inputs: [x(1, 3, 8, 8), x(4, 3, 3, 3)], attributes: { kernel_shape: [3, 1] } },
  { opType: 'ConvTranspose', opset: 11, inputs: [x(1, 3, 8, 8), x(4, 3, 3, 3)] },
  { opType: 'MaxPool', opset: 11, inputs: [x(1, 3, 4)], attributes: { kernel_shape: [2, 2] } },
  { opType: 'Gemm', opset: 11, inputs: [x(2, 3), x(2, 4)] },
  { ...microsoft, opType: 'FusedConv', inputs: [x(1, 3, 8, 8), x(4, 3, 3, 3), x(4), x(1, 4, 6, 5)] },
  { ...microsoft, opType: 'FusedMatMul', inputs: [x(2, 3), x(2, 4)] },
  { ...microsoft, opType: 'FusedMatMul', inputs: [x(2, 2, 3), x(3, 3, 4)] },
  { ...microsoft, opType: 'FusedGemm', inputs: [x(2, 3), x(2, 4)] },
  { ...microsoft, opType: 'BiasGelu', inputs: [x(2, 3), x(2)] },
  { ...microsoft, opType: 'SkipLayerNormalization', inputs: [x(2, 3, 4), x(2, 3, 4), x(3)] },
  { opType: 'LSTM', opset: 14, inputs: [x(5, 2, 3), x(1, 16, 4), x(1, 16, 4)] },
  { opType: 'LSTM', opset: 14, inputs: [x(5, 2, 3), x(1, 16, 3), x(1, 16, 4)], attributes: { hidden_size: 3 } },
  {
    opType: 'GRU',
    opset: 14,
    inputs: [x(5, 2, 3), x(1, 12, 3), x(1, 12, 4)],
    attributes: { direction: 'bidirectional' },
  },
  { opType: 'GRU', opset: 14, inputs: [x(5, 2, 3), x(1, 12, 3), x(1, 12, 4), x(1, 12)] },
  { opType: 'RNN', opset: 14, inputs: [x(5, 2, 3), x(1, 4, 3), x(1, 4, 4), undefined, undefined, x(2, 1, 4)] },
  { opType: 'Gemm', opset: 11, inputs: [x(2, 3), x(3, 4), x(3)] },
  { opType: 'MatMul', opset: 11, inputs: [x(2, 2, 3), x(3, 3, 4)] },
  { opType: 'BatchNormalization', opset: 15, inputs: [x(1, 3, 2), x(3), x(3), x(2), x(3)] },
  { opType: 'Add', opset: 13, inputs: [x(2, 3), x(2)] },
  { opType: 'Where', opset: 13, inputs: [random.bools([3]), x(2), x(3)] },
  { opType: 'PRelu', opset: 13, inputs: [x(2, 3), x(2, 2, 3)] },
  { opType: 'Concat', opset: 13, inputs: [x(2, 3), x(3, 3)], attributes: { axis: 1 } },
  { opType: 'Split', opset: 13, inputs: [x(2, 3), knownIntegers([1, 1])], outputs: 2, attributes: { axis: 1 } },
  { opType: 'Reshape', opset: 13, inputs: [x(2, 3), knownIntegers([4, -1])] },
  { opType: 'Squeeze', opset: 13, inputs: [x(2, 3), knownIntegers([0])] },
  { opType: 'Transpose', opset: 13, inputs: [x(2, 3)], attributes: { perm: [0, 1, 2] } },
  { opType: 'Expand', opset: 13, inputs: [x(2, 3), knownIntegers([2])] },
  { opType: 'Pad', opset: 13, inputs: [x(2, 3), knownIntegers([1, 1])] },
  { opType: 'Softmax', opset: 13, inputs: [x(2, 3)], attributes: { axis: 2 } },
  { opType: 'ReduceSum', opset: 13, inputs: [x(2, 3), knownIntegers([2])] },
  { opType: 'Resize', opset: 13, inputs: [x(2, 3), undefined, knownFloats([1])] },
  { opType: 'DepthToSpace', opset: 13, inputs: [x(1, 6, 2, 2)], attributes: { blocksize: 2 } },
  { opType: 'TopK', opset: 11, inputs: [x(3), knownIntegers([4])], outputs: 2 },
  {
    opType: 'MaxUnpool',
    opset: 11,
    inputs: [x(1, 1, 2), random.integers([1, 1, 3], 0, 1)],
    attributes: { kernel_shape: [2] },
  },
  { opType: 'GridSample', opset: 22, inputs: [x(1, 1, 2, 2), x(1, 2, 2, 3)] },
  { opType: 'GridSample', opset: 22, inputs: [x(1, 1, 2, 2), x(2, 2, 2, 2)] },
  { opType: 'RoiAlign', opset: 16, inputs: [x(1, 1, 2, 2), x(3, 4), random.integers([2], 0, 0)] },
  { opType: 'GatherElements', opset: 13, inputs: [x(2, 3), random.integers([3, 3], 0, 1)], attributes: { axis: 1 } },
  { opType: 'GatherND', opset: 13, inputs: [x(2, 3), random.integers([4, 3], 0, 1)] },
  { opType: 'ScatterElements', opset: 18, inputs: [x(2, 3), random.integers([2, 3], 0, 1), x(2, 2)] },
  { opType: 'ScatterND', opset: 18, inputs: [x(2, 3), random.integers([4, 1], 0, 1), x(4, 2)] },
  { opType: 'OneHot', opset: 11, inputs: [x(2), knownIntegers([3]), x(3)] },
  { opType: 'ReverseSequence', opset: 10, inputs: [x(2, 3), random.integers([2], 1, 2)] },
  { opType: 'Einsum', opset: 12, inputs: [x(2, 3), x(2, 3)], attributes: { equation: 'ij,jk' } },
  { opType: 'QuantizeLinear', opset: 13, inputs: [x(2, 3), scales(2)] },
  { opType: 'QuantizeLinear', opset: 13, inputs: [x(2, 3), scales(3)], attributes: { axis: 0 } },
  { opType: 'QuantizeLinear', opset: 13, inputs: [x(2, 3), scales(3)], attributes: { axis: 2 } },
  { opType: 'QuantizeLinear', opset: 13, inputs: [x(2, 3), x(1, 1)] },
  { opType: 'QuantizeLinear', opset: 13, inputs: [x(2, 3), scales(3), bytes(2)] },
  { opType: 'QuantizeLinear', opset: 13, inputs: [x(2, 3), scales(3), bytes(1)] },
  { opType: 'QuantizeLinear', opset: 13, inputs: [x(2, 3), scales(), bytes(1, 1)] },
  { opType: 'QuantizeLinear', opset: 13, inputs: [x(), scales(3)] },
  { opType: 'DequantizeLinear', opset: 13, inputs: [bytes(2, 3), scales(2), bytes(2)] },
  { opType: 'DequantizeLinear', opset: 13, inputs: [bytes(3), scales(3)] },
  { opType: 'DequantizeLinear', opset: 13, inputs: [bytes(2, 3), scales(2), bytes(2)], attributes: { axis: -3 } },
  { opType: 'ConvInteger', opset: 10, inputs: [bytes(1, 3, 8, 8), bytes(4, 2, 3, 3)] },
  { opType: 'MatMulInteger', opset: 10, inputs: [bytes(2, 3), bytes(2, 3)] },
];

test.each(mismatches)('$opType says what does not fit', (tested) => {
  expect(failure(tested)).toMatchObject({
    code: tested.opType === 'Transpose' ? 'MODEL_INVALID' : 'SHAPE_MISMATCH',
    node: 'node',
    operator: tested.opType,
    shape: tested.inputs.flatMap((input) => (input ? [[...input.dims]] : [])),
  });
});

/** Whose errors name the shapes of the tensors alone, or of all inputs. */
const quantizedMismatches: Case[] = [
  { opType: 'QLinearConv', opset: 10, inputs: qLinear({ w: [4, 2, 3, 3] }) },
  { opType: 'QLinearConv', opset: 10, inputs: qLinear({ of: 3 }) },
  { opType: 'QLinearConv', opset: 10, inputs: qLinear({ bias: 3 }) },
  // Only the weights may have several scales.
  { opType: 'QLinearConv', opset: 10, inputs: qLinear({}).with(1, scales(3)).with(2, bytes(3)) },
  { opType: 'QLinearConv', opset: 10, inputs: qLinear({}).with(6, scales(4)).with(7, bytes(4)) },
  {
    opType: 'QLinearMatMul',
    opset: 10,
    inputs: [bytes(2, 3), scales(), bytes(), bytes(3, 4), scales(3), bytes(3), scales(), bytes()],
  },
  {
    ...microsoft,
    opType: 'QGemm',
    inputs: [bytes(2, 3), scales(), bytes(), bytes(3, 4), scales(4), bytes(4), random.integers([3], 0, 1, 'int32')],
  },
  {
    ...microsoft,
    opType: 'QLinearAdd',
    inputs: [bytes(2, 3), scales(), bytes(), bytes(2), scales(), bytes(), scales(), bytes()],
  },
  {
    ...microsoft,
    opType: 'QLinearConcat',
    inputs: [scales(), bytes(), bytes(2, 3), scales(), bytes(), bytes(3, 3), scales(), bytes()],
    attributes: { axis: 1 },
  },
];

test.each(quantizedMismatches)('$opType of quantized tensors says what does not fit', (tested) => {
  expect(failure(tested)).toMatchObject({ code: 'SHAPE_MISMATCH', node: 'node', operator: tested.opType });
});

test('types that do not belong together', () => {
  expect(failure({ opType: 'Add', opset: 13, inputs: [x(2), random.integers([2])] })).toMatchObject({
    code: 'TYPE_MISMATCH',
  });
});

const zero = (type: DataType) => constantOf(type, [], [0]);
test.each<{ title: string } & Case>([
  { title: 'a zero point', opType: 'DequantizeLinear', opset: 13, inputs: [bytes(2), scales(), zero('int8')] },
  {
    title: 'a zero point of int32',
    opType: 'DequantizeLinear',
    opset: 13,
    inputs: [bytes(2), scales(), zero('int32')],
  },
  {
    title: 'lengths',
    opType: 'RNN',
    opset: 14,
    inputs: [x(5, 1, 3), x(1, 4, 3), x(1, 4, 4), undefined, random.integers([1])],
  },
  { title: 'a scale', opType: 'QuantizeLinear', opset: 13, inputs: [x(2), zero('int32')] },
  { title: 'a scale', opType: 'DequantizeLinear', opset: 13, inputs: [bytes(2), bytes()] },
  { title: 'a zero point of x', opType: 'QLinearConv', opset: 10, inputs: qLinear({}).with(2, zero('int8')) },
  { title: 'a zero point of w', opType: 'QLinearConv', opset: 10, inputs: qLinear({}).with(5, zero('int8')) },
  { title: 'a bias', opType: 'QLinearConv', opset: 10, inputs: qLinear({}).with(8, x(4)) },
  { title: 'an input', opType: 'ConvInteger', opset: 10, inputs: [x(1, 3, 8, 8), bytes(4, 3, 3, 3)] },
  { title: 'an input', opType: 'MatMulInteger', opset: 10, inputs: [bytes(2, 3), x(3, 4)] },
  {
    title: 'a zero point',
    opType: 'MatMulInteger',
    opset: 10,
    inputs: [bytes(2, 3), bytes(3, 4), zero('uint8'), zero('int8')],
  },
])('$title of a type that does not fit, of $opType', (tested) => {
  expect(failure(tested)).toMatchObject({ code: 'TYPE_MISMATCH', node: 'node', operator: tested.opType });
});

test.each([0, -0, -0.5, NaN, Infinity, -Infinity])('a scale of %d', (number) => {
  const wrong = known(constantOf('float32', [2], [0.5, number]));
  const one = known(constantOf('float32', [], [number]));
  const cases: Case[] = [
    { opType: 'QuantizeLinear', opset: 13, inputs: [x(3, 2), wrong] },
    { opType: 'DequantizeLinear', opset: 13, inputs: [bytes(3, 2), wrong] },
    { opType: 'QLinearConv', opset: 10, inputs: qLinear({}).with(1, one) },
    { opType: 'QLinearConv', opset: 10, inputs: qLinear({}).with(6, one) },
    { ...microsoft, opType: 'QLinearSigmoid', inputs: [bytes(3), one, bytes(), scales(), bytes()] },
  ];
  for (const tested of cases) {
    expect(failure(tested)).toMatchObject({ code: 'MODEL_INVALID', node: 'node', operator: tested.opType });
  }
});

test('a piece of a concatenation without its zero point', () => {
  const inputs = [scales(), bytes(), bytes(2), scales(), bytes(), bytes(2), scales()];
  const tested: Case = { ...microsoft, opType: 'QLinearConcat', inputs, attributes: { axis: 0 } };
  expect(failure(tested)).toMatchObject({ code: 'MODEL_INVALID', node: 'node', operator: 'QLinearConcat' });
});

test('an element type that is none', () => {
  expect(failure({ opType: 'Cast', opset: 13, inputs: [x(2)], attributes: { to: 0 } })).toMatchObject({
    code: 'MODEL_INVALID',
    node: 'node',
  });
});

test('a shape that only the run would know', () => {
  expect(failure({ opType: 'Reshape', opset: 13, inputs: [x(2), random.integers([1])] })).toMatchObject({
    code: 'OPERATOR_UNSUPPORTED',
  });
});

const number = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom(2 ** 31, 2 ** 53 - 1, -(2 ** 53 - 1)));
const attribute = fc.oneof(
  number,
  fc.array(number, { maxLength: 6 }),
  fc.constantFrom('', 'constant', 'SAME_UPPER', 'cubic'),
  fc.float().map((value) => float(value)),
  fc.array(fc.float(), { maxLength: 6 }).map((floats) => ({ floats })),
);
const value: fc.Arbitrary<KnownValue | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }).map((dims) => ({ type: 'float32' as const, dims })),
  fc.array(fc.bigInt({ min: -9n, max: 9n }), { maxLength: 5 }).map((list) => {
    const constant = { type: 'int64' as const, dims: [list.length], data: BigInt64Array.from(list) };
    return { ...constant, constant };
  }),
  fc.array(fc.float(), { maxLength: 5 }).map((list) => {
    const constant = { type: 'float32' as const, dims: [list.length], data: Float32Array.from(list) };
    return { ...constant, constant };
  }),
  fc.constant({ type: 'string' as const, dims: [1], constant: { type: 'string' as const, dims: [1], data: ['a'] } }),
);

/** Takes a lowering's operations and checks that each value is written once. */
function recorder(inputs: readonly (KnownValue | undefined)[], outputs: number): Lowering {
  let values = 1000;
  const written = new Set<number>();
  return {
    input: (index) => (inputs[index] ? index : undefined),
    output: (index) => (index < outputs ? 100 + index : undefined),
    temporary: () => values++,
    constant: () => values++,
    derived: (_, make) => {
      make();
      return values++;
    },
    view: () => values++,
    emit: (...[, , outputs]) => {
      for (const output of outputs) {
        expect(written.has(output)).toBe(false);
        written.add(output);
      }
    },
  };
}

/** One attribute or input of a valid case replaced by anything: dims that make sense come out, or a GdwsError. */
test('nothing but GdwsError comes of nonsense', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...allCases),
      fc.option(fc.tuple(fc.nat(9), value)),
      fc.option(fc.tuple(fc.nat(9), attribute)),
      (tested, newInput, newAttribute) => {
        const inputs: (KnownValue | undefined)[] = tested.inputs.map((input) => input && { ...input, constant: input });
        if (newInput) inputs[newInput[0] % (inputs.length + 1)] = newInput[1];
        const names = Object.keys(tested.attributes ?? {});
        const attributes = { ...tested.attributes };
        if (newAttribute && names.length > 0) attributes[names[newAttribute[0] % names.length]!] = newAttribute[1];
        const node = makeNode({ ...nodeOf(tested), attributes });
        const operator = operatorOf(tested.domain ?? '', tested.opType)!;
        const call = new OperatorCall(node, tested.opset, inputs);
        try {
          for (const { dims } of [...operator.infer(call), ...(operator.fold?.(call) ?? [])]) {
            expect(dims.every((dim) => Number.isInteger(dim) && dim >= 0)).toBe(true);
          }
          operator.lower?.(call, recorder(inputs, tested.outputs ?? 1));
        } catch (error) {
          if (!(error instanceof GdwsError)) throw error;
        }
      },
    ),
    { seed: 7, numRuns: 8_000 },
  );
});
