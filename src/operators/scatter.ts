import { stringAttribute } from '../onnx/attribute';
import { elementCount, type Constant, type ValueType } from '../onnx/value';
import type { NameOf } from '../program/operation';
import { axisAttribute, commonType, ranked, requireArithmetic } from './arguments';
import { bigintsOf, constantOf, isInteger, newElements, numbersOf } from './elements';
import { required } from './emission';
import { foldable } from './folding';
import { absolute, absoluteTuples, axisIndices, requireIndex, tupleIndices } from './gather';
import { inferOne } from './inference';
import { stridedPositions, stridesOf } from './layout';
import type { Lowering } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__ScatterElements.html, onnx__ScatterND.html, onnx__Scatter.html

/** How an element is updated. */
type Update = NameOf<'ScatterUpdate'>;

const updates: ReadonlyMap<string, Update> = new Map([
  ['none', 'replace'],
  ['add', 'add'],
  ['mul', 'mul'],
  ['max', 'max'],
  ['min', 'min'],
]);

/** The update of attribute `reduction`. */
function updateOf(call: OperatorCall): Update {
  const name = stringAttribute(call.node, 'reduction', 'none');
  const update = updates.get(name);
  if (!update) {
    call.fail('OPERATOR_UNSUPPORTED', `reduction '${name}' is not one of ${[...updates.keys()].join(', ')}.`);
  }
  const { type } = call.input(0);
  if (update !== 'replace' && (type === 'bool' || type === 'string')) {
    call.fail('OPERATOR_UNSUPPORTED', `the reduction '${name}' of ${type} is not supported.`);
  }
  return update;
}

/** The update, for types on which the engine supports it. */
function updateInRun(call: OperatorCall): Update {
  const update = updateOf(call);
  const { type } = call.input(0);
  if (update !== 'replace' && type !== 'uint8') requireArithmetic(call, type);
  return update;
}

/** `x` after each update of element `positions[i]` by element i of `by`, in order. */
function update(x: Constant, by: Constant, positions: ArrayLike<number>, how: Update): Constant {
  const { type, dims } = x;
  if (how === 'replace') {
    const data = newElements(type, x.data.length);
    for (let i = 0; i < data.length; i++) data[i] = x.data[i]!;
    for (let i = 0; i < positions.length; i++) data[positions[i]!] = by.data[i]!;
    return { type, dims, data };
  }
  const result = isInteger(type)
    ? reduce(BigInt64Array.from(bigintsOf(x) as BigInt64Array), bigintsOf(by), positions, how)
    : reduce(Float64Array.from(numbersOf(x) as Float64Array), numbersOf(by), positions, how);
  return constantOf(type, dims, result);
}

function reduce<Elements extends Float64Array | BigInt64Array>(
  result: Elements,
  by: ArrayLike<number | bigint>,
  positions: ArrayLike<number>,
  how: Update,
): Elements {
  const elements = result as { [index: number]: number };
  for (let i = 0; i < positions.length; i++) {
    const at = positions[i]!;
    // Both are numbers, or both bigints.
    elements[at] = join(how, elements[at]!, by[i] as number);
  }
  return result;
}

/** NaN is the largest and the least. */
function join(how: Update, x: number, y: number): number {
  if (how === 'add') return x + y;
  if (how === 'mul') return x * y;
  return (how === 'max' ? x > y : x < y) || x !== x ? x : y;
}

function scatterElements(call: OperatorCall): ValueType & { axis: number } {
  const { dims } = ranked(call, 0, 1);
  requireIndex(call);
  const axis = axisAttribute(call, dims.length, 0);
  const indices = ranked(call, 1, dims.length, dims.length).dims;
  if (indices.some((dim, i) => i !== axis && dim > dims[i]!)) {
    call.fail('SHAPE_MISMATCH', 'the indices are longer than the data.');
  }
  requireUpdates(call, indices);
  return { type: commonType(call, [0, 2]), dims, axis };
}

