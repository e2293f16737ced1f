import fc from 'fast-check';
import type { Constant } from '../../src/onnx/value';
import { ConstantPool } from '../../src/program/constant-pool';
import { gdwsPattern } from '../../src/program/fuse/recognize-gdws';
import { operationOf, type Operation, type ProgramOperation, type ValueId } from '../../src/program/operation';
import { Program } from '../../src/program/program';
import { ProgramRewriter } from '../../src/program/program-rewriter';
import { ProgramWriter } from '../../src/program/program-writer';

const origin = { node: 'n', operator: 'Test' };

/** A program over vectors, with input 0 as value 0. */
class Draft {
  readonly program = new Program();
  private readonly writer = new ProgramWriter(this.program, origin);

  constructor() {
    this.writer.input('float32', [2]);
  }

  negate(x: ValueId): ValueId {
    return this.writer.emit('unary', [x], [2], { function: 'neg' });
  }

  add(a: ValueId, b: ValueId): ValueId {
    return this.writer.emit('binary', [a, b], [2], { function: 'add' });
  }

  value(): ValueId {
    return this.program.addValue({ type: 'float32', dims: [2], storage: 'temporary', index: -1 });
  }
}

const sum = (inputs: ValueId[], outputs: ValueId[]) =>
  operationOf('binary', inputs, outputs, origin, { function: 'add' });
const negation = (x: ValueId, y: ValueId) => operationOf('unary', [x], [y], origin, { function: 'neg' });

/** Runs a pass that makes one change, when it is shown the first operation. */
function rewrite(program: Program, change: (rewriter: ProgramRewriter, operations: ProgramOperation[]) => void): void {
  const operations = [...program.operations];
  new ProgramRewriter(program).apply((operation, rewriter) => {
    if (operation === operations[0]) change(rewriter, operations);
  });
}

/** Expects that a rewriter knows what one that is made anew of its program finds. */
function expectCurrent(rewriter: ProgramRewriter): void {
  const { program } = rewriter;
  const anew = new ProgramRewriter(program);
  for (let id = 0; id < program.values.length; ++id) {
    expect(rewriter.producerOf(id)).toBe(anew.producerOf(id));
    expect(rewriter.soleProducerOf(id)).toBe(anew.soleProducerOf(id));
  }
  const places = program.operations.map((operation) => rewriter.placeOf(operation));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(new Set(places).size).toBe(places.length);
}

/** Expects that each value is written once, before anything reads it. */
function expectSound({ values, operations, outputs }: Program): void {
  const written = new Set(values.flatMap(({ storage }, id) => (storage === 'temporary' ? [] : [id])));
  for (const operation of operations) {
    for (const id of operation.inputs) if (id !== undefined) expect(written).toContain(id);
    for (const id of operation.outputs) {
      expect(written).not.toContain(id);
      written.add(id);
    }
  }
  for (const id of outputs) expect(written).toContain(id);
}

describe('a rewriter knows', () => {
  test('what writes a value, and what writes one that a single operand reads', () => {
    const draft = new Draft();
    const { program } = draft;
    const once = draft.negate(0);
    const twice = draft.negate(once);
    const squared = draft.add(twice, twice);
    const shown = draft.negate(squared);
    const last = draft.negate(shown);
    program.outputs.push(shown, last);
    const rewriter = new ProgramRewriter(program);
    expect([0, once, twice, undefined].map((id) => rewriter.producerOf(id))).toEqual([
      undefined,
      program.operations[0],
      program.operations[1],
      undefined,
    ]);
    expect(rewriter.soleProducerOf(0)).toBeUndefined();
    expect(rewriter.soleProducerOf(undefined)).toBeUndefined();
    expect(rewriter.soleProducerOf(once)).toBe(program.operations[0]);
    expect(rewriter.soleProducerOf(twice)).toBeUndefined();
    expect(rewriter.soleProducerOf(squared)).toBe(program.operations[2]);
    // An output, which one operand reads too.
    expect(rewriter.soleProducerOf(shown)).toBeUndefined();
  });

  test('at once what a replacement has changed', () => {
    const draft = new Draft();
    const { program } = draft;
    const [a, b] = [draft.negate(0), draft.negate(0)];
    const c = draft.add(a, b);
    program.outputs.push(draft.add(c, a));
    rewrite(program, (rewriter, [first, second, third, fourth]) => {
      expect(rewriter.soleProducerOf(a)).toBeUndefined();
      const doubled = sum([b, b], [c]);
      rewriter.replace(third!, doubled, []);
      expect(rewriter.producerOf(c)).toBe(doubled);
      expect(rewriter.soleProducerOf(a)).toBe(first);
      expect(rewriter.soleProducerOf(b)).toBeUndefined();
      expect(rewriter.placeOf(second!)).toBeLessThan(rewriter.placeOf(doubled));
      expect(rewriter.placeOf(doubled)).toBeLessThan(rewriter.placeOf(fourth!));
      const joint = sum([b, a], fourth!.outputs.slice());
      rewriter.replace(fourth!, joint, [doubled]);
      expect(rewriter.producerOf(c)).toBeUndefined();
      expect(rewriter.soleProducerOf(b)).toBe(second);
    });
    expect(program.operations.map(({ inputs }) => inputs)).toEqual([[0], [0], [b, a]]);
    expectSound(program);
  });

  test('what it would find anew, after any replacements', () => {
    const step = fc.tuple(fc.constantFrom('negate', 'add', 'output'), fc.nat(100), fc.nat(100));
    const choices = fc.array(fc.nat(5), { minLength: 1, maxLength: 20 });
    const staysCurrent = fc.property(fc.array(step, { maxLength: 20 }), choices, (steps, chosen) => {
      const draft = new Draft();
      const { program } = draft;
      for (const [kind, i, j] of steps) {
        const [a, b] = [i % program.values.length, j % program.values.length];
        if (kind === 'output') program.outputs.push(a);
        else if (kind === 'negate') draft.negate(a);
        else draft.add(a, b);
      }
      const rewriter = new ProgramRewriter(program);
      for (let pass = 0; pass < 2; ++pass) {
        let asked = pass;
        rewriter.apply((operation) => replaceSomehow(operation, rewriter, chosen[asked++ % chosen.length]!));
        expectCurrent(rewriter);
        expectSound(program);
      }
    });
    fc.assert(staysCurrent, { numRuns: 500 });
  });
});

