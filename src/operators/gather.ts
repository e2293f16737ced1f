import { hasAttribute, intAttribute } from '../onnx/attribute';
import { elementCount, type Constant, type ValueType } from '../onnx/value';
import { axisAttribute, ranked } from './arguments';
import { isInteger, newElements, numbersOf } from './elements';
import { required } from './emission';
import { foldable } from './folding';
import { inferOne } from './inference';
import { pick, stridedPositions, stridesOf } from './layout';
import type { Lowering, ValueId } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__Gather.html, onnx__GatherElements.html, onnx__GatherND.html, onnx__Compress.html

export function requireIndex(call: OperatorCall): void {
  if (!isInteger(call.input(1).type)) {
    call.fail('TYPE_MISMATCH', `indices must be integers, not ${call.input(1).type}.`);
  }
}

/** Indices that a run computes. */
export function computedIndices(call: OperatorCall, lowering: Lowering): ValueId {
  const { type } = call.input(1);
  if (type !== 'int32' && type !== 'int64') {
    call.fail('OPERATOR_UNSUPPORTED', `indices of type ${type} are not supported at run time.`);
  }
  return required(call, lowering, 1);
}

/** Indices along one axis of `size`, for an operation: those that are known are checked. */
export function axisIndices(call: OperatorCall, lowering: Lowering, size: number): ValueId {
  const { dims, constant } = call.input(1);
  if (!constant) return computedIndices(call, lowering);
  return lowering.constant({ type: 'int32', dims, data: absolute(call, constant, size) });
}

function gather(call: OperatorCall): ValueType & { axis: number } {
  const { type, dims } = ranked(call, 0, 1);
  requireIndex(call);
  const axis = axisAttribute(call, dims.length, 0);
  return { type, axis, dims: [...dims.slice(0, axis), ...call.input(1).dims, ...dims.slice(axis + 1)] };
}

/** Indices in [0, size), from those in [-size, size). */
export function absolute(call: OperatorCall, indices: Constant, size: number): Int32Array {
  const numbers = numbersOf(indices);
  return Int32Array.from({ length: numbers.length }, (_, i) => {
    const index = numbers[i]!;
    if (index < -size || index >= size) {
      call.fail('MODEL_INVALID', `index ${index} is outside an axis of ${size}.`);
    }
    return index < 0 ? index + size : index;
  });
}

function foldGather(call: OperatorCall): Constant[] | undefined {
  const { dims, axis } = gather(call);
  const constants = foldable(call, elementCount(dims)) as Constant[] | undefined;
  if (!constants) return undefined;
  const [x, indices] = constants as [Constant, Constant];
  const taken = absolute(call, indices, x.dims[axis]!);
  const outer = elementCount(x.dims.slice(0, axis));
  const inner = elementCount(x.dims.slice(axis + 1));
  const data = newElements(x.type, elementCount(dims));
  let at = 0;
  for (let row = 0; row < outer; row++) {
    for (const index of taken) {
      const from = (row * x.dims[axis]! + index) * inner;
      for (let i = 0; i < inner; i++) data[at++] = x.data[from + i]!;
    }
  }
  return [{ type: x.type, dims, data }];
}

function lowerGather(call: OperatorCall, lowering: Lowering): void {
  const { axis } = gather(call);
  const output = lowering.output(0);
  if (output === undefined) return;
  const x = required(call, lowering, 0);
  lowering.emit('gather', [x, axisIndices(call, lowering, call.input(0).dims[axis]!)], [output], { axis });
}

function gatherElements(call: OperatorCall): ValueType & { axis: number } {
  const { type, dims } = ranked(call, 0, 1);
  requireIndex(call);
  const axis = axisAttribute(call, dims.length, 0);
  const indices = ranked(call, 1, dims.length, dims.length).dims;
  if (indices.some((dim, i) => i !== axis && dim > dims[i]!)) {
    call.fail('SHAPE_MISMATCH', 'the indices are longer than the data.');
  }
  return { type, axis, dims: indices };
}

function foldGatherElements(call: OperatorCall): Constant[] | undefined {
  const { dims, axis } = gatherElements(call);
  const constants = foldable(call, elementCount(dims)) as Constant[] | undefined;
  if (!constants) return undefined;
  const [x, indices] = constants as [Constant, Constant];
  const strides = stridesOf(x.dims);
  const taken = absolute(call, indices, x.dims[axis]!);
  const positions = stridedPositions(
    dims,
    strides.map((stride, i) => (i === axis ? 0 : stride)),
  );
  return [
    pick(
      x,
      dims,
      positions.map((position, i) => position + taken[i]! * strides[axis]!),
    ),
  ];
}

function lowerGatherElements(call: OperatorCall, lowering: Lowering): void {
  const { axis } = gatherElements(call);
  const output = lowering.output(0);
  if (output === undefined) return;
  const x = required(call, lowering, 0);
  lowering.emit('gatherElements', [x, axisIndices(call, lowering, call.input(0).dims[axis]!)], [output], { axis });
}

function gatherND(call: OperatorCall): ValueType & { batchAxes: number; depth: number } {
  const { type, dims } = ranked(call, 0, 1);
  requireIndex(call);
  const indices = ranked(call, 1, 1).dims;
  const batchAxes = intAttribute(call.node, 'batch_dims', 0);
  const depth = indices.at(-1)!;
  if (depth < 1) call.fail('SHAPE_MISMATCH', 'indices of depth 0 point nowhere.');
  if (batchAxes < 0 || batchAxes >= Math.min(dims.length, indices.length) || batchAxes + depth > dims.length) {
    call.fail('SHAPE_MISMATCH', `batch_dims ${batchAxes} and indices of depth ${depth} do not fit the data.`);
  }
  if (indices.slice(0, batchAxes).some((dim, axis) => dim !== dims[axis])) {
    call.fail('SHAPE_MISMATCH', 'the batch dims differ.');
  }
  return { type, batchAxes, depth, dims: [...indices.slice(0, -1), ...dims.slice(batchAxes + depth)] };
}

