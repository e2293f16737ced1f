import fc from 'fast-check';
import { native } from '../../src/addon/native';
import { encodeAttributes, encodeProgram } from '../../src/program/encode';
import type { OpcodeName } from '../../src/program/operation';
import { Program } from '../../src/program/program';
import type { AttributeSchema } from '../../src/program/schema';
import { attributesOf, namesOf, opcodes, schemasOf } from './attributes';
import { readWords, writeWords } from './words';

interface Numbers {
  readonly ints: readonly number[];
  readonly floats: readonly number[];
}

/** What the addon says against an operation of these numbers that has an output, but no operands. */
function refusalOf(opcode: OpcodeName, { ints, floats }: Numbers): string {
  const program = new Program();
  program.outputs.push(program.addValue({ type: 'float32', dims: [2], storage: 'temporary', index: -1 }));
  const operation = { opcode: opcodes.indexOf(opcode), inputs: [], outputs: [0], ints: [...ints], floats: [...floats] };
  const words = writeWords({ ...readWords(encodeProgram(program)), operations: [operation] });
  try {
    native().createSession(1).compile(words, []);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`${opcode} without operands was compiled`);
}

/** What each of an operation's ints stands for: the attribute's name, the least it may be, and how many values from there. */
function intsOf(opcode: OpcodeName, ints: number): { name: string; least?: number; count?: number }[] {
  const described = schemasOf(opcode).map(([name, schema]) => ({ name, schema, count: countOf(schema) }));
  const fixed = described.reduce((sum, { count }) => sum + (count ?? 0), 0);
  return described.flatMap(({ name, schema, count }) =>
    Array.from({ length: count ?? ints - fixed }, () => ({ name, ...rangeOf(schema) })),
  );
}

/** Ints of an attribute; `undefined` where it has all that are left. */
function countOf(schema: AttributeSchema): number | undefined {
  if (schema.kind === 'ints') return schema.count;
  return schema.kind === 'float' ? 0 : 1;
}

function rangeOf(schema: AttributeSchema): { least?: number; count?: number } {
  switch (schema.kind) {
    case 'flag':
      return { least: 0, count: 2 };
    case 'name':
      return { least: 0, count: namesOf(schema.of).length };
    case 'activation':
      return { least: 0, count: namesOf('Activation').length };
    case 'float':
      return {};
    default:
      return { least: schema.least };
  }
}

describe.each(opcodes)('attributes of %s', (opcode) => {
  const numbers = attributesOf(opcode).map((attributes) => encodeAttributes({ opcode, attributes }));
  const hasRest = schemasOf(opcode).some(([, { kind, ...schema }]) => kind === 'ints' && !('count' in schema));

  const forAll = (check: (numbers: Numbers) => void) => fc.assert(fc.property(numbers, check), { numRuns: 20 });

  test('are taken where they are as the schema says', () => {
    forAll((given) => expect(refusalOf(opcode, given)).not.toContain('attribute'));
  });

  test('are refused where they are too few or too many', () => {
    forAll(({ ints, floats }) => {
      const wrongInts = hasRest ? [] : [ints.length - 1, ints.length + 1];
      for (const count of wrongInts.filter((wrong) => wrong >= 0)) {
        const wrong = [...ints, 1].slice(0, count);
        expect(refusalOf(opcode, { ints: wrong, floats })).toContain(
          `the operation has ${count} ints where attributes have ${ints.length}`,
        );
      }
      for (const count of [floats.length - 1, floats.length + 1].filter((wrong) => wrong >= 0)) {
        const wrong = [...floats, 1].slice(0, count);
        expect(refusalOf(opcode, { ints, floats: wrong })).toContain(
          `the operation has ${count} floats where attributes have ${floats.length}`,
        );
      }
    });
    if (!hasRest) return;
    const fewest = intsOf(opcode, 0).length;
    const { floats } = fc.sample(numbers, 1)[0]!;
    for (let count = 0; count < fewest; ++count) {
      expect(refusalOf(opcode, { ints: new Array<number>(count).fill(1), floats })).toContain(
        `the operation has ${count} ints where attributes have at least ${fewest}`,
      );
    }
  });

  test('are refused where a number is below the least, or stands for no name', () => {
    forAll(({ ints, floats }) => {
      intsOf(opcode, ints.length).forEach(({ name, least, count }, at) => {
        if (least !== undefined) {
          for (const wrong of [least - 1, -(2 ** 31)]) {
            expect(refusalOf(opcode, { ints: ints.with(at, wrong), floats })).toContain(
              `attribute ${name} is ${wrong}, below ${least}`,
            );
          }
        }
        if (count !== undefined) {
          for (const wrong of [count, 2 ** 31 - 1]) {
            expect(refusalOf(opcode, { ints: ints.with(at, wrong), floats })).toContain(
              `attribute ${name} is ${wrong}, not below ${count}`,
            );
          }
        }
      });
    });
  });
});
