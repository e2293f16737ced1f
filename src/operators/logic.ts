import { elementCount, type Constant, type DataType, type ValueType } from '../onnx/value';
import type { BinaryName, CompareName } from '../program/operation';
import { aligned } from './aligned';
import { commonType, requireFloat } from './arguments';
import { broadcastInputs } from './broadcast';
import { filled, isFloat, newElements } from './elements';
import { foldElementwise, type ElementFunction } from './elementwise';
import { emitBinary, floats, required } from './emission';
import { foldable } from './folding';
import { inferOne } from './inference';
import { broadcastStrides, stridedPositions } from './layout';
import type { Lowering, ValueId } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__Equal.html, onnx__And.html, onnx__Where.html

/** Types whose values are all exact in float32. */
const narrow: ReadonlySet<DataType> = new Set(['bool', 'int8', 'uint8', 'int16', 'uint16']);

/** Input `index` as floats; OPERATOR_UNSUPPORTED for integers that float32 would round. */
function asFloats(call: OperatorCall, lowering: Lowering, index: number): ValueId {
  const { type, dims } = call.input(index);
  const value = required(call, lowering, index);
  if (isFloat(type)) return value;
  if (!narrow.has(type)) requireFloat(call, type);
  const converted = floats(lowering, dims);
  lowering.emit('cast', [value], [converted]);
  return converted;
}

/** Input `index` as the engine compares it: integers as they are, truth values as 0 and 1. */
function comparable(call: OperatorCall, lowering: Lowering, name: CompareName, index: number): ValueId {
  const { type } = call.input(index);
  if (type === 'bool') return asFloats(call, lowering, index);
  if (type === 'uint64' && name !== 'equal') {
    call.fail('OPERATOR_UNSUPPORTED', 'the engine does not order uint64.', 'Cast the input to int64.');
  }
  return required(call, lowering, index);
}

function comparisonType(call: OperatorCall): ValueType {
  commonType(call, [0, 1]);
  return { type: 'bool', dims: broadcastInputs(call, [0, 1]) };
}

function comparison(name: CompareName, holds: <T extends number | bigint>(x: T, y: T) => boolean): Operator {
  const f: ElementFunction = { number: holds, bigint: holds };
  return aligned({
    infer: inferOne(comparisonType),
    fold: (call) => foldElementwise(call, 'bool', f),
    lower: (call, lowering) => {
      const output = lowering.output(0);
      if (output === undefined) return;
      const operands = [comparable(call, lowering, name, 0), comparable(call, lowering, name, 1)];
      lowering.emit('compare', operands, [output], { function: name });
    },
  });
}

/** A function of two truth values as arithmetic on 0 and 1; results other than 0 are true. */
function logical(name: BinaryName, f: (x: number, y: number) => boolean): Operator {
  return aligned({
    infer: inferOne(comparisonType),
    fold: (call) => foldElementwise(call, 'bool', { number: f }),
    lower: (call, lowering) => {
      const { dims } = comparisonType(call);
      const output = lowering.output(0);
      if (output === undefined) return;
      const result = floats(lowering, dims);
      emitBinary(lowering, name, asFloats(call, lowering, 0), asFloats(call, lowering, 1), result);
      lowering.emit('cast', [result], [output]);
    },
  });
}

function selectType(call: OperatorCall): ValueType {
  if (call.input(0).type !== 'bool')
    call.fail('TYPE_MISMATCH', `the condition must be bool, not ${call.input(0).type}.`);
  return { type: commonType(call, [1, 2]), dims: broadcastInputs(call, [0, 1, 2]) };
}

function foldWhere(call: OperatorCall): Constant[] | undefined {
  const { type, dims } = selectType(call);
  const count = elementCount(dims);
  const constants = foldable(call, count) as Constant[] | undefined;
  if (!constants) return undefined;
  const [condition, a, b] = constants.slice(0, 3).map((constant) => ({
    data: constant.data,
    positions: stridedPositions(dims, broadcastStrides(constant.dims, dims)),
  }));
  const data = newElements(type, count);
  for (let i = 0; i < count; i++) {
    const source = condition!.data[condition!.positions[i]!] ? a! : b!;
    data[i] = source.data[source.positions[i]!]!;
  }
  return [{ type, dims, data }];
}

function lowerWhere(call: OperatorCall, lowering: Lowering): void {
  selectType(call);
  const output = lowering.output(0);
  if (output === undefined) return;
  const operands = [0, 1, 2].map((index) => required(call, lowering, index));
  lowering.emit('select', operands, [output]);
}

const not: Operator = {
  infer: (call) => [{ type: 'bool', dims: call.input(0).dims }],
  fold: (call) => foldElementwise(call, 'bool', { number: (x) => x === 0 }),
  lower: (call, lowering) => {
    const output = lowering.output(0);
    if (output === undefined) return;
    const zero = lowering.constant(filled([], 0));
    lowering.emit('compare', [asFloats(call, lowering, 0), zero], [output], { function: 'equal' });
  },
};

export const logicOperators: Record<string, Operator> = {
  Equal: comparison('equal', (x, y) => x === y),
  Less: comparison('less', (x, y) => x < y),
  LessOrEqual: comparison('lessOrEqual', (x, y) => x <= y),
  Greater: comparison('greater', (x, y) => x > y),
  GreaterOrEqual: comparison('greaterOrEqual', (x, y) => x >= y),
  And: logical('mul', (x, y) => x !== 0 && y !== 0),
  Or: logical('max', (x, y) => x !== 0 || y !== 0),
  Xor: logical('sub', (x, y) => (x !== 0) !== (y !== 0)),
  Not: not,
  Where: { infer: inferOne(selectType), fold: foldWhere, lower: lowerWhere },
};