/** Replaces an operation, with what comes before it where nothing else reads that. */
function replaceSomehow(operation: ProgramOperation, rewriter: ProgramRewriter, choice: number): void {
  const [a, b] = operation.inputs as [ValueId, ValueId | undefined];
  const [y] = operation.outputs as [ValueId];
  const before = rewriter.soleProducerOf(a);
  if (choice === 0 && b !== undefined) rewriter.replace(operation, sum([b, a], [y]), []);
  else if (choice === 1) rewriter.replace(operation, negation(a, y), []);
  else if (choice === 2) rewriter.replace(operation, sum([a, a], [y]), []);
  // At its own place, or at that of what it absorbs.
  else if (choice === 3 && before) rewriter.replace(operation, { ...before, outputs: [y] }, [before]);
  else if (choice === 4 && before) rewriter.replace(before, { ...before, outputs: [y] }, [operation]);
}

describe('a pass', () => {
  test('is shown what it has put in the place of a later operation', () => {
    const draft = new Draft();
    const { program } = draft;
    const y = draft.negate(draft.negate(0));
    program.outputs.push(y);
    const [first, second] = program.operations;
    const later = negation(first!.outputs[0]!, y);
    const shown: ProgramOperation[] = [];
    new ProgramRewriter(program).apply((operation, rewriter) => {
      shown.push(operation);
      if (operation === first) rewriter.replace(second!, later, []);
    });
    expect(shown).toEqual([first, later]);
    expect(program.operations[1]).toBe(later);
  });

  test('is shown nothing that it has removed', () => {
    const draft = new Draft();
    const { program } = draft;
    const y = draft.negate(draft.negate(0));
    program.outputs.push(y);
    const [first, second] = program.operations;
    const shown: ProgramOperation[] = [];
    new ProgramRewriter(program).apply((operation, rewriter) => {
      shown.push(operation);
      rewriter.replace(first!, negation(0, y), [second!]);
    });
    expect(shown).toEqual([first]);
    expect(program.operations).toEqual([negation(0, y)]);
  });
});

