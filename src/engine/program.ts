import { GdwsError } from '../errors';
import { arrayOfType, elementCount } from '../graph/value';
import { native, nativeTypes, type NativeType } from '../native';

/** Names of the operations, as `native/engine/opcode.h` lists them. */
export type OpcodeName =
  | 'convolution'
  | 'gdws'
  | 'convolutionTranspose'
  | 'matmul'
  | 'maxPool'
  | 'averagePool'
  | 'unary'
  | 'binary'
  | 'scaleShift'
  | 'normalize'
  | 'localResponse'
  | 'reduce'
  | 'argReduce'
  | 'softmax'
  | 'concat'
  | 'strided'
  | 'pad'
  | 'gather'
  | 'interpolate'
  | 'alias'
  | 'cast'
  | 'select'
  | 'compare'
  | 'maxPoolGradient'
  | 'maxPoolIndices'
  | 'maxUnpool'
  | 'gridSample'
  | 'roiAlign'
  | 'gatherElements'
  | 'gatherND'
  | 'scatterElements'
  | 'scatterND'
  | 'topK'
  | 'cumulativeSum';

/** A value of a program, by its place in {@link Program.values}. */
export type ValueId = number;

/** Where the elements of a value come from; the order is that of `Storage` in native/engine/program.h. */
const storages = ['temporary', 'constant', 'input'] as const;

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

/** One operation; docs/architecture.md says what inputs, ints and floats each opcode has. */
export interface ProgramOperation {
  opcode: OpcodeName;
  inputs: (ValueId | undefined)[];
  outputs: ValueId[];
  ints: number[];
  floats: number[];
  /** The ONNX node it computes, for errors. */
  readonly origin: { readonly node: string; readonly operator: string };
}

const magic = 0x47445753;
const format = 1;

/** A flat list of operations over values of known shape: what the engine runs. */
export class Program {
  readonly values: ProgramValue[] = [];
  operations: ProgramOperation[] = [];
  readonly inputs: ValueId[] = [];
  readonly outputs: ValueId[] = [];

  addValue(value: ProgramValue): ValueId {
    return this.values.push(value) - 1;
  }

  /** The operation that writes each temporary. */
  producers(): Map<ValueId, ProgramOperation> {
    return new Map(this.operations.flatMap((operation) => operation.outputs.map((id) => [id, operation] as const)));
  }

  /** How many operation inputs and program outputs read each value. */
  useCounts(): Map<ValueId, number> {
    const counts = new Map<ValueId, number>();
    const count = (id: ValueId) => counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const { inputs } of this.operations) for (const id of inputs) if (id !== undefined) count(id);
    this.outputs.forEach(count);
    return counts;
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

  /** The words that native/engine/program.cpp reads. Values that nothing uses are left out. */
  encode(): Int32Array {
    const used = new Set<ValueId>([...this.inputs, ...this.outputs]);
    for (const { inputs, outputs } of this.operations) {
      for (const id of [...inputs, ...outputs]) if (id !== undefined) used.add(id);
    }
    const numbers = new Map([...used].sort((a, b) => a - b).map((id, number) => [id, number]));
    const number = (id: ValueId | undefined) => (id === undefined ? -1 : numbers.get(id)!);

    const words = [magic, format, numbers.size, this.operations.length, this.inputs.length, this.outputs.length];
    for (const id of numbers.keys()) {
      const { type, storage, index, dims } = this.values[id]!;
      words.push(nativeTypes.indexOf(type), storages.indexOf(storage), index, dims.length, ...dims);
    }
    for (const id of [...this.inputs, ...this.outputs]) words.push(number(id));
    const float = new Float32Array(1);
    const bits = new Int32Array(float.buffer);
    const starts: number[] = [];
    for (const { opcode, inputs, outputs, ints, floats } of this.operations) {
      starts.push(words.length);
      words.push(native.opcodes.indexOf(opcode), inputs.length);
      for (const id of inputs) words.push(number(id));
      words.push(outputs.length);
      for (const id of outputs) words.push(number(id));
      words.push(ints.length);
      for (const int of ints) words.push(int);
      words.push(floats.length);
      for (const value of floats) {
        float[0] = value;
        words.push(bits[0]!);
      }
    }
    const encoded = Int32Array.from(words);
    // Refuses what 32 bits cannot hold, rather than wrap it.
    const wrapped = encoded.findIndex((word, i) => word !== words[i]);
    if (wrapped >= 0) {
      const operation = this.operations[starts.findLastIndex((start) => start <= wrapped)];
      throw new GdwsError(
        'OPERATOR_UNSUPPORTED',
        `the engine cannot hold the number ${words[wrapped]} in 32 bits.`,
        operation?.origin,
      );
    }
    return encoded;
  }
}
