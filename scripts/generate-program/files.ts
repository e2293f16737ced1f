import { attributesHeader, attributesSource } from './attributes';
import { attributesWriterHeader } from './attributes-writer';
import { functionsHeader } from './functions';
import { opcodeHeader } from './opcodes';

/** The C++ files that are made from the schema of operations, by path. */
export const generatedFiles: Readonly<Record<string, () => string>> = {
  'native/program/opcode.h': opcodeHeader,
  'native/program/functions.h': functionsHeader,
  'native/program/attributes.h': attributesHeader,
  'native/program/attributes.cpp': attributesSource,
  'test/native/attributes_writer.h': attributesWriterHeader,
};
