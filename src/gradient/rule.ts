import type { OpcodeName, Operation, ValueId } from '../program/operation';
import type { Tape } from './tape';

/**
 * Adds to the gradients of an operation's inputs. `gradient` is that with respect to its result, before the activation
 * that it applies, if any.
 *
 * @throws Unsupported where the operation has no gradient in this form
 */
export type Rule<Opcode extends OpcodeName = OpcodeName> = (
  tape: Tape,
  operation: Operation<Opcode>,
  gradient: ValueId,
) => void;

/** Names the part of an operation that has no gradient. */
export class Unsupported extends Error {}
