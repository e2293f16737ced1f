import fc from 'fast-check';
import { native, type HeldMemory } from '../../src/addon/native';
import { nativeTypes } from '../../src/program/element-type';
import { encodeAttributes, encodeProgram } from '../../src/program/encode';
import { operationOf } from '../../src/program/operation';
import { Program } from '../../src/program/program';
import { attributesOf, opcodes } from '../program/attributes';
import { readWords, writeWords } from '../program/words';

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
    operationOf('unary', [x], [y], origin, { function: 'relu' }),
    operationOf('alias', [y], [z], origin),
  );
  return program;
}

const compile = (words: Int32Array) => native().createSession(2).compile(words, []);

describe('a program', () => {
  test('runs, and gives its output under the dims of an alias', async () => {
    const program = compile(encodeProgram(smallProgram()));
    const [bytes] = await program.run([Float32Array.from([-1, 2, -3, 4, -5, 6])]).done;
    expect([...new Float32Array(bytes!)]).toEqual([0, 2, 0, 4, 0, 6]);
    const [again] = program.runSync([Float32Array.from([1, -2, 3, -4, 5, -6])]);
    expect([...new Float32Array(again!)]).toEqual([1, 0, 3, 0, 5, 0]);
  });

  test('leaves out values that nothing uses', () => {
    const program = smallProgram();
    const bare = encodeProgram(program);
    program.addValue({ type: 'float32', dims: [9], storage: 'temporary', index: -1 });
    expect(encodeProgram(program)).toEqual(bare);
  });

  test('refuses feeds of another size, type or number', () => {
    const program = compile(encodeProgram(smallProgram()));
    expect(() => program.run([new Float32Array(5)])).toThrow(/size/);
    expect(() => program.run([new Int32Array(6)])).toThrow(/type/);
    expect(() => program.run([])).toThrow(/inputs/);
    expect(() => program.runSync([new Float32Array(7)])).toThrow(/size/);
  });

  test('writes outputs to held memory and reads inputs from it, without a copy in JavaScript', async () => {
    const program = compile(encodeProgram(smallProgram()));
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
    const program = compile(encodeProgram(smallProgram()));
    const runs = Array.from({ length: 50 }, (_, i) => {
      const held = native().holdMemory(24);
      program.runSync([new Float32Array(6).fill(i)], [held]);
      return program.run([held]).done;
    });
    const results = await Promise.all(runs);
    results.forEach(([bytes], i) => expect([...new Float32Array(bytes!)]).toEqual(new Array(6).fill(i)));
  });

  test('takes copies of elements, which change no more', () => {
    const program = compile(encodeProgram(smallProgram()));
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
    expect(Buffer.from(compile(encodeProgram(long)).runSync([copy])[0]!).equals(Buffer.from(many.buffer))).toBe(true);
  });

  test('refuses held memory of another size, and what only looks like it', () => {
    const program = compile(encodeProgram(smallProgram()));
    const input = new Float32Array(6);
    expect(() => program.run([native().holdMemory(20)])).toThrow(/size/);
    expect(() => program.run([input], [native().holdMemory(28)])).toThrow(/size/);
    expect(() => program.run([{} as HeldMemory])).toThrow(/type/);
    expect(() => native().holdMemory(-1)).toThrow(/bytes/);
    expect(() => native().holdMemory(Number.MAX_SAFE_INTEGER)).toThrow(/alloc|memory/);
  });

  test('whatever its words say, is compiled or refused, never a crash', () => {
    const words = encodeProgram(smallProgram());
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
    const operands = { inputs: [-1], outputs: [1, 2] };
    opcodes.forEach((name, opcode) => {
      const refuses = (numbers: { ints: number[]; floats: number[] }) => {
        const operations = [{ opcode, ...operands, ...numbers }];
        expect(() => compile(writeWords({ ...readWords(encodeProgram(smallProgram())), operations }))).toThrow();
      };
      refuses({ ints: [], floats: [] });
      fc.assert(
        fc.property(attributesOf(name), (attributes) => refuses(encodeAttributes({ opcode: name, attributes }))),
        { numRuns: 10 },
      );
    });
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
      expect(() => compile(encodeProgram(program))).toThrow(/more than 2\^36 elements/);
    }
  });

  test('whose empty values have dims of more than 2^31 is refused, and whose result is empty does not run', () => {
    const program = smallProgram();
    const withDims = (dims: number[]) => {
      for (const id of [0, 1, 2]) program.values[id] = { ...program.values[id]!, dims };
      return compile(encodeProgram(program));
    };
    expect(() => withDims([2, 2 ** 31 - 1, 0])).toThrow(/empty value has dims of more than 2\^31/);
    const compiled = withDims([1, 2 ** 31 - 1, 0]);
    expect(compiled.kernels).toEqual([]);
    expect(compiled.runSync([new Float32Array(0)])[0]!.byteLength).toBe(0);
  });

  test('cannot name one input twice, nor alias a value to several', () => {
    const twice = smallProgram();
    twice.addValue({ type: 'float32', dims: [1000], storage: 'input', index: 0 });
    twice.outputs.push(3);
    expect(() => compile(encodeProgram(twice))).toThrow(/input 0 a second time/);

    const spread = smallProgram();
    const extra = spread.addValue({ type: 'float32', dims: [6], storage: 'temporary', index: -1 });
    spread.operations[1] = operationOf('alias', [1], [2, extra], { node: 'n', operator: 'Reshape' });
    spread.outputs.push(extra);
    expect(() => compile(encodeProgram(spread))).toThrow(/one input and one output/);
  });

  test('reads constants of the declared size only', () => {
    const program = smallProgram();
    program.values[0] = { type: 'float32', dims: [2, 3], storage: 'constant', index: 1 };
    program.inputs.pop();
    const words = encodeProgram(program);
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
    const attributes = { axis: 1, extreme: 'max', selectLast: false } as const;
    program.operations.push(operationOf('argReduce', [x], [y], origin, attributes));
    expect(() => compile(encodeProgram(program))).toThrow(/does not fit/);
  });
});
