import { arrayOfType, elementCount } from '../onnx/value';
import type { NativeType } from './element-type';
import type { ProgramOperation, ValueId } from './operation';

/** Origins of the elements of a value, in the order of `Storage` in native/program/program.h. */
export const storages = ['temporary', 'constant', 'input'] as const;

export interface ProgramValue {
  readonly type: NativeType;
  readonly dims: readonly number[];
  readonly storage: (typeof storages)[number];
  /** Number of the constant or of the input; -1 for a temporary. */
  readonly index: number;
}

/** Memory of a value's elements. */
export function bytesOf({ type, dims }: ProgramValue): number {
  return elementCount(dims) * arrayOfType[type].BYTES_PER_ELEMENT;
}

/** The program that the engine runs: a flat list of operations over values of known shape. */
export class Program {
  readonly values: ProgramValue[] = [];
  operations: ProgramOperation[] = [];
  readonly inputs: ValueId[] = [];
  readonly outputs: ValueId[] = [];

  addValue(value: ProgramValue): ValueId {
    return this.values.push(value) - 1;
  }

  /** Removes operations whose results nothing reads. */
  removeUnused(): void {
    const used = new Set(this.outputs);
    const kept: ProgramOperation[] = [];
    for (const operation of this.operations.toReversed()) {
      if (!operation.outputs.some((id) => used.has(id))) continue;
      for (const id of operation.inputs) if (id !== undefined) used.add(id);
      kept.push(operation);
    }
    this.operations = kept.reverse();
  }
}
