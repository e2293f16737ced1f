import type { Lowering } from '../engine/lowering';
import { elementCount, type Constant, type ValueType } from '../graph/value';
import { intAttribute } from '../onnx/attribute';
import { axisAttribute, ranked } from './arguments';
import { isInteger, newElements, numbersOf } from './elements';
import { required } from './emission';
import { foldable } from './folding';
import { inferOne } from './inference';
import { pick, stridedPositions, stridesOf } from './layout';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__Gather.html, onnx__GatherElements.html, onnx__GatherND.html

function requireIndex(call: OperatorCall): void {
  if (!isInteger(call.input(1).type)) {
    call.fail('TYPE_MISMATCH', `indices must be integers, not ${call.input(1).type}.`);
  }
}

function gather(call: OperatorCall): ValueType & { axis: number } {
  const { type, dims } = ranked(call, 0, 1);
  requireIndex(call);
  const axis = axisAttribute(call, dims.length, 0);
  return { type, axis, dims: [...dims.slice(0, axis), ...call.input(1).dims, ...dims.slice(axis + 1)] };
}

/** Indices in [0, size), from those in [-size, size). */
function absolute(call: OperatorCall, indices: Constant, size: number): Int32Array {
  return Int32Array.from(numbersOf(indices), (index) => {
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
  const { type, dims, constant } = call.input(1);
  if (constant) {
    const data = absolute(call, constant, call.input(0).dims[axis]!);
    lowering.emit('gather', [x, lowering.constant({ type: 'int32', dims, data })], [output], [axis]);
    return;
  }
  if (type !== 'int32' && type !== 'int64') {
    call.fail('OPERATOR_UNSUPPORTED', `indices of type ${type} are not supported at run time.`);
  }
  lowering.emit('gather', [x, required(call, lowering, 1)], [output], [axis]);
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

function gatherND(call: OperatorCall): ValueType & { batchAxes: number; depth: number } {
  const { type, dims } = ranked(call, 0, 1);
  requireIndex(call);
  const indices = ranked(call, 1, 1).dims;
  const batchAxes = intAttribute(call.node, 'batch_dims', 0);
  const depth = indices.at(-1)!;
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
  const numbers = numbersOf(indices);
  const tuples = elementCount(indices.dims.slice(0, -1));
  const perBatch = tuples / Math.max(1, elementCount(indices.dims.slice(0, batchAxes)));
  const batchSize = elementCount(x.dims.slice(batchAxes));
  const inner = elementCount(x.dims.slice(batchAxes + depth));
  const positions = new Int32Array(elementCount(dims));
  for (let tuple = 0; tuple < tuples; tuple++) {
    let from = Math.floor(tuple / perBatch) * batchSize;
    for (let i = 0; i < depth; i++) {
      const size = x.dims[batchAxes + i]!;
      const index = numbers[tuple * depth + i]!;
      if (index < -size || index >= size) call.fail('MODEL_INVALID', `index ${index} is outside an axis of ${size}.`);
      from += (index < 0 ? index + size : index) * strides[batchAxes + i]!;
    }
    for (let i = 0; i < inner; i++) positions[tuple * inner + i] = from + i;
  }
  return [pick(x, dims, positions)];
}

export const gatherOperators: Record<string, Operator> = {
  Gather: { infer: inferOne(gather), fold: foldGather, lower: lowerGather },
  GatherElements: { infer: inferOne(gatherElements), fold: foldGatherElements },
  GatherND: { infer: inferOne(gatherND), fold: foldGatherND },
};
