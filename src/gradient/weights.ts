import type { OpcodeName, Operation, ValueId } from '../program/operation';
import type { Program } from '../program/program';
import { product } from './product';
import { Unsupported } from './rule';
import type { Tape } from './tape';

/** Place of the weights among the inputs of operations that have them. */
const weightInput = 1;
const weighted: readonly OpcodeName[] = ['convolution', 'convolutionTranspose', 'matmul'];

/** Constants that convolutions and products take as weights: their values by the constants' numbers. */
export function weightValues(program: Program): Map<number, ValueId[]> {
  const found = new Map<number, Set<ValueId>>();
  for (const { opcode, inputs } of program.operations) {
    const id = inputs[weightInput];
    if (!weighted.includes(opcode) || id === undefined || program.values[id]!.storage !== 'constant') continue;
    const { index } = program.values[id]!;
    found.set(index, (found.get(index) ?? new Set()).add(id));
  }
  return new Map([...found].map(([index, ids]) => [index, [...ids]]));
}

/**
 * Gradient of every image with respect to the constant factor b (K, N) of a product a·b: (images, K, N), or (images, N, K) where b
 * is transposed. The images are the outermost axis of a.
 */
export function perImageFactor(tape: Tape, { inputs, attributes }: Operation<'matmul'>, gradient: ValueId): ValueId {
  const [a, b] = inputs as [ValueId, ValueId];
  const { transposeA, transposeB, alpha } = attributes;
  const from = tape.dims(a);
  if (tape.dims(b).length !== 2 || transposeA) {
    throw new Unsupported('of single images with respect to a factor of this shape');
  }
  const [images = 0] = from;
  const rows = from.slice(1, -1).reduce((count, dim) => count * dim, 1);
  const left = tape.view(tape.use(a), [images, rows, from.at(-1)!]);
  const right = tape.view(gradient, [images, rows, tape.dimsOf(gradient).at(-1)!]);
  const [first, second] = transposeB ? [right, left] : [left, right];
  return product(tape, first, second, { transposeA: true, alpha });
}
