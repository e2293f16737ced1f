import fc from 'fast-check';
import type { Attributes, OpcodeName } from '../../src/program/operation';
import { enumerations, operations, type AttributeSchema, type EnumerationName } from '../../src/program/schema';

export const opcodes = Object.keys(operations) as OpcodeName[];

export function schemasOf(opcode: OpcodeName): [name: string, schema: AttributeSchema][] {
  return Object.entries<AttributeSchema>(operations[opcode].attributes);
}

export function namesOf(enumeration: EnumerationName): string[] {
  return Object.keys(enumerations[enumeration]);
}

/** Any attributes that an operation may have by the schema. */
export function attributesOf<Opcode extends OpcodeName>(opcode: Opcode): fc.Arbitrary<Attributes<Opcode>> {
  const values = schemasOf(opcode).map(([name, schema]) => [name, valueOf(schema)] as const);
  return fc.record(Object.fromEntries(values)) as fc.Arbitrary<unknown> as fc.Arbitrary<Attributes<Opcode>>;
}

function valueOf(schema: AttributeSchema): fc.Arbitrary<unknown> {
  switch (schema.kind) {
    case 'int':
      return intFrom(schema.least);
    case 'ints':
      return fc.array(intFrom(schema.least), { minLength: schema.count ?? 0, maxLength: schema.count ?? 6 });
    case 'flag':
      return fc.boolean();
    case 'float':
      return fc.float();
    case 'name':
      return fc.constantFrom(...namesOf(schema.of));
    case 'activation':
      return fc.record({ name: fc.constantFrom(...namesOf('Activation')), a: fc.float(), b: fc.float() });
  }
}

/** Most are small; some are the largest there are. */
function intFrom(least = -(2 ** 31)): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: Math.max(least, -9), max: 9 }), fc.integer({ min: least, max: 2 ** 31 - 1 }));
}
