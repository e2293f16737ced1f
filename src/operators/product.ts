import { floatAttribute, intAttribute } from '../onnx/attribute';
import { elementCount, type Constant, type ValueType } from '../onnx/value';
import { commonType, ranked, requireFloat } from './arguments';
import { broadcast, requireBroadcastTo } from './broadcast';
import { constantOf, numbersOf } from './elements';
import { emitAs, emitBinary, emitUnary, floats, required } from './emission';
import { inferOne } from './inference';
import type { Lowering, ValueId } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__Gemm.html, onnx__MatMul.html

function gemm(call: OperatorCall): ValueType {
  const a = ranked(call, 0, 2, 2).dims;
  const b = ranked(call, 1, 2, 2).dims;
  const [rows, depth] = intAttribute(call.node, 'transA', 0) ? [a[1]!, a[0]!] : [a[0]!, a[1]!];
  const [depthOfB, columns] = intAttribute(call.node, 'transB', 0) ? [b[1]!, b[0]!] : [b[0]!, b[1]!];
  if (depth !== depthOfB) call.fail('SHAPE_MISMATCH', `the inner dims ${depth} and ${depthOfB} differ.`);
  const dims = [rows, columns];
  const c = call.inputs[2];
  if (c) requireBroadcastTo(call, c.dims, dims);
  return { type: commonType(call, [0, 1, 2]), dims };
}

/** beta·C, of the node's third input. */
function scaledAddend(call: OperatorCall, lowering: Lowering, c: Constant | undefined): ValueId {
  const beta = floatAttribute(call.node, 'beta', 1);
  const value = required(call, lowering, 2);
  if (beta === 1) return value;
  const dims = call.input(2).dims;
  if (c) {
    const numbers = numbersOf(c);
    const products = Float32Array.from({ length: numbers.length }, (_, i) => beta * numbers[i]!);
    return lowering.constant(constantOf('float32', dims, products));
  }
  const scaled = floats(lowering, dims);
  emitUnary(lowering, 'linear', value, scaled, { a: beta });
  return scaled;
}

function lowerGemm(call: OperatorCall, lowering: Lowering): void {
  const { type, dims } = gemm(call);
  requireFloat(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const [a, b] = [required(call, lowering, 0), required(call, lowering, 1)];
  const attributes = {
    transposeA: intAttribute(call.node, 'transA', 0) !== 0,
    transposeB: intAttribute(call.node, 'transB', 0) !== 0,
    alpha: floatAttribute(call.node, 'alpha', 1),
  };
  const c = call.inputs[2];
  if (!c || floatAttribute(call.node, 'beta', 1) === 0) {
    lowering.emit('matmul', [a, b], [output], attributes);
    return;
  }
  const addend = scaledAddend(call, lowering, c.constant);
  const [rows, columns] = dims as [number, number];
  const isRow = elementCount(c.dims) === (c.dims.at(-1) ?? 1);
  if (isRow) {
    lowering.emit('matmul', [a, b, lowering.view(addend, [elementCount(c.dims)])], [output], attributes);
  } else if (elementCount(c.dims) === rows * columns) {
    lowering.emit('matmul', [a, b, undefined, addend], [output], attributes);
  } else {
    const product = floats(lowering, dims);
    lowering.emit('matmul', [a, b], [product], attributes);
    emitBinary(lowering, 'add', product, addend, output);
  }
}

interface MatMul extends ValueType {
  /** Dims of the operands and their product, with 1-D operands as a row and a column. */
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly product: readonly number[];
}

export function matMul(call: OperatorCall): MatMul {
  const left = ranked(call, 0, 1).dims;
  const right = ranked(call, 1, 1).dims;
  const a = left.length === 1 ? [1, left[0]!] : left;
  const b = right.length === 1 ? [right[0]!, 1] : right;
  if (a.at(-1) !== b.at(-2)) call.fail('SHAPE_MISMATCH', `the inner dims ${a.at(-1)} and ${b.at(-2)} differ.`);
  const batch = broadcast([a.slice(0, -2), b.slice(0, -2)]);
  if (!batch) call.fail('SHAPE_MISMATCH', 'the batch dims cannot be broadcast together.');
  const dims = [...batch, ...(left.length === 1 ? [] : [a.at(-2)!]), ...(right.length === 1 ? [] : [b.at(-1)!])];
  return { type: commonType(call, [0, 1]), dims, a, b, product: [...batch, a.at(-2)!, b.at(-1)!] };
}

function lowerMatMul(call: OperatorCall, lowering: Lowering): void {
  const { type, dims, a, b, product } = matMul(call);
  requireFloat(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const [left, right] = [required(call, lowering, 0), required(call, lowering, 1)];
  // One matrix for all batches: one product of all rows is faster than many small ones.
  const flat = b.length === 2;
  const depth = b.at(-2)!;
  const rows = elementCount(a.slice(0, -1));
  const aDims = flat ? [rows, depth] : a;
  const yDims = flat ? [rows, b[1]!] : product;
  emitAs(lowering, output, dims, { type: 'float32', dims: yDims }, (target) =>
    lowering.emit('matmul', [lowering.view(left, aDims), lowering.view(right, b)], [target], {
      transposeA: false,
      transposeB: false,
      alpha: 1,
    }),
  );
}

export const productOperators: Record<string, Operator> = {
  Gemm: {
    infer: inferOne(gemm),
    lower: lowerGemm,
  },
  MatMul: {
    infer: inferOne(matMul),
    lower: lowerMatMul,
  },
};
