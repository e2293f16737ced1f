import type { Program, ValueId } from '../program';
import type { Tape } from './tape';

/** The weights of some convolutions as a value of their own. */
export interface LayerWeights {
  readonly id: ValueId;
  readonly groups: number;
}

/**
 * Gives the convolutions of these nodes a value of their own for the constant weights that they share, so that its gradient
 * is theirs alone, whatever else uses these weights; `undefined` where the program has none of them.
 */
export function separateWeights(program: Program, nodes: readonly string[]): LayerWeights | undefined {
  const operations = program.operations.filter(
    ({ opcode, origin, inputs }) =>
      opcode === 'convolution' &&
      origin.operator === 'Conv' &&
      nodes.includes(origin.node) &&
      program.values[inputs[1]!]!.storage === 'constant',
  );
  const [first] = operations;
  if (!first) return undefined;
  const id = program.addValue({ ...program.values[first.inputs[1]!]! });
  for (const operation of operations) operation.inputs[1] = id;
  return { id, groups: first.ints[0]! };
}

/**
 * Of every image's gradient with respect to convolution weights, (N, M, C / groups, KH, KW), the sum of squares for each
 * input channel: (N, C).
 */
export function channelNorms(tape: Tape, gradient: ValueId, groups: number): ValueId {
  const [images = 0, outputs = 0, perGroup = 0, ...kernel] = tape.dimsOf(gradient);
  const taps = kernel.reduce((product, dim) => product * dim, 1);
  const byGroup = tape.view(gradient, [images, groups, outputs / groups, perGroup, taps]);
  return tape.view(tape.reduce('sumSquare', byGroup, [2, 4]), [images, groups * perGroup]);
}
