import { operations, type AttributeSchema, type OperationSchema } from '../../src/program/schema';
import { banner, capitalized, uncapitalized } from './cpp';

export type NamedAttribute = readonly [name: string, schema: AttributeSchema];

/** The attributes of each opcode that has some, in the order of their words. */
export function attributesByOpcode(): [opcode: string, attributes: readonly NamedAttribute[]][] {
  return Object.entries<OperationSchema>(operations)
    .map(([opcode, { attributes }]): [string, NamedAttribute[]] => [opcode, Object.entries(attributes)])
    .filter(([, attributes]) => attributes.length > 0);
}

/** The struct that holds an opcode's attributes. */
export function structOf(opcode: string): string {
  return `${capitalized(opcode)}Attributes`;
}

/** `native/program/attributes.h`: a struct of each opcode's attributes, and how an operation's words are read to one. */
export function attributesHeader(): string {
  return `${banner}
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "program/attribute_reader.h"
#include "program/functions.h"
#include "program/fused_activation.h"
#include "program/program.h"

namespace gdws {

// The attributes of each opcode that has some; docs/architecture.md says what they are. \`of\` throws ProgramError where
// the operation's ints and floats are not as the schema has them.

${attributesByOpcode().map(struct).join('\n')}
/// Whether the operation's ints and floats are as its opcode has them. Throws ProgramError.
void checkAttributes(const OperationView& operation);

}  // namespace gdws
`;
}

/** `native/program/attributes.cpp`: the check of any operation's attributes. */
export function attributesSource(): string {
  const withSome = attributesByOpcode().map(([opcode]) => opcode);
  const without = Object.keys(operations).filter((opcode) => !withSome.includes(opcode));
  const checks = withSome.map(
    (opcode) => `    case Opcode::${opcode}:\n      ${structOf(opcode)}::of(operation);\n      break;\n`,
  );
  return `${banner}
#include "program/attributes.h"

namespace gdws {

void checkAttributes(const OperationView& operation) {
  switch (operation.opcode()) {
${checks.join('')}${without.map((opcode) => `    case Opcode::${opcode}:\n`).join('')}      AttributeReader(operation, {.ints = 0, .floats = 0});
      break;
  }
}

}  // namespace gdws
`;
}

function struct([opcode, attributes]: [string, readonly NamedAttribute[]]): string {
  const name = structOf(opcode);
  const members = attributes.map(([attribute, schema]) => `  ${member(attribute, schema)};\n`);
  const reads = attributes.map(([attribute, schema]) => `        .${attribute} = reader.${read(attribute, schema)},\n`);
  return `struct ${name} {
${members.join('')}
  static ${name} of(const OperationView& operation) {
    AttributeReader reader(operation, ${counts(opcode, attributes)});
    return {
${reads.join('')}    };
  }
};
`;
}

/** The declaration of an attribute, with the value that stands where none is given. */
function member(name: string, schema: AttributeSchema): string {
  switch (schema.kind) {
    case 'int':
      return `int32_t ${name} = ${schema.default ?? 0}`;
    case 'ints':
      return schema.count === undefined
        ? `std::vector<int32_t> ${name} = {}`
        : `std::array<int32_t, ${schema.count}> ${name} = {}`;
    case 'flag':
      return `bool ${name} = ${schema.default ?? false}`;
    case 'float':
      return `float ${name} = ${schema.default ?? 0}`;
    case 'name':
      return `${schema.of} ${name} = {}`;
    case 'activation':
      return `FusedActivation ${name} = {}`;
  }
}

/** The call of AttributeReader that reads an attribute. */
function read(name: string, schema: AttributeSchema): string {
  const least = 'least' in schema ? `, ${schema.least}` : '';
  switch (schema.kind) {
    case 'int':
      return `integer("${name}"${least})`;
    case 'ints':
      return schema.count === undefined ? `rest("${name}"${least})` : `integers<${schema.count}>("${name}"${least})`;
    case 'flag':
      return `flag("${name}")`;
    case 'float':
      return `real()`;
    case 'name':
      return `name<${schema.of}>("${name}", ${uncapitalized(schema.of)}Count)`;
    case 'activation':
      return `activation("${name}")`;
  }
}

/** How many ints and floats the attributes take. */
function counts(opcode: string, attributes: readonly NamedAttribute[]): string {
  let ints = 0;
  let floats = 0;
  let hasRest = false;
  for (const [name, schema] of attributes) {
    if (schema.kind === 'float') {
      floats += 1;
      continue;
    }
    if (hasRest) throw new Error(`${opcode}: ${name} follows ints of which any number may be there`);
    if (schema.kind === 'ints' && schema.count === undefined) {
      hasRest = true;
    } else {
      ints += schema.kind === 'ints' ? schema.count! : 1;
    }
    if (schema.kind === 'activation') floats += 2;
  }
  return `{.ints = ${ints}, .floats = ${floats}${hasRest ? ', .hasRest = true' : ''}}`;
}
