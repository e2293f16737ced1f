import type { Operation, ProgramOperation, ValueId } from '../../operation';

/** Operations that only move or choose elements, on any type; the data are their inputs but the indices. */
const moving = ['maxPool', 'strided', 'concat', 'gather', 'alias', 'pad'] as const;

export type MovingOperation = { [Opcode in (typeof moving)[number]]: Operation<Opcode> }[(typeof moving)[number]];

export function isMoving(operation: ProgramOperation): operation is MovingOperation {
  return (moving as readonly string[]).includes(operation.opcode);
}

/** The inputs whose elements it moves. */
export function movedInputs({ opcode, inputs }: MovingOperation): readonly ValueId[] {
  return (opcode === 'concat' ? inputs : inputs.slice(0, 1)) as readonly ValueId[];
}
