import fc from 'fast-check';
import { counters } from '../../src/addon/introspection';
import { native } from '../../src/addon/native';
import { elementCount } from '../../src/onnx/value';
import { encodeProgram } from '../../src/program/encode';
import { operationOf, type AttributesArgument, type OpcodeName, type ValueId } from '../../src/program/operation';
import { Program } from '../../src/program/program';

/** A program over (1, channels, width) beside its values, computed plainly. */
class Subject {
  readonly program = new Program();
  readonly expected: number[][] = [];
  /** The matrix that reverses rows. */
  private readonly exchange: ValueId;
  private readonly spreadings = new Map<string, ValueId>();

  constructor(readonly width: number) {
    this.exchange = this.input(width);
    this.expected[this.exchange] = Array.from({ length: width * width }, (_, i) =>
      (i % width) + Math.floor(i / width) === width - 1 ? 1 : 0,
    );
  }

  input(channels: number): ValueId {
    const index = this.program.inputs.length;
    const id = this.value([1, channels, this.width], 'input', index);
    this.program.inputs.push(id);
    this.expected[id] = Array.from({ length: channels * this.width }, (_, i) => (index + 1) * 100 + i);
    return id;
  }

  channels(id: ValueId): number {
    return this.expected[id]!.length / this.width;
  }

  negate(x: ValueId): ValueId {
    const y = this.emit('unary', [x], this.channels(x), { function: 'neg' });
    return this.knownAs(
      y,
      this.expected[x]!.map((element) => -element),
    );
  }

  add(a: ValueId, b: ValueId): ValueId {
    const y = this.emit('binary', [a, b], this.channels(a), { function: 'add' });
    return this.knownAs(
      y,
      this.expected[a]!.map((element, i) => Math.fround(element + this.expected[b]![i]!)),
    );
  }

  /** The rows of x reversed, and `residual`, which the product may overwrite. */
  reverseAndAdd(x: ValueId, residual: ValueId): ValueId {
    const inputs = [x, this.exchange, undefined, residual];
    const product = { transposeA: false, transposeB: false, alpha: 1 };
    const y = this.emit('matmul', inputs, this.channels(x), product);
    const reversed = (i: number) => this.expected[x]![i - (i % this.width) + this.width - 1 - (i % this.width)]!;
    return this.knownAs(
      y,
      this.expected[residual]!.map((element, i) => Math.fround(element + reversed(i))),
    );
  }

  /**
   * As many channels as `residual` has: those of x from the last to the first, over and over, by a pointwise convolution, and `residual`, which it
   * may overwrite.
   */
  spreadAndAdd(x: ValueId, residual: ValueId): ValueId {
    const [from, to] = [this.channels(x), this.channels(residual)];
    const inputs = [this.asMap(x), this.spreading(from, to), undefined, this.asMap(residual)];
    const map = this.value([1, to, 1, this.width], 'temporary', -1);
    const placing = { groups: 1, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };
    this.emitTo(map, 'convolution', inputs, placing);
    const y = this.emit('alias', [map], to);
    return this.knownAs(
      y,
      this.expected[residual]!.map((element, i) => {
        const channel = from - 1 - (Math.floor(i / this.width) % from);
        return Math.fround(element + this.expected[x]![channel * this.width + (i % this.width)]!);
      }),
    );
  }

  /** x and a single channel, which is added to each of its channels. */
  addToEach(x: ValueId, one: ValueId): ValueId {
    const y = this.emit('binary', [x, one], this.channels(x), { function: 'add' });
    return this.knownAs(
      y,
      this.expected[x]!.map((element, i) => Math.fround(element + this.expected[one]![i % this.width]!)),
    );
  }

  /** The channels of x from `first` on, the last first. */
  turnedPart(x: ValueId, first: number): ValueId {
    const last = this.channels(x) - 1;
    const steps = { offset: last * this.width, strides: [0, -this.width, 1] };
    const y = this.emit('strided', [x], last - first + 1, steps);
    const elements = Array.from({ length: (last - first + 1) * this.width }, (_, i) => {
      const channel = last - Math.floor(i / this.width);
      return this.expected[x]![channel * this.width + (i % this.width)]!;
    });
    return this.knownAs(y, elements);
  }