function requireUpdates(call: OperatorCall, wanted: readonly number[]): void {
  const { dims } = call.input(2);
  if (dims.length !== wanted.length || dims.some((dim, axis) => dim !== wanted[axis])) {
    call.fail('SHAPE_MISMATCH', `the updates have the shape [${dims.join(', ')}], not [${wanted.join(', ')}].`);
  }
}

function foldScatterElements(call: OperatorCall): Constant[] | undefined {
  const { dims, axis } = scatterElements(call);
  const how = updateOf(call);
  const constants = foldable(call, elementCount(dims)) as Constant[] | undefined;
  if (!constants) return undefined;
  const [x, indices, by] = constants as [Constant, Constant, Constant];
  const strides = stridesOf(dims);
  const taken = absolute(call, indices, dims[axis]!);
  const positions = stridedPositions(indices.dims, strides.with(axis, 0));
  for (let i = 0; i < positions.length; i++) positions[i]! += taken[i]! * strides[axis]!;
  return [update(x, by, positions, how)];
}

function lowerScatterElements(call: OperatorCall, lowering: Lowering): void {
  const { dims, axis } = scatterElements(call);
  const how = updateInRun(call);
  const output = lowering.output(0);
  if (output === undefined) return;
  const indices = axisIndices(call, lowering, dims[axis]!);
  const operands = [required(call, lowering, 0), indices, required(call, lowering, 2)];
  lowering.emit('scatterElements', operands, [output], { axis, update: how });
}

function scatterND(call: OperatorCall): ValueType & { depth: number } {
  const { dims } = ranked(call, 0, 1);
  requireIndex(call);
  const indices = ranked(call, 1, 1).dims;
  const depth = indices.at(-1)!;
  if (depth < 1 || depth > dims.length) {
    call.fail('SHAPE_MISMATCH', `indices of depth ${depth} do not fit data of rank ${dims.length}.`);
  }
  requireUpdates(call, [...indices.slice(0, -1), ...dims.slice(depth)]);
  return { type: commonType(call, [0, 2]), dims, depth };
}

function foldScatterND(call: OperatorCall): Constant[] | undefined {
  const { dims, depth } = scatterND(call);
  const how = updateOf(call);
  const constants = foldable(call, elementCount(dims)) as Constant[] | undefined;
  if (!constants) return undefined;
  const [x, indices, by] = constants as [Constant, Constant, Constant];
  const strides = stridesOf(dims);
  const taken = absoluteTuples(call, indices, dims.slice(0, depth));
  const inner = elementCount(dims.slice(depth));
  const positions = new Int32Array(by.data.length);
  for (let i = 0; i < positions.length; i++) {
    const tuple = Math.floor(i / inner);
    positions[i] = i % inner;
    for (let axis = 0; axis < depth; axis++) positions[i]! += taken[tuple * depth + axis]! * strides[axis]!;
  }
  return [update(x, by, positions, how)];
}

function lowerScatterND(call: OperatorCall, lowering: Lowering): void {
  const { dims, depth } = scatterND(call);
  const how = updateInRun(call);
  const output = lowering.output(0);
  if (output === undefined) return;
  const indices = tupleIndices(call, lowering, dims.slice(0, depth));
  const operands = [required(call, lowering, 0), indices, required(call, lowering, 2)];
  lowering.emit('scatterND', operands, [output], { update: how });
}

const elements: Operator = {
  infer: inferOne(scatterElements),
  fold: foldScatterElements,
  lower: lowerScatterElements,
  limits: 'A reduction in a run of floats, int64, int32 and uint8.',
};

export const scatterOperators: Record<string, Operator> = {
  Scatter: elements,
  ScatterElements: elements,
  ScatterND: {
    infer: inferOne(scatterND),
    fold: foldScatterND,
    lower: lowerScatterND,
    limits: 'A reduction in a run of floats, int64, int32 and uint8.',
  },
};
