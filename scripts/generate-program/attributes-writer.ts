import { attributesByOpcode, structOf, type NamedAttribute } from './attributes';
import { banner } from './cpp';

/** `test/native/attributes_writer.h`: the opposite of `native/program/attributes.h`. */
export function attributesWriterHeader(): string {
  return `${banner}
#pragma once

#include "native/attribute_writer.h"
#include "program/attributes.h"

namespace gdws::test {

// Each gives an operation the ints and floats of its attributes.

${attributesByOpcode().map(writer).join('\n')}
}  // namespace gdws::test
`;
}

function writer([opcode, attributes]: [string, readonly NamedAttribute[]]): string {
  const calls = attributes.map(([name]) => `  writer.add(attributes.${name});\n`);
  return `inline void write(const ${structOf(opcode)}& attributes, Operation& operation) {
  AttributeWriter writer(operation);
${calls.join('')}}
`;
}