  concat(...inputs: ValueId[]): ValueId {
    const elements = inputs.flatMap((id) => this.expected[id]!);
    return this.knownAs(this.emit('concat', inputs, elements.length / this.width, { axis: 1 }), elements);
  }

  alias(x: ValueId): ValueId {
    return this.knownAs(this.emit('alias', [x], this.channels(x)), this.expected[x]!);
  }

  /** Runs the program, with kernels of a method where they are there, and compares its outputs. Says how much memory it needed. */
  check(threads: number, kernel?: string): number {
    const compiled = native().createSession(threads, kernel).compile(encodeProgram(this.program), []);
    const feeds = this.program.inputs.map((id) => Float32Array.from(this.expected[id]!));
    // Twice, over the same memory.
    for (let run = 0; run < 2; run++) {
      const outputs = compiled.runSync(feeds);
      this.program.outputs.forEach((id, k) => {
        // A product that is 0 may have either sign.
        const unsigned = (element: number) => element + 0;
        expect(Array.from(new Float32Array(outputs[k]!), unsigned)).toEqual(this.expected[id]!.map(unsigned));
      });
    }
    return compiled.arenaBytes;
  }

  /** x as the convolution wants it. */
  private asMap(x: ValueId): ValueId {
    const map = this.value([1, this.channels(x), 1, this.width], 'temporary', -1);
    this.emitTo(map, 'alias', [x]);
    return map;
  }

  /** The kernels that make `to` channels of `from`, an input of the program. */
  private spreading(from: number, to: number): ValueId {
    const known = this.spreadings.get(`${from} to ${to}`);
    if (known !== undefined) return known;
    const id = this.value([to, from, 1, 1], 'input', this.program.inputs.length);
    this.program.inputs.push(id);
    this.expected[id] = Array.from({ length: to * from }, (_, i) =>
      (Math.floor(i / from) % from) + (i % from) === from - 1 ? 1 : 0,
    );
    this.spreadings.set(`${from} to ${to}`, id);
    return id;
  }

  private emit<Opcode extends OpcodeName>(
    opcode: Opcode,
    inputs: (ValueId | undefined)[],
    channels: number,
    ...attributes: AttributesArgument<Opcode>
  ): ValueId {
    const id = this.value([1, channels, this.width], 'temporary', -1);
    this.emitTo(id, opcode, inputs, ...attributes);
    return id;
  }

  private emitTo<Opcode extends OpcodeName>(
    id: ValueId,
    opcode: Opcode,
    inputs: (ValueId | undefined)[],
    ...attributes: AttributesArgument<Opcode>
  ): void {
    const origin = { node: `node ${id}`, operator: opcode };
    this.program.operations.push(operationOf(opcode, inputs, [id], origin, ...attributes));
  }

  private value(dims: number[], storage: 'input' | 'temporary', index: number): ValueId {
    expect(elementCount(dims)).toBeGreaterThan(0);
    return this.program.addValue({ type: 'float32', dims, storage, index });
  }

  private knownAs(id: ValueId, elements: number[]): ValueId {
    this.expected[id] = elements;
    return id;
  }
}

/** Bytes of a channel of 16. */
const row = 64;

