import { activationCode } from '../functions';
import type { OpcodeName, ProgramOperation } from '../program';

/** Where the operations that can apply an activation to their result keep its number among their ints. */
const slots: Partial<Record<OpcodeName, number>> = {
  convolution: 9,
  gdws: 9,
  convolutionTranspose: 9,
  matmul: 2,
  binary: 1,
  scaleShift: 0,
};

/** Whether the operation could apply an activation and applies none yet. */
export function hasFreeActivation(operation: ProgramOperation): boolean {
  return activationOf(operation) === activationCode('none');
}

/** The number of the activation that the operation applies; `undefined` where it has none to apply. */
export function activationOf({ opcode, ints }: ProgramOperation): number | undefined {
  const slot = slots[opcode];
  return slot === undefined ? undefined : ints[slot];
}

/** Makes the operation apply an activation; its parameters are the last two floats. */
export function setActivation(operation: ProgramOperation, code: number, [a = 0, b = 0]: readonly number[]): void {
  operation.ints[slots[operation.opcode]!] = code;
  operation.floats.splice(-2, 2, a, b);
}
