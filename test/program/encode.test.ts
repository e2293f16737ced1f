import fc from 'fast-check';
import { nativeTypes } from '../../src/program/element-type';
import { encodeProgram } from '../../src/program/encode';
import { operationOf, type OpcodeName, type Operation, type ProgramOperation } from '../../src/program/operation';
import { Program, storages } from '../../src/program/program';
import { attributesOf, namesOf, opcodes, schemasOf } from './attributes';
import { readWords, type WordedOperation } from './words';

const origin = { node: 'n', operator: 'Test' };

/** A program of one operation: two inputs, an operand that is absent between them, and two results. */
function programOf(operation: Pick<Operation, 'opcode' | 'attributes'>): Program {
  const program = new Program();
  const value = (storage: 'input' | 'temporary', index: number) =>
    program.addValue({ type: 'float32', dims: [2], storage, index });
  program.inputs.push(value('input', 0), value('input', 1));
  program.outputs.push(value('temporary', -1), value('temporary', -1));
  const [a, b] = program.inputs;
  const operands = { inputs: [a, undefined, b], outputs: [...program.outputs], origin };
  program.operations.push({ ...operation, ...operands } as ProgramOperation);
  return program;
}

function wordedOf(operation: Pick<Operation, 'opcode' | 'attributes'>): WordedOperation {
  return readWords(encodeProgram(programOf(operation))).operations[0]!;
}

/** The attributes that ints and floats stand for. */
function attributesFrom(opcode: OpcodeName, words: WordedOperation): Record<string, unknown> {
  const [ints, floats] = [[...words.ints], [...words.floats]];
  const attributes: Record<string, unknown> = {};
  for (const [name, schema] of schemasOf(opcode)) {
    switch (schema.kind) {
      case 'int':
        attributes[name] = ints.shift();
        break;
      case 'ints':
        attributes[name] = ints.splice(0, schema.count ?? ints.length);
        break;
      case 'flag':
        attributes[name] = { 0: false, 1: true }[ints.shift()!];
        break;
      case 'float':
        attributes[name] = floats.shift();
        break;
      case 'name':
        attributes[name] = namesOf(schema.of)[ints.shift()!];
        break;
      case 'activation':
        attributes[name] = { name: namesOf('Activation')[ints.shift()!], a: floats.shift(), b: floats.shift() };
        break;
    }
  }
  expect({ ints, floats }).toEqual({ ints: [], floats: [] });
  return attributes;
}

describe('the words of an operation', () => {
  test.each(opcodes)('of %s say its attributes, in the order of the schema', (opcode) => {
    fc.assert(
      fc.property(attributesOf(opcode), (attributes) => {
        const words = wordedOf({ opcode, attributes });
        expect(words).toMatchObject({ opcode: opcodes.indexOf(opcode), inputs: [0, -1, 1], outputs: [2, 3] });
        expect(attributesFrom(opcode, words)).toEqual(attributes);
      }),
    );
  });

  test('are of what the schema says, in whatever order attributes are given', () => {
    const pooling = { countIncludePad: true, pads: [5, 6, 7, 8], strides: [3, 4], kernel: [1, 2], dilations: [9, 10] };
    const averagePool = wordedOf({ opcode: 'averagePool', attributes: pooling });
    expect(averagePool).toMatchObject({ ints: [1, 2, 3, 4, 9, 10, 5, 6, 7, 8, 1], floats: [] });
    const activation = { b: 6, a: 0.5, name: 'clip' } as const;
    const product = { activation, alpha: 2, transposeB: true, transposeA: false };
    expect(wordedOf({ opcode: 'matmul', attributes: product })).toMatchObject({ ints: [0, 1, 2], floats: [2, 0.5, 6] });
  });

  test('take defaults where attributes are not given', () => {
    const { attributes } = operationOf('unary', [0], [1], origin, { function: 'clip' });
    expect(wordedOf({ opcode: 'unary', attributes })).toMatchObject({ ints: [1], floats: [0, 0] });
    const addition = operationOf('binary', [0, 1], [2], origin, { function: 'add' });
    expect(wordedOf(addition)).toMatchObject({ ints: [0, 0], floats: [0, 0] });
  });
});

describe('the words of a program', () => {
  test('say its values, those alone that something uses', () => {
    const program = new Program();
    program.addValue({ type: 'float32', dims: [9], storage: 'temporary', index: -1 });
    const x = program.addValue({ type: 'int64', dims: [2, 3], storage: 'input', index: 0 });
    const c = program.addValue({ type: 'bool', dims: [], storage: 'constant', index: 7 });
    const y = program.addValue({ type: 'float32', dims: [6], storage: 'temporary', index: -1 });
    program.inputs.push(x);
    program.outputs.push(y, x);
    program.operations.push(operationOf('cast', [x, c], [y], origin));
    const [int64, bool, float32] = (['int64', 'bool', 'float32'] as const).map((type) => nativeTypes.indexOf(type));
    const [input, constant, temporary] = (['input', 'constant', 'temporary'] as const).map((one) =>
      storages.indexOf(one),
    );
    expect(readWords(encodeProgram(program))).toEqual({
      magic: 0x47445753,
      format: 1,
      values: [
        { type: int64, storage: input, index: 0, dims: [2, 3] },
        { type: bool, storage: constant, index: 7, dims: [] },
        { type: float32, storage: temporary, index: -1, dims: [6] },
      ],
      inputs: [0],
      outputs: [2, 0],
      operations: [{ opcode: opcodes.indexOf('cast'), inputs: [0, 1], outputs: [2], ints: [], floats: [] }],
    });
  });

  test('hold no number that takes more than 32 bits, but name the node', () => {
    const program = programOf(operationOf('strided', [0], [1], origin, { offset: 2 ** 31, strides: [1] }));
    const error = expect.objectContaining({ code: 'OPERATOR_UNSUPPORTED', node: 'n', operator: 'Test' }) as Error;
    expect(() => encodeProgram(program)).toThrow(error);
    expect(() => encodeProgram(program)).toThrow('2147483648');
  });
});
