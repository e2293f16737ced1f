import { GdwsError } from '../base/errors';
import { nativeTypes } from './element-type';
import type { Activation, OpcodeName, ValueId } from './operation';
import { storages, type Program } from './program';
import { enumerations, operations, type AttributeSchema, type EnumerationName } from './schema';

const magic = 0x47445753;
const format = 1;

const opcodeNumbers = numbering(operations);
const attributeSchemas = new Map<string, [name: string, schema: AttributeSchema][]>(
  Object.entries(operations).map(([opcode, { attributes }]) => [opcode, Object.entries(attributes)]),
);
const nameNumbers = new Map(Object.entries(enumerations).map(([name, names]) => [name, numbering(names)]));

function numbering(names: object): ReadonlyMap<string, number> {
  return new Map(Object.keys(names).map((name, number) => [name, number]));
}

/**
 * The words that native/program/program.cpp reads, as docs/architecture.md lays them out. Values that nothing uses are
 * left out.
 *
 * @throws GdwsError OPERATOR_UNSUPPORTED for a number that 32 bits cannot hold
 */
export function encodeProgram(program: Program): Int32Array {
  const numbers = numbersOfUsed(program);
  const number = (id: ValueId | undefined) => (id === undefined ? -1 : numbers[id]!);

  const words = [magic, format, 0, program.operations.length, program.inputs.length, program.outputs.length];
  program.values.forEach(({ type, storage, index, dims }, id) => {
    if (numbers[id]! < 0) return;
    words[2]!++;
    words.push(nativeTypes.indexOf(type), storages.indexOf(storage), index, dims.length);
    for (const dim of dims) words.push(dim);
  });
  for (const id of program.inputs) words.push(number(id));
  for (const id of program.outputs) words.push(number(id));
  const starts: number[] = [];
  for (const operation of program.operations) {
    starts.push(words.length);
    const { opcode, inputs, outputs } = operation;
    words.push(opcodeNumbers.get(opcode)!, inputs.length);
    for (const id of inputs) words.push(number(id));
    words.push(outputs.length);
    for (const id of outputs) words.push(number(id));
    const { ints, floats } = encodeAttributes(operation);
    words.push(ints.length);
    for (const int of ints) words.push(int);
    words.push(floats.length);
    for (const float of floats) words.push(bitsOf(float));
  }
  const encoded = new Int32Array(words);
  // Refuses numbers that 32 bits cannot hold, instead of wrapping them.
  let wrapped = 0;
  while (wrapped < encoded.length && encoded[wrapped] === words[wrapped]) wrapped++;
  if (wrapped < encoded.length) {
    const operation = program.operations[starts.findLastIndex((start) => start <= wrapped)];
    throw new GdwsError(
      'OPERATOR_UNSUPPORTED',
      `the engine cannot hold the number ${words[wrapped]} in 32 bits.`,
      operation?.origin,
    );
  }
  return encoded;
}

/** The number of each value among those that are used, in order; -1 of the others. */
function numbersOfUsed({ values, inputs, outputs, operations: list }: Program): Int32Array {
  const numbers = new Int32Array(values.length).fill(-1);
  const use = (id: ValueId | undefined) => {
    if (id !== undefined) numbers[id] = 0;
  };
  inputs.forEach(use);
  outputs.forEach(use);
  for (const operation of list) {
    operation.inputs.forEach(use);
    operation.outputs.forEach(use);
  }
  let next = 0;
  for (let id = 0; id < numbers.length; id++) if (numbers[id] === 0) numbers[id] = next++;
  return numbers;
}

/** The ints and floats that stand for an operation's attributes, in the schema's order. */
export function encodeAttributes({ opcode, attributes }: { opcode: OpcodeName; attributes: object }): {
  ints: number[];
  floats: number[];
} {
  const ints: number[] = [];
  const floats: number[] = [];
  for (const [name, schema] of attributeSchemas.get(opcode)!) {
    const value = (attributes as Record<string, unknown>)[name];
    switch (schema.kind) {
      case 'int':
        ints.push(value as number);
        break;
      case 'ints':
        for (const int of value as readonly number[]) ints.push(int);
        break;
      case 'flag':
        ints.push(value ? 1 : 0);
        break;
      case 'float':
        floats.push(value as number);
        break;
      case 'name':
        ints.push(numberOf(schema.of, value as string));
        break;
      case 'activation': {
        const { name: activation, a, b } = value as Activation;
        ints.push(numberOf('Activation', activation));
        floats.push(a, b);
        break;
      }
    }
  }
  return { ints, floats };
}

function numberOf(enumeration: EnumerationName, name: string): number {
  return nameNumbers.get(enumeration)!.get(name)!;
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

function bitsOf(value: number): number {
  float[0] = value;
  return bits[0]!;
}
