import { broadcast } from '../operators/broadcast';
import type { GivenAttributes, ValueId } from '../program/operation';
import type { Tape } from './tape';

/** alpha·a·b of the last two axes, either transposed; the axes before them broadcast. */
export function product(
  tape: Tape,
  a: ValueId,
  b: ValueId,
  { transposeA = false, transposeB = false, alpha = 1 }: Partial<GivenAttributes<'matmul'>> = {},
): ValueId {
  const from = tape.dimsOf(a);
  const to = tape.dimsOf(b);
  const batch = broadcast([from.slice(0, -2), to.slice(0, -2)])!;
  const dims = [...batch, from.at(transposeA ? -1 : -2)!, to.at(transposeB ? -2 : -1)!];
  return tape.emit('matmul', [a, b], dims, { transposeA, transposeB, alpha });
}
