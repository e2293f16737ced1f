import { sameDims, type DataType, type ValueType } from '../onnx/value';
import type { BinaryName, UnaryName } from '../program/operation';
import { constantOf } from './elements';
import type { Lowering, ValueId } from './lowering';
import type { OperatorCall } from './operator';

// Operations that many lowerings write.

/** A new float32 value. */
export function floats(lowering: Lowering, dims: readonly number[]): ValueId {
  return lowering.temporary({ type: 'float32', dims });
}

/** Input `index`, which the operator requires. */
export function required(call: OperatorCall, lowering: Lowering, index: number): ValueId {
  const value = lowering.input(index);
  if (value === undefined) call.fail('MODEL_INVALID', `input ${index} is missing.`);
  return value;
}

export function emitUnary(
  lowering: Lowering,
  name: UnaryName,
  x: ValueId,
  y: ValueId,
  { a = 0, b = 0 }: { a?: number; b?: number } = {},
): void {
  lowering.emit('unary', [x], [y], { function: name, a, b });
}

export function emitBinary(lowering: Lowering, name: BinaryName, a: ValueId, b: ValueId, y: ValueId): void {
  lowering.emit('binary', [a, b], [y], { function: name });
}

/** Writes `output` of `outputDims` by `write`; through a temporary where the result of the operation, `value`, has other dims. */
export function emitAs(
  lowering: Lowering,
  output: ValueId,
  outputDims: readonly number[],
  value: ValueType,
  write: (target: ValueId) => void,
): void {
  const same = sameDims(outputDims, value.dims);
  const target = same ? output : lowering.temporary(value);
  write(target);
  if (!same) lowering.emit('alias', [target], [output]);
}

/** Consecutive numbers along one axis. */
interface Positions {
  readonly type: DataType;
  readonly count: number;
  /** Of the tensor, whose other axes are 1. */
  readonly rank: number;
  readonly axis: number;
  /** Default 0. */
  readonly first?: number;
}

/** `first`, `first` + 1, … along one axis. */
export function positions(lowering: Lowering, { type, count, rank, axis, first = 0 }: Positions): ValueId {
  const dims = new Array<number>(rank).fill(1).with(axis, count);
  return lowering.constant(
    constantOf(
      type,
      dims,
      Float64Array.from({ length: count }, (_, i) => first + i),
    ),
  );
}
