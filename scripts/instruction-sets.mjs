import { createRequire } from 'node:module';
import path from 'node:path';

/** The instruction sets that gdws has kernels for and this processor runs, the least first. */
export function availableInstructionSets() {
  return createRequire(import.meta.url)(path.resolve('build/Release/gdws.node')).instructionSets;
}