describe('a concatenation', () => {
  test('needs no memory beside its result, and its inputs none of their own', () => {
    const subject = new Subject(16);
    const x = subject.input(3);
    const parts = [subject.negate(x), subject.add(x, x), subject.negate(x)];
    const joined = subject.concat(...parts);
    subject.program.outputs.push(subject.negate(subject.add(joined, joined)));
    // The sum goes to new memory, since both of its inputs are the one it would overwrite; its negation to the output.
    expect(subject.check(1)).toBe(2 * 9 * row);
  });

  test('that is an output is computed there', () => {
    const subject = new Subject(16);
    const x = subject.input(2);
    subject.program.outputs.push(subject.concat(subject.negate(x), subject.add(x, x)));
    expect(subject.check(1)).toBe(0);
  });

  test('within another needs no memory of its own', () => {
    const subject = new Subject(16);
    const x = subject.input(2);
    const inner = subject.concat(subject.negate(x), subject.add(x, x));
    subject.program.outputs.push(subject.concat(subject.add(x, x), inner, subject.negate(x)));
    expect(subject.check(1)).toBe(0);
  });

  test('leaves the place of what comes late to others until then', () => {
    const subject = new Subject(16);
    const x = subject.input(4);
    const early = subject.negate(x);
    const between = subject.add(subject.negate(early), early);
    const late = subject.add(between, x);
    subject.program.outputs.push(subject.negate(subject.concat(early, late)));
    expect(subject.check(1)).toBe(3 * 4 * row);
  });

  test.each([
    ['an input of the program', (subject: Subject, x: ValueId) => subject.concat(x, subject.negate(x))],
    [
      'the same value twice',
      (subject: Subject, x: ValueId) => {
        const y = subject.negate(x);
        return subject.concat(y, x, y);
      },
    ],
    [
      'an output of the program',
      (subject: Subject, x: ValueId) => {
        const y = subject.negate(x);
        subject.program.outputs.push(y);
        return subject.concat(y, subject.negate(y));
      },
    ],
    [
      'a value that another concatenation has',
      (subject: Subject, x: ValueId) => {
        const y = subject.negate(x);
        return subject.add(subject.concat(y, x), subject.concat(x, y));
      },
    ],
    [
      'two views of one value',
      (subject: Subject, x: ValueId) => {
        const y = subject.negate(x);
        return subject.concat(subject.alias(y), subject.alias(y));
      },
    ],
  ])('copies %s', (_, build) => {
    for (const width of [16, 5]) {
      const subject = new Subject(width);
      const joined = build(subject, subject.input(3));
      subject.program.outputs.push(subject.negate(joined), joined);
      subject.check(1);
    }
  });
});

describe('a residual', () => {
  /** Bytes beside that of the values, which depend on the instruction set. */
  let scratch: number;

  beforeAll(() => {
    const subject = new Subject(16);
    subject.program.outputs.push(subject.reverseAndAdd(subject.input(3), subject.input(3)));
    scratch = subject.check(1);
  });

  test('is overwritten where nothing reads it any more', () => {
    const subject = new Subject(16);
    const x = subject.input(3);
    const y = subject.reverseAndAdd(x, subject.negate(x));
    subject.program.outputs.push(subject.reverseAndAdd(x, y));
    expect(subject.check(1)).toBe(scratch + 3 * row);
  });

  test.each([
    ['what is read later', (subject: Subject, x: ValueId, y: ValueId) => subject.add(subject.reverseAndAdd(x, y), y)],
    ['what it multiplies', (subject: Subject, _: ValueId, y: ValueId) => subject.reverseAndAdd(y, y)],
  ])('that is %s stays', (_, build) => {
    const subject = new Subject(16);
    const x = subject.input(3);
    subject.program.outputs.push(subject.negate(build(subject, x, subject.negate(x))));
    expect(subject.check(1)).toBe(scratch + 2 * 3 * row);
  });
});

describe('what may be overwritten stays where another operand lies in part in its bytes', () => {
  const cases: [string, (subject: Subject, x: ValueId) => ValueId][] = [
    [
      'a residual that is a part of the concatenation that is multiplied (DLA, VoVNet)',
      (subject, x) => {
        const [a, b] = [subject.negate(x), subject.add(x, x)];
        return subject.spreadAndAdd(subject.concat(a, b), b);
      },
    ],
    [
      'a residual that is a concatenation of what is multiplied (BlazeFace)',
      (subject, x) => {
        const a = subject.negate(x);
        return subject.spreadAndAdd(a, subject.concat(a, x));
      },
    ],
    [
      'a residual that is a view of a part',
      (subject, x) => {
        const [a, b] = [subject.negate(x), subject.add(x, x)];
        return subject.spreadAndAdd(subject.alias(subject.concat(a, b)), subject.alias(b));
      },
    ],
    [
      'a residual that is a part of a part',
      (subject, x) => {
        const [a, b, c] = [subject.negate(x), subject.add(x, x), subject.negate(x)];
        return subject.spreadAndAdd(subject.concat(c, subject.concat(a, b)), b);
      },
    ],
    [
      'a concatenation to whose channels its own part is added',
      (subject, x) => {
        const one = subject.turnedPart(x, subject.channels(x) - 1);
        return subject.addToEach(subject.concat(one, subject.negate(x)), one);
      },
    ],
  ];
  for (const width of [16, 5])
    for (const threads of [1, 2])
      test.each(cases)(`%s, ${width} wide, ${threads} threads`, (_, build) => {
        const subject = new Subject(width);
        subject.program.outputs.push(subject.negate(build(subject, subject.input(4))));
        subject.check(threads);
        subject.check(threads, 'reference');
      });
});

