import { elementCount, type Constant, type KnownValue, type ValueType } from '../onnx/value';
import { isByteType } from '../program/byte-quantization';
import { pointwiseKernels } from '../program/pointwise-kernels';
import { convolution, emitConvolution } from './convolution';
import { constantOf, numbersOf } from './elements';
import { emitAs, required } from './emission';
import { inferOne } from './inference';
import type { Lowering, ValueId } from './lowering';
import { OperatorCall, type Operator } from './operator';
import { matMul } from './product';

// https://onnx.ai/onnx/operators/onnx__ConvInteger.html, onnx__MatMulInteger.html

/** The call of the operator on floats that has the same shapes. */
function shapes(call: OperatorCall): OperatorCall {
  [0, 1].forEach((index) => {
    const { type } = call.input(index);
    if (!isByteType(type)) call.fail('TYPE_MISMATCH', `input ${index} is ${type}, not uint8 or int8.`);
    const zeroPoint = call.inputs[index + 2];
    if (zeroPoint && zeroPoint.type !== type) {
      call.fail('TYPE_MISMATCH', `the zero point is ${zeroPoint.type} where the tensor is ${type}.`);
    }
  });
  const floats = [0, 1].map((index): KnownValue => ({ type: 'float32', dims: call.input(index).dims }));
  return new OperatorCall(call.node, call.opset, floats);
}

/** A zero point of the whole tensor. */
function oneZeroPoint(call: OperatorCall, lowering: Lowering, index: number): ValueId | undefined {
  const value = call.inputs[index];
  if (!value) return undefined;
  if (elementCount(value.dims) !== 1) {
    call.fail('OPERATOR_UNSUPPORTED', `several zero points of input ${index - 2} are not supported.`);
  }
  return lowering.view(required(call, lowering, index), [1]);
}

/** A zero point for each of `count` channels. */
function zeroPoints(call: OperatorCall, lowering: Lowering, index: number, count: number): ValueId | undefined {
  const value = call.inputs[index];
  if (!value) return undefined;
  const given = elementCount(value.dims);
  if (given !== 1 && given !== count) {
    call.fail('SHAPE_MISMATCH', `zero points of [${value.dims.join(', ')}] do not fit ${count} channels.`);
  }
  const { constant } = value;
  if (constant) {
    // The same in all programs of a session, as the weights are that are packed with them.
    return lowering.derived([`zero points, ${count}`, constant], () => {
      const numbers = numbersOf(constant);
      return constantOf(
        value.type,
        [count],
        Int32Array.from({ length: count }, (_, m) => numbers[given === 1 ? 0 : m]!),
      );
    });
  }
  const one = lowering.view(required(call, lowering, index), [given]);
  if (given === count) return one;
  const all = lowering.temporary({ type: value.type, dims: [count] });
  lowering.emit('strided', [one], [all], { offset: 0, strides: [0] });
  return all;
}

function convInteger(call: OperatorCall): ValueType {
  return { type: 'int32', dims: convolution(shapes(call)).dims };
}

function lowerConvInteger(call: OperatorCall, lowering: Lowering): void {
  if (lowering.output(0) === undefined) return;
  const zero = oneZeroPoint(call, lowering, 2);
  const operands = [zero, zeroPoints(call, lowering, 3, convInteger(call).dims[1]!)];
  emitConvolution(shapes(call), lowering, {
    x: call.input(0).type,
    y: 'int32',
    zero,
    emit: (x, w, y, attributes) => lowering.emit('integerConvolution', [x, w, ...operands], [y], attributes),
  });
}

function matMulInteger(call: OperatorCall): ValueType {
  return { type: 'int32', dims: matMul(shapes(call)).dims };
}

/** A product with a constant matrix, as a pointwise convolution: each row of `a` is an image of one pixel. */
function emitPointwise(call: OperatorCall, lowering: Lowering, weights: Constant, output: ValueId): void {
  const { dims, a } = matMul(shapes(call));
  const [depth, columns] = weights.dims as [number, number];
  const rows = elementCount(a.slice(0, -1));
  const w = lowering.derived([`transposed weights, ${depth}, ${columns}`, weights], () => pointwiseKernels(weights));
  const x = lowering.view(required(call, lowering, 0), [rows, depth, 1, 1]);
  const operands = [oneZeroPoint(call, lowering, 2), zeroPoints(call, lowering, 3, columns)];
  const attributes = { groups: 1, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };
  emitAs(lowering, output, dims, { type: 'int32', dims: [rows, columns, 1, 1] }, (target) =>
    lowering.emit('integerConvolution', [x, w, ...operands], [target], attributes),
  );
}

function lowerMatMulInteger(call: OperatorCall, lowering: Lowering): void {
  const output = lowering.output(0);
  if (output === undefined) return;
  const { constant } = call.input(1);
  if (constant?.dims.length === 2) {
    emitPointwise(call, lowering, constant, output);
    return;
  }
  const { dims, a, b, product } = matMul(shapes(call));
  const [left, right] = [required(call, lowering, 0), required(call, lowering, 1)];
  const operands = [oneZeroPoint(call, lowering, 2), zeroPoints(call, lowering, 3, product.at(-1)!)];
  emitAs(lowering, output, dims, { type: 'int32', dims: product }, (target) =>
    lowering.emit('integerMatmul', [lowering.view(left, a), lowering.view(right, b), ...operands], [target], {}),
  );
}

export const integerProductOperators: Record<string, Operator> = {
  ConvInteger: {
    limits: 'One to three spatial axes; sums must fit an int32.',
    infer: inferOne(convInteger),
    lower: lowerConvInteger,
  },
  MatMulInteger: {
    limits: 'One zero point of the first matrix; sums must fit an int32.',
    infer: inferOne(matMulInteger),
    lower: lowerMatMulInteger,
  },
};
