import { operations } from '../../src/program/schema';
import { banner, enumeration } from './cpp';

/** `native/program/opcode.h`: the opcodes, numbered. */
export function opcodeHeader(): string {
  const members = Object.fromEntries(Object.keys(operations).map((opcode) => [opcode, '']));
  return `${banner}
#pragma once

#include <cstdint>

namespace gdws {

/// The operations a program may hold. docs/architecture.md gives inputs, outputs and attributes of each.
${enumeration({ name: 'Opcode', count: 'opcodeCount', macro: 'GDWS_OPCODES' }, members)}
}  // namespace gdws
`;
}