function foldGatherND(call: OperatorCall): Constant[] | undefined {
  const { dims, batchAxes, depth } = gatherND(call);
  const constants = foldable(call, elementCount(dims)) as Constant[] | undefined;
  if (!constants) return undefined;
  const [x, indices] = constants as [Constant, Constant];
  const strides = stridesOf(x.dims);
  const taken = absoluteTuples(call, indices, x.dims.slice(batchAxes, batchAxes + depth));
  const tuples = elementCount(indices.dims.slice(0, -1));
  const perBatch = tuples / Math.max(1, elementCount(indices.dims.slice(0, batchAxes)));
  const batchSize = elementCount(x.dims.slice(batchAxes));
  const inner = elementCount(x.dims.slice(batchAxes + depth));
  const positions = new Int32Array(elementCount(dims));
  for (let tuple = 0; tuple < tuples; tuple++) {
    let from = Math.floor(tuple / perBatch) * batchSize;
    for (let i = 0; i < depth; i++) from += taken[tuple * depth + i]! * strides[batchAxes + i]!;
    for (let i = 0; i < inner; i++) positions[tuple * inner + i] = from + i;
  }
  return [pick(x, dims, positions)];
}

/** Indices of input 1 into the axes of these lengths, for an operation: those that are known are checked. */
export function tupleIndices(call: OperatorCall, lowering: Lowering, lengths: readonly number[]): ValueId {
  const { constant } = call.input(1);
  if (!constant) return computedIndices(call, lowering);
  return lowering.constant({ type: 'int32', dims: constant.dims, data: absoluteTuples(call, constant, lengths) });
}

/** Indices in [0, size) of each of some axes in turn, from those in [-size, size). */
export function absoluteTuples(call: OperatorCall, indices: Constant, lengths: readonly number[]): Int32Array {
  const numbers = numbersOf(indices);
  return Int32Array.from({ length: numbers.length }, (_, i) => {
    const index = numbers[i]!;
    const size = lengths[i % lengths.length]!;
    if (index < -size || index >= size) call.fail('MODEL_INVALID', `index ${index} is outside an axis of ${size}.`);
    return index < 0 ? index + size : index;
  });
}

function lowerGatherND(call: OperatorCall, lowering: Lowering): void {
  const { batchAxes, depth } = gatherND(call);
  const output = lowering.output(0);
  if (output === undefined) return;
  const lengths = call.input(0).dims.slice(batchAxes, batchAxes + depth);
  const operands = [required(call, lowering, 0), tupleIndices(call, lowering, lengths)];
  lowering.emit('gatherND', operands, [output], { batchAxes });
}

interface Compression extends ValueType {
  /** Dims of the input as it is read: flat where no axis is named. */
  readonly read: readonly number[];
  readonly axis: number;
  readonly kept: readonly number[];
}

function compress(call: OperatorCall): Compression {
  const { type, dims } = call.input(0);
  const condition = ranked(call, 1, 1, 1);
  if (condition.type !== 'bool') call.fail('TYPE_MISMATCH', `the condition must be bool, not ${condition.type}.`);
  const flags = call.constant(1).data as ArrayLike<number>;
  const read = hasAttribute(call.node, 'axis') ? dims : [elementCount(dims)];
  const axis = hasAttribute(call.node, 'axis') ? axisAttribute(call, dims.length) : 0;
  if (flags.length > read[axis]!) {
    call.fail('SHAPE_MISMATCH', `the condition has ${flags.length} elements, the axis ${read[axis]}.`);
  }
  const kept = Array.from(flags, (flag, at) => (flag ? at : -1)).filter((at) => at >= 0);
  return { type, read, axis, kept, dims: read.map((dim, i) => (i === axis ? kept.length : dim)) };
}

function foldCompress(call: OperatorCall): Constant[] | undefined {
  const { dims, read, axis, kept } = compress(call);
  const x = foldable(call, elementCount(dims))?.[0];
  if (!x) return undefined;
  const strides = stridesOf(read);
  const starts = stridedPositions(dims.with(axis, 1), strides);
  const positions = new Int32Array(elementCount(dims));
  const inner = strides[axis]!;
  starts.forEach((start, i) => {
    const [row, column] = [Math.floor(i / inner), i % inner];
    kept.forEach((from, to) => (positions[(row * kept.length + to) * inner + column] = start + from * inner));
  });
  return [pick(x, dims, positions)];
}

function lowerCompress(call: OperatorCall, lowering: Lowering): void {
  const { read, axis, kept } = compress(call);
  const output = lowering.output(0);
  if (output === undefined) return;
  const index = lowering.constant({ type: 'int32', dims: [kept.length], data: Int32Array.from(kept) });
  lowering.emit('gather', [lowering.view(required(call, lowering, 0), read), index], [output], { axis });
}

export const gatherOperators: Record<string, Operator> = {
  Gather: { infer: inferOne(gather), fold: foldGather, lower: lowerGather },
  GatherElements: { infer: inferOne(gatherElements), fold: foldGatherElements, lower: lowerGatherElements },
  GatherND: { infer: inferOne(gatherND), fold: foldGatherND, lower: lowerGatherND },
  Compress: {
    infer: inferOne(compress),
    fold: foldCompress,
    lower: lowerCompress,
    limits: 'The condition is known before the run.',
  },
};
