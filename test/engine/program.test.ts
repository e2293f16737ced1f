import fc from 'fast-check';
import { Program } from '../../src/program/program';
import { type OpcodeName } from '../../src/program/operation';
import { unaryCode } from '../../src/program/operation';
import { native, type HeldMemory } from '../../src/native';
import { nativeTypes } from '../../src/program/element-type';

/** relu(x) and then the same memory under other dims. */
function smallProgram(): Program {
  const program = new Program();
  const x = program.addValue({ type: 'float32', dims: [2, 3], storage: 'input', index: 0 });
  const y = program.addValue({ type: 'float32', dims: [2, 3], storage: 'temporary', index: -1 });
  const z = program.addValue({ type: 'float32', dims: [6], storage: 'temporary', index: -1 });
  const origin = { node: 'n', operator: 'Relu' };
  program.inputs.push(x);
  program.outputs.push(z);
  program.operations.push(
    { opcode: 'unary', inputs: [x], outputs: [y], ints: [unaryCode('relu')], floats: [0, 0], origin },
    { opcode: 'alias', inputs: [y], outputs: [z], ints: [], floats: [], origin },
  );
  return program;
}

const compile = (words: Int32Array) => native().createSession(2).compile(words, []);

describe('a program', () => {
  test('runs, and gives its output under the dims of an alias', async () => {
    const program = compile(smallProgram().encode());
    const [bytes] = await program.run([Float32Array.from([-1, 2, -3, 4, -5, 6])]).done;
    expect([...new Float32Array(bytes!)]).toEqual([0, 2, 0, 4, 0, 6]);
    const [again] = program.runSync([Float32Array.from([1, -2, 3, -4, 5, -6])]);
    expect([...new Float32Array(again!)]).toEqual([1, 0, 3, 0, 5, 0]);
  });

  test('leaves out values that nothing uses', () => {
    const program = smallProgram();
    const bare = program.encode();
    program.addValue({ type: 'float32', dims: [9], storage: 'temporary', index: -1 });
    expect(program.encode()).toEqual(bare);
  });

  test('refuses feeds of another size, type or number', () => {
    const program = compile(smallProgram().encode());
    expect(() => program.run([new Float32Array(5)])).toThrow(/size/);
    expect(() => program.run([new Int32Array(6)])).toThrow(/type/);
    expect(() => program.run([])).toThrow(/inputs/);
    expect(() => program.runSync([new Float32Array(7)])).toThrow(/size/);
  });

  test('writes outputs to held memory and reads inputs from it, without a copy in JavaScript', async () => {
    const program = compile(smallProgram().encode());
    const held = native().holdMemory(24);
    const results = await program.run([Float32Array.from([-1, 2, -3, 4, -5, 6])], [held]).done;
    expect(results).toHaveLength(1);
    expect(results[0]).toBeUndefined();
    const [bytes] = await program.run([held]).done;
    expect([...new Float32Array(bytes!)]).toEqual([0, 2, 0, 4, 0, 6]);
    program.runSync([Float32Array.from([7, 7, 7, -7, -7, -7])], [held]);
    expect([...new Float32Array(program.runSync([held])[0]!)]).toEqual([7, 7, 7, 0, 0, 0]);
  });

  test('keeps held memory alive as long as a run, whoever else lets go of it', async () => {
    const program = compile(smallProgram().encode());
    const runs = Array.from({ length: 50 }, (_, i) => {
      const held = native().holdMemory(24);
      program.runSync([new Float32Array(6).fill(i)], [held]);
      return program.run([held]).done;
    });
    const results = await Promise.all(runs);
    results.forEach(([bytes], i) => expect([...new Float32Array(bytes!)]).toEqual(new Array(6).fill(i)));
  });

  test('takes copies of elements, which change no more', () => {
    const program = compile(smallProgram().encode());
    const type = nativeTypes.indexOf('float32');
    const input = Float32Array.from([-1, 2, -3, 4, -5, 6]);
    const held = native().holdCopy(input.subarray(), type);
    input.fill(9);
    expect([...new Float32Array(program.runSync([held])[0]!)]).toEqual([0, 2, 0, 4, 0, 6]);
    expect(() => native().holdCopy(new Int32Array(6), type)).toThrow(/type/);
    expect(() => native().holdCopy(input, nativeTypes.length)).toThrow(/type/);
    // Of huge pages, and more than fit whole ones.
    const many = Float32Array.from({ length: 3_000_001 }, (_, i) => i % 1000);
    const long = new Program();
    const x = long.addValue({ type: 'float32', dims: [many.length], storage: 'input', index: 0 });
    long.inputs.push(x);
    long.outputs.push(x);
    const copy = native().holdCopy(many, type);
    expect(Buffer.from(compile(long.encode()).runSync([copy])[0]!).equals(Buffer.from(many.buffer))).toBe(true);
  });

  test('refuses held memory of another size, and what only looks like it', () => {
    const program = compile(smallProgram().encode());
    const input = new Float32Array(6);
    expect(() => program.run([native().holdMemory(20)])).toThrow(/size/);
    expect(() => program.run([input], [native().holdMemory(28)])).toThrow(/size/);
    expect(() => program.run([{} as HeldMemory])).toThrow(/type/);
    expect(() => native().holdMemory(-1)).toThrow(/bytes/);
    expect(() => native().holdMemory(Number.MAX_SAFE_INTEGER)).toThrow(/alloc|memory/);
  });

  test('whatever its words say, is compiled or refused, never a crash', () => {
    const words = smallProgram().encode();
    const interesting = fc.oneof(
      fc.integer({ min: -3, max: 40 }),
      fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 2 ** 30, 65536, 1e9),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(words.length - 1), interesting), { minLength: 1, maxLength: 4 }),
        fc.nat(words.length),
        fc.boolean(),
        (changes, length, cut) => {
          const mutated = Int32Array.from(words);
          for (const [at, word] of changes) mutated[at] = word;
          try {
            compile(cut ? mutated.subarray(0, length) : mutated);
          } catch (error) {
            expect(['INTERNAL', 'OUT_OF_MEMORY']).toContain((error as { code?: string }).code);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('of any opcode with too few operands is refused', () => {
    for (const opcode of native().opcodes as OpcodeName[]) {
      const program = smallProgram();
      program.operations = [
        { opcode, inputs: [undefined], outputs: [1, 2], ints: [], floats: [], origin: { node: '', operator: '' } },
      ];
      expect(() => compile(program.encode())).toThrow();
    }
  });

  test('whose sizes overflow 64 bits is refused, whichever dimensions they come from', () => {
    const huge = 2 ** 31 - 1;
    for (const dims of [
      [2 ** 18, 2 ** 18, 2 ** 28],
      [huge, huge, huge],
      [0, huge, huge, huge],
    ]) {
      const program = smallProgram();
      for (const id of [0, 1, 2]) program.values[id] = { ...program.values[id]!, dims };
      expect(() => compile(program.encode())).toThrow(/more than 2\^36 elements/);
    }
  });

  test('cannot name one input twice, nor alias a value to several', () => {
    const twice = smallProgram();
    twice.addValue({ type: 'float32', dims: [1000], storage: 'input', index: 0 });
    twice.outputs.push(3);
    expect(() => compile(twice.encode())).toThrow(/input 0 a second time/);

    const spread = smallProgram();
    const extra = spread.addValue({ type: 'float32', dims: [6], storage: 'temporary', index: -1 });
    spread.operations[1]!.outputs.push(extra);
    spread.outputs.push(extra);
    expect(() => compile(spread.encode())).toThrow(/one input and one output/);
  });

  test('reads constants of the declared size only', () => {
    const program = smallProgram();
    program.values[0] = { type: 'float32', dims: [2, 3], storage: 'constant', index: 1 };
    program.inputs.pop();
    const words = program.encode();
    const type = nativeTypes.indexOf('float32');
    const session = native().createSession(1);
    expect(() => session.compile(words, [])).toThrow(/constant 1/);
    expect(() => session.compile(words, [[1, { type, data: new Float32Array(5) }]])).toThrow(/5 elements/);
    const compiled = session.compile(words, [[1, { type, data: Float32Array.from([1, -1, 2, -2, 3, -3]) }]]);
    expect([...new Float32Array(compiled.runSync([])[0]!)]).toEqual([1, 0, 2, 0, 3, 0]);
  });

  test('whose arg reduction fits its operands only modulo 2^64 is refused', () => {
    const program = new Program();
    const x = program.addValue({ type: 'float32', dims: [0, 2 ** 30], storage: 'input', index: 0 });
    const y = program.addValue({ type: 'int64', dims: [2 ** 17, 2 ** 17], storage: 'temporary', index: -1 });
    program.inputs.push(x);
    program.outputs.push(y);
    const origin = { node: 'n', operator: 'ArgMax' };
    program.operations.push({ opcode: 'argReduce', inputs: [x], outputs: [y], ints: [1, 0, 0], floats: [], origin });
    expect(() => compile(program.encode())).toThrow(/does not fit/);
  });
});
