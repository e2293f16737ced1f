import type { Constant, ValueType } from '../onnx/value';
import type { AttributesArgument, OpcodeName, ValueId } from '../program/operation';

export type { ValueId } from '../program/operation';

/** A lowering of other operands. */
export function withOperands(lowering: Lowering, operands: Partial<Pick<Lowering, 'input' | 'output'>>): Lowering {
  return Object.assign(Object.create(lowering) as Lowering, operands);
}

/** Where an operator writes its operations: a view of the program for one node. */
export interface Lowering {
  /** The value of node input `index`; `undefined` where it is absent. Constants enter the program when first asked for. */
  input(index: number): ValueId | undefined;
  /** The value of node output `index`; `undefined` where nothing uses it. Each is written by exactly one operation. */
  output(index: number): ValueId | undefined;
  /** A new value that one operation writes and others read. */
  temporary(type: ValueType): ValueId;
  /** A constant; float16 and float64 enter as float32, small integers as int32. */
  constant(constant: Constant): ValueId;
  /** As `constant`, for one computed from others by a rule: made once for all input shapes of the session. */
  derived(of: readonly [rule: string, ...constants: Constant[]], make: () => Constant): ValueId;
  /** The same memory with other dims (no operation is emitted for constants). */
  view(value: ValueId, dims: readonly number[]): ValueId;
  /** Appends an operation; docs/architecture.md lists inputs, outputs and attributes of each opcode. */
  emit<Opcode extends OpcodeName>(
    opcode: Opcode,
    inputs: readonly (ValueId | undefined)[],
    outputs: readonly ValueId[],
    ...attributes: AttributesArgument<Opcode>
  ): void;
}
