import { hasAttribute, intAttribute } from '../onnx/attribute';
import { elementCount, type Constant, type ValueType } from '../onnx/value';
import { axisAttribute, normalizeAxis, ranked, requireArithmetic, scalar } from './arguments';
import { bigintsOf, constantOf, isInteger, numbersOf } from './elements';
import { required } from './emission';
import { foldable } from './folding';
import { hosted } from './hosted';
import { inferOne, likeInput } from './inference';
import { pick, stridedPositions, stridesOf } from './layout';
import type { Lowering } from './lowering';
import type { Operator, OperatorCall } from './operator';

// Operators that find elements, and running sums.
// https://onnx.ai/onnx/operators/onnx__NonZero.html, onnx__TopK.html, onnx__CumSum.html

function nonZero(call: OperatorCall): Constant {
  const constant = call.constant(0);
  const { dims } = constant;
  const strides = stridesOf(dims);
  const numbers = numbersOf(constant);
  const found: number[] = [];
  for (let i = 0; i < numbers.length; i++) if (numbers[i] !== 0) found.push(i);
  const coordinates = strides.flatMap((stride, axis) =>
    found.map((position) => Math.floor(position / stride) % dims[axis]!),
  );
  return constantOf('int64', [dims.length, found.length], coordinates);
}

interface TopK {
  readonly type: ValueType['type'];
  readonly dims: readonly number[];
  readonly axis: number;
  readonly k: number;
}

function topK(call: OperatorCall): TopK {
  const { type, dims } = ranked(call, 0, 1);
  const axis = axisAttribute(call, dims.length, -1);
  const k = hasAttribute(call.node, 'k') ? intAttribute(call.node, 'k') : scalar(call, 1);
  if (!Number.isInteger(k) || k < 0 || k > dims[axis]!)
    call.fail('SHAPE_MISMATCH', `k = ${k} is more than axis ${axis} has, ${dims[axis]}.`);
  return { type, axis, k, dims: dims.map((dim, i) => (i === axis ? k : dim)) };
}

function foldTopK(call: OperatorCall): Constant[] | undefined {
  const { dims, axis, k } = topK(call);
  const x = foldable(call, elementCount(dims))?.[0];
  if (!x || x.type === 'string') return undefined;
  const sign = intAttribute(call.node, 'largest', 1) !== 0 ? 1 : -1;
  const values = isInteger(x.type) ? bigintsOf(x) : numbersOf(x);
  const strides = stridesOf(x.dims);
  const rows = stridedPositions(
    x.dims.map((dim, i) => (i === axis ? 1 : dim)),
    strides,
  );
  const places = stridesOf(dims);
  const starts = stridedPositions(
    dims.map((dim, i) => (i === axis ? 1 : dim)),
    places,
  );
  const indices = new Array<number>(elementCount(dims));
  const positions = new Array<number>(elementCount(dims));
  const stride = strides[axis]!;
  rows.forEach((row, r) => {
    // Of equal elements the first counts as greater; NaN is greater than all numbers.
    const order = Array.from({ length: x.dims[axis]! }, (_, i) => i).sort((i, j) => {
      const [a, b] = [values[row + i * stride]!, values[row + j * stride]!];
      if (a === b || (a !== a && b !== b)) return i - j;
      return (a > b || a !== a ? -1 : 1) * sign;
    });
    for (let i = 0; i < k; i++) {
      indices[starts[r]! + i * places[axis]!] = order[i]!;
      positions[starts[r]! + i * places[axis]!] = row + order[i]! * stride;
    }
  });
  return [pick(x, dims, positions), constantOf('int64', dims, indices)];
}

function lowerTopK(call: OperatorCall, lowering: Lowering): void {
  const { type, dims, axis } = topK(call);
  if (type === 'bool' || type === 'uint64') {
    call.fail('OPERATOR_UNSUPPORTED', `the engine does not order ${type}.`, 'Cast the input to int64.');
  }
  const [values, indices] = [lowering.output(0), lowering.output(1)];
  if (values === undefined && indices === undefined) return;
  const outputs = [
    values ?? lowering.temporary({ type, dims }),
    indices ?? lowering.temporary({ type: 'int64', dims }),
  ];
  const largest = intAttribute(call.node, 'largest', 1) !== 0;
  lowering.emit('topK', [required(call, lowering, 0)], outputs, { axis, largest });
}

function lowerCumulativeSum(call: OperatorCall, lowering: Lowering): void {
  const { type, dims } = call.input(0);
  requireArithmetic(call, type);
  const axis = normalizeAxis(call, scalar(call, 1), dims.length);
  const output = lowering.output(0);
  if (output === undefined) return;
  const exclusive = intAttribute(call.node, 'exclusive', 0) !== 0;
  const reverse = intAttribute(call.node, 'reverse', 0) !== 0;
  lowering.emit('cumulativeSum', [required(call, lowering, 0)], [output], { axis, exclusive, reverse });
}

function cumulativeSum(call: OperatorCall): Constant[] | undefined {
  const { type, dims } = call.input(0);
  const x = foldable(call, elementCount(dims))?.[0];
  if (!x) return undefined;
  return [
    isInteger(type)
      ? constantOf(
          type,
          dims,
          accumulate(call, Array.from(bigintsOf(x)), 0n, (a, b) => a + b),
        )
      : constantOf(
          type,
          dims,
          accumulate(call, Array.from(numbersOf(x)), 0, (a, b) => a + b),
        ),
  ];
}

function accumulate<T>(call: OperatorCall, values: readonly T[], zero: T, add: (a: T, b: T) => T): T[] {
  const { dims } = call.input(0);
  const axis = normalizeAxis(call, scalar(call, 1), dims.length);
  const exclusive = intAttribute(call.node, 'exclusive', 0) !== 0;
  const reverse = intAttribute(call.node, 'reverse', 0) !== 0;
  const strides = stridesOf(dims);
  const rows = stridedPositions(
    dims.map((dim, i) => (i === axis ? 1 : dim)),
    strides,
  );
  const result = [...values];
  for (const row of rows) {
    let sum = zero;
    for (let i = 0; i < dims[axis]!; i++) {
      const position = row + (reverse ? dims[axis]! - 1 - i : i) * strides[axis]!;
      const next = add(sum, values[position]!);
      result[position] = exclusive ? sum : next;
      sum = next;
    }
  }
  return result;
}

export const searchOperators: Record<string, Operator> = {
  NonZero: hosted((call) => [nonZero(call)]),
  TopK: {
    infer: (call) => {
      const { type, dims } = topK(call);
      return [
        { type, dims },
        { type: 'int64', dims },
      ];
    },
    fold: foldTopK,
    lower: lowerTopK,
    limits: 'The number of elements is known before the run; they are sorted whether asked for or not.',
  },
  CumSum: { infer: inferOne(likeInput), fold: cumulativeSum, lower: lowerCumulativeSum },
};