describe('a replacement is refused', () => {
  test('that reads what a later operation writes', () => {
    const draft = new Draft();
    const a = draft.negate(0);
    const b = draft.negate(a);
    draft.program.outputs.push(b, draft.negate(0));
    const [, , last] = draft.program.operations;
    rewrite(draft.program, (rewriter, [first]) => {
      const early = sum([0, last!.outputs[0]!], [a]);
      expect(() => rewriter.replace(first!, early, [])).toThrow('value 3 would be read before it is written');
    });
  });

  test('that reads what it writes itself', () => {
    const draft = new Draft();
    const a = draft.negate(0);
    draft.program.outputs.push(a);
    rewrite(draft.program, (rewriter, [first]) => {
      expect(() => rewriter.replace(first!, negation(a, a), [])).toThrow('value 1 would be read before it is written');
    });
  });

  test('that reads what nothing writes, or nothing any more', () => {
    for (const absorbing of [false, true]) {
      const draft = new Draft();
      const a = draft.negate(0);
      const b = draft.negate(a);
      draft.program.outputs.push(b);
      const unwritten = draft.value();
      rewrite(draft.program, (rewriter, [first, second]) => {
        const by = negation(absorbing ? a : unwritten, b);
        const replace = () => rewriter.replace(second!, by, absorbing ? [first!] : []);
        expect(replace).toThrow(/value \d would be read before it is written/);
      });
    }
  });

  test('that writes what an earlier operation reads', () => {
    const draft = new Draft();
    const a = draft.negate(0);
    const b = draft.negate(a);
    draft.program.outputs.push(b, draft.add(a, 0));
    rewrite(draft.program, (rewriter, [first, , last]) => {
      const late = sum([0, 0], [a, last!.outputs[0]!]);
      expect(() => rewriter.replace(last!, late, [first!])).toThrow('value 1 would be read before it is written');
    });
  });

  test('that leaves what something still reads unwritten', () => {
    const draft = new Draft();
    const a = draft.negate(0);
    const b = draft.negate(a);
    draft.program.outputs.push(draft.add(a, b));
    rewrite(draft.program, (rewriter, [first, second]) => {
      const by = negation(0, b);
      expect(() => rewriter.replace(second!, by, [first!])).toThrow('value 1 would be read and not be written');
    });
  });

  test('that leaves an output of the program unwritten', () => {
    const draft = new Draft();
    const a = draft.negate(0);
    draft.program.outputs.push(a, draft.negate(a));
    rewrite(draft.program, (rewriter, [first, second]) => {
      const by = negation(0, second!.outputs[0]!);
      expect(() => rewriter.replace(second!, by, [first!])).toThrow('value 1 would be read and not be written');
    });
  });
});

describe('of a chain of matches', () => {
  /** Convolutions of 4 channels, one after another. */
  function chainOf(...layers: { outputs?: number; groups: number; size: number }[]) {
    const program = new Program();
    const writer = new ProgramWriter(program, origin);
    const constants = new Map<number, Constant>();
    const pool = new ConstantPool();
    let x = writer.input('float32', [1, 4, 5, 5]);
    for (const { outputs = 4, groups, size } of layers) {
      const dims = [outputs, 4 / groups, size, size];
      const constant: Constant = {
        type: 'float32',
        dims,
        data: new Float32Array(outputs * (4 / groups) * size * size),
      };
      constants.set(pool.numberOf(constant), constant);
      const weights = writer.numbered('float32', dims, pool.numberOf(constant));
      const pad = (size - 1) / 2;
      const walk = { strides: [1, 1], dilations: [1, 1], pads: [pad, pad, pad, pad] };
      x = writer.emit('convolution', [x, weights], [1, outputs, 5, 5], { groups, ...walk });
    }
    program.outputs.push(x);
    return { built: { program, constants }, pool };
  }

  test('an operation is taken by one alone: depthwise 3×3, depthwise 1×1, pointwise 1×1', () => {
    const layers = [
      { groups: 4, size: 3 },
      { groups: 4, size: 1 },
      { outputs: 6, groups: 1, size: 1 },
    ];
    const { built, pool } = chainOf(...layers);
    const { program } = built;
    const [depthwise, between, pointwise] = program.operations;
    const rewriter = new ProgramRewriter(program);
    rewriter.apply(gdwsPattern(built, pool));
    expect(program.operations.map(({ opcode }) => opcode)).toEqual(['gdws', 'convolution']);
    const [separable, last] = program.operations as [Operation<'gdws'>, ProgramOperation];
    expect(separable).toMatchObject({
      inputs: [0, depthwise!.inputs[1], between!.inputs[1], undefined, undefined],
      outputs: between!.outputs,
      attributes: { groups: 4, pads: [1, 1, 1, 1], kernels: [1, 1, 1, 1] },
    });
    expect(last).toBe(pointwise);
    expect(rewriter.soleProducerOf(pointwise!.inputs[0])).toBe(separable);
    expectCurrent(rewriter);
    expectSound(program);
  });

  test('pairs are taken as they come', () => {
    const pair = [
      { groups: 4, size: 3 },
      { groups: 1, size: 1 },
    ];
    const { built, pool } = chainOf(...pair, { groups: 4, size: 1 }, ...pair);
    const rewriter = new ProgramRewriter(built.program);
    rewriter.apply(gdwsPattern(built, pool));
    expect(built.program.operations.map(({ opcode }) => opcode)).toEqual(['gdws', 'convolution', 'gdws']);
    expectCurrent(rewriter);
    expectSound(built.program);
  });
});
