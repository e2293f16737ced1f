import type { NativeType } from '../native';
import { activationCode } from './functions';
import type { OpcodeName, Program, ProgramOperation, ValueId } from './program';

/** Writes operations at the end of a program. */
export class ProgramWriter {
  /** What is written belongs to this node, for errors. */
  origin: ProgramOperation['origin'];

  constructor(
    readonly program: Program,
    origin: ProgramOperation['origin'],
  ) {
    this.origin = origin;
  }

  dimsOf(value: ValueId): readonly number[] {
    return this.program.values[value]!.dims;
  }

  /** A further input of the program. */
  input(type: NativeType, dims: readonly number[]): ValueId {
    const id = this.program.addValue({ type, dims, storage: 'input', index: this.program.inputs.length });
    this.program.inputs.push(id);
    return id;
  }

  /** Constant number `index`. */
  numbered(type: NativeType, dims: readonly number[], index: number): ValueId {
    return this.program.addValue({ type, dims, storage: 'constant', index });
  }

  emit(
    opcode: OpcodeName,
    inputs: readonly (ValueId | undefined)[],
    dims: readonly number[],
    ints: readonly number[] = [],
    floats: readonly number[] = [],
    type: NativeType = 'float32',
  ): ValueId {
    const id = this.program.addValue({ type, dims, storage: 'temporary', index: -1 });
    const { origin } = this;
    this.program.operations.push({
      opcode,
      inputs: [...inputs],
      outputs: [id],
      ints: [...ints],
      floats: [...floats],
      origin,
    });
    return id;
  }

  view(value: ValueId, dims: readonly number[]): ValueId {
    const from = this.program.values[value]!;
    if (from.dims.length === dims.length && from.dims.every((dim, axis) => dim === dims[axis])) return value;
    if (from.storage === 'constant') return this.program.addValue({ ...from, dims });
    return this.emit('alias', [value], dims, [], [], from.type);
  }

  /** a·bᵀ of the last two axes, the same for every index of the others. */
  productOfRows(a: ValueId, b: ValueId): ValueId {
    const dims = [...this.dimsOf(a).slice(0, -1), this.dimsOf(b).at(-2)!];
    return this.emit('matmul', [a, b], dims, [0, 1, activationCode('none')], [1, 0, 0]);
  }
}
