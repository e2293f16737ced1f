import { sameDims } from '../onnx/value';
import type { NativeType } from './element-type';
import { operationOf, type GivenAttributes, type OpcodeName, type Origin, type ValueId } from './operation';
import type { Program } from './program';

/** The last arguments of {@link ProgramWriter.emit}: attributes may be left out where all may be absent. */
type EmitArguments<Opcode extends OpcodeName> =
  Record<never, never> extends GivenAttributes<Opcode>
    ? [attributes?: GivenAttributes<Opcode>, type?: NativeType]
    : [attributes: GivenAttributes<Opcode>, type?: NativeType];

/** Writes operations at the end of a program. */
export class ProgramWriter {
  /** The node of the operations that are written, for errors. */
  origin: Origin;

  constructor(
    readonly program: Program,
    origin: Origin,
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

  /** Appends an operation with one result of these dims, float32 by default; docs/architecture.md has each opcode's attributes. */
  emit<Opcode extends OpcodeName>(
    opcode: Opcode,
    inputs: readonly (ValueId | undefined)[],
    dims: readonly number[],
    ...[attributes, type = 'float32']: EmitArguments<Opcode>
  ): ValueId {
    const id = this.program.addValue({ type, dims, storage: 'temporary', index: -1 });
    this.program.operations.push(operationOf(opcode, inputs, [id], this.origin, attributes as GivenAttributes<Opcode>));
    return id;
  }

  view(value: ValueId, dims: readonly number[]): ValueId {
    const from = this.program.values[value]!;
    if (sameDims(from.dims, dims)) return value;
    if (from.storage === 'constant') return this.program.addValue({ ...from, dims });
    return this.emit('alias', [value], dims, {}, from.type);
  }

  /** a·bᵀ of the last two axes, the same for every index of the others. */
  productOfRows(a: ValueId, b: ValueId): ValueId {
    const dims = [...this.dimsOf(a).slice(0, -1), this.dimsOf(b).at(-2)!];
    return this.emit('matmul', [a, b], dims, { transposeA: false, transposeB: true, alpha: 1 });
  }
}