test('each compilation of a test has its plan verified', () => {
  const { programsCompiled, plansVerified } = counters();
  const subject = new Subject(16);
  subject.program.outputs.push(subject.negate(subject.input(1)));
  subject.check(1);
  expect(counters()).toMatchObject({ programsCompiled: programsCompiled + 1, plansVerified: plansVerified + 1 });
});

test('programs of any order of operations over shared memory give what they give over memory of their own', () => {
  const step = fc.record({
    kind: fc.constantFrom(
      ...(['negate', 'add', 'reverseAndAdd', 'spreadAndAdd', 'spreadAndAdd', 'addToEach', 'turnedPart'] as const),
      ...(['concat', 'concat', 'concat', 'alias', 'output'] as const),
    ),
    from: fc.array(fc.nat(1000), { minLength: 2, maxLength: 4 }),
    recent: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(16, 16, 5),
      fc.array(step, { minLength: 1, maxLength: 25 }),
      fc.constantFrom(1, 2),
      fc.constantFrom(undefined, undefined, 'reference'),
      (width, steps, threads, kernel) => {
        const subject = new Subject(width);
        const ids = [subject.input(1), subject.input(2)];
        for (const { kind, from, recent } of steps) {
          const last = recent ? ids.slice(-4) : ids;
          const chosen = from.map((number) => last[number % last.length]!);
          const [a] = chosen as [ValueId];
          const alike = ids.filter((id) => subject.channels(id) === subject.channels(a));
          if (kind === 'negate') ids.push(subject.negate(a));
          else if (kind === 'add') ids.push(subject.add(a, alike[from[1]! % alike.length]!));
          else if (kind === 'reverseAndAdd') ids.push(subject.reverseAndAdd(a, alike[from[1]! % alike.length]!));
          else if (kind === 'spreadAndAdd') ids.push(subject.spreadAndAdd(a, chosen[1]!));
          else if (kind === 'turnedPart') ids.push(subject.turnedPart(a, from[1]! % subject.channels(a)));
          else if (kind === 'addToEach') {
            const singles = ids.filter((id) => subject.channels(id) === 1);
            ids.push(subject.addToEach(a, singles[from[1]! % singles.length]!));
          } else if (kind === 'alias') ids.push(subject.alias(a));
          else if (kind === 'output') subject.program.outputs.push(a);
          else if (subject.channels(a) < 60) ids.push(subject.concat(...chosen));
        }
        subject.program.outputs.push(ids.at(-1)!);
        subject.program.removeUnused();
        subject.check(threads, kernel);
      },
    ),
    { numRuns: 3000 },
  );
});

test('a program of thousands of values, too many to compare each with each, is planned by time', () => {
  const subject = new Subject(16);
  const ids = [subject.input(1)];
  let state = 1;
  const below = (count: number) => (state = (state * 48271) % 2147483647) % count;
  while (ids.length < 9000) {
    const [a, b, c] = [below(30), below(30), below(2000)].map((back) => ids[Math.max(0, ids.length - 1 - back)]!);
    const kind = below(4);
    // Sums of sums grow beyond what a float holds exactly; negations and concatenations do not.
    if (kind === 0 && subject.channels(a!) < 6) ids.push(subject.concat(a!, ...(subject.channels(b!) < 6 ? [b!] : [])));
    else ids.push(subject.reverseAndAdd(subject.negate(kind === 1 ? c! : a!), subject.alias(kind === 1 ? c! : a!)));
  }
  subject.program.outputs.push(...ids.slice(-5));
  for (const id of ids) if (below(50) === 0) subject.program.outputs.push(id);
  const all = subject.program.values.reduce((sum, { dims }) => sum + 4 * elementCount(dims), 0);
  expect(subject.check(2)).toBeLessThan(all / 2);
});
