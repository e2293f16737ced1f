import type { Operation, ValueId } from '../program/operation';
import type { Program } from '../program/program';
import type { Tape } from './tape';

/**
 * Gives the convolutions of these nodes their own value for the constant weights that they share, so that its gradient does not
 * include other uses of these weights; `undefined` where the program has none of the nodes.
 */
export function separateWeights(program: Program, nodes: readonly string[]): ValueId | undefined {
  let id: ValueId | undefined;
  program.operations = program.operations.map((operation) => {
    const { opcode, origin, inputs } = operation;
    if (opcode !== 'convolution' || origin.operator !== 'Conv' || !nodes.includes(origin.node)) return operation;
    const weights = program.values[inputs[1]!]!;
    if (weights.storage !== 'constant') return operation;
    id ??= program.addValue({ ...weights });
    return { ...operation, inputs: inputs.with(1, id) };
  });
  return id;
}

/** Input channels of the convolutions that take these weights. */
export function channelsOf({ operations, values }: Program, weights: ValueId): number {
  const user = operations.find(
    (operation) => operation.opcode === 'convolution' && operation.inputs[1] === weights,
  ) as Operation<'convolution'>;
  return values[weights]!.dims[1]! * user.attributes.groups;
}

/** Of `channelGradients`, (N, groups, M / groups, KH, KW, C / groups), the sum of squares for each input channel: (N, C). */
export function channelNorms(tape: Tape, gradient: ValueId): ValueId {
  const [images = 0, groups = 0, outputs = 0, height = 0, width = 0, perGroup = 0] = tape.dimsOf(gradient);
  const rows = tape.view(gradient, [images, groups, outputs * height * width, perGroup]);
  return tape.view(tape.reduce('sumSquare', rows, [2]), [images, groups * perGroup]);
}
