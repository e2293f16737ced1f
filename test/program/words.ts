/** An operation as the words of a program have it; -1 stands for an input that is absent. */
export interface WordedOperation {
  opcode: number;
  inputs: number[];
  outputs: number[];
  ints: number[];
  floats: number[];
}

/** What the words of a program say, number by number. */
export interface WordedProgram {
  magic: number;
  format: number;
  values: { type: number; storage: number; index: number; dims: number[] }[];
  inputs: number[];
  outputs: number[];
  operations: WordedOperation[];
}

/** Reads words by docs/architecture.md alone. */
export function readWords(words: Int32Array): WordedProgram {
  let at = 0;
  const word = () => {
    if (at === words.length) throw new Error('there are too few words');
    return words[at++]!;
  };
  const many = <T>(count: number, read: () => T) => Array.from({ length: count }, read);
  const counted = () => many(word(), word);
  const [magic, format, values, operations, inputs, outputs] = [word(), word(), word(), word(), word(), word()];
  const program = {
    magic,
    format,
    values: many(values, () => ({ type: word(), storage: word(), index: word(), dims: counted() })),
    inputs: many(inputs, word),
    outputs: many(outputs, word),
    operations: many(operations, () => ({
      opcode: word(),
      inputs: counted(),
      outputs: counted(),
      ints: counted(),
      floats: [...new Float32Array(Int32Array.from(counted()).buffer)],
    })),
  };
  if (at !== words.length) throw new Error('there are too many words');
  return program;
}

/** The words that say this, whether it makes sense or not. */
export function writeWords({ magic, format, values, inputs, outputs, operations }: WordedProgram): Int32Array {
  const counted = (numbers: readonly number[]) => [numbers.length, ...numbers];
  return Int32Array.from([
    ...[magic, format, values.length, operations.length, inputs.length, outputs.length],
    ...values.flatMap(({ type, storage, index, dims }) => [type, storage, index, ...counted(dims)]),
    ...inputs,
    ...outputs,
    ...operations.flatMap((operation) => [
      operation.opcode,
      ...counted(operation.inputs),
      ...counted(operation.outputs),
      ...counted(operation.ints),
      ...counted([...new Int32Array(Float32Array.from(operation.floats).buffer)]),
    ]),
  ]);
}
