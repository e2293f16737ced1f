import type { Constant } from '../onnx/value';
import type { ConstantPool } from './constant-pool';
import type { NativeType } from './element-type';
import type { ValueId } from './operation';
import type { Program } from './program';

/** A program and its constants, by number. */
export interface BuiltProgram {
  readonly program: Program;
  readonly constants: Map<number, Constant>;
}

/** A program of a graph. */
export interface NamedProgram extends BuiltProgram {
  /** The names of values that are tensors of the graph, apart from constants. */
  readonly tensors: ReadonlyMap<ValueId, string>;
}

/** The elements of a value that is a constant, under the dims of the model. */
export function constantOf({ program, constants }: BuiltProgram, id: ValueId | undefined): Constant | undefined {
  const value = id === undefined ? undefined : program.values[id];
  return value?.storage === 'constant' ? constants.get(value.index) : undefined;
}

/** Adds a constant of a type that the engine has. */
export function addConstant({ program, constants }: BuiltProgram, pool: ConstantPool, constant: Constant): ValueId {
  const index = pool.numberOf(constant);
  constants.set(index, constant);
  return program.addValue({ type: constant.type as NativeType, dims: constant.dims, storage: 'constant', index });
}
