import { elementCount } from '../../graph/value';
import { activationCode, binaryCode } from '../functions';
import type { OpcodeName, Program, ProgramOperation, ProgramValue, ValueId } from '../program';
import { hasFreeActivation } from './activation-slot';

/** Inputs of the operations that can add a bias a channel and a residual of their result's shape. */
const biasInput: Partial<Record<OpcodeName, number>> = { convolution: 2, gdws: 3, matmul: 2 };
const residualInput: Partial<Record<OpcodeName, number>> = { convolution: 3, gdws: 4, matmul: 3 };

/**
 * Lets a convolution or matrix product add what an `Add` after it adds: a constant a channel as its bias, a tensor of its
 * result's shape as its residual. With a residual it moves to the place of the `Add`, where the residual is known.
 */
export function fuseAdditions(program: Program): void {
  const producers = program.producers();
  const uses = program.useCounts();
  const order = new Map(program.operations.map((operation, index) => [operation, index]));
  const takenOver = new Map<ProgramOperation, ProgramOperation>();
  const newPlace = new Map<ProgramOperation, ProgramOperation>();

  const candidate = (id: ValueId): ProgramOperation | undefined => {
    const before = producers.get(id);
    return before && residualInput[before.opcode] !== undefined && uses.get(id) === 1 && hasFreeActivation(before)
      ? before
      : undefined;
  };

  for (const addition of program.operations) {
    if (addition.opcode !== 'binary' || addition.ints[0] !== binaryCode('add')) continue;
    if (addition.ints[1] !== activationCode('none')) continue;
    const result = program.values[addition.outputs[0]!]!;
    const sides = [addition.inputs as [ValueId, ValueId], addition.inputs.toReversed() as [ValueId, ValueId]]
      .flatMap(([own, other]) => {
        const before = candidate(own);
        return before && sameDims(program.values[own]!, result)
          ? [{ before, other: program.values[other]!, id: other }]
          : [];
      })
      // The later of two convolutions takes the residual: the other's result is known by then.
      .sort((a, b) => order.get(b.before)! - order.get(a.before)!);
    for (const { before, other, id } of sides) {
      const slot = fittingSlot(before, result, other);
      if (slot === undefined) continue;
      while (before.inputs.length <= slot) before.inputs.push(undefined);
      const isBias = slot === biasInput[before.opcode];
      before.inputs[slot] = isBias ? program.addValue({ ...other, dims: [elementCount(other.dims)] }) : id;
      before.outputs[0] = addition.outputs[0]!;
      producers.set(addition.outputs[0]!, before);
      order.set(before, order.get(addition)!);
      takenOver.set(addition, before);
      newPlace.set(before, addition);
      break;
    }
  }
  program.operations = program.operations.flatMap((operation) => {
    const before = takenOver.get(operation);
    if (before) return newPlace.get(before) === operation ? [before] : [];
    return newPlace.has(operation) ? [] : [operation];
  });
}

function fittingSlot(before: ProgramOperation, result: ProgramValue, other: ProgramValue): number | undefined {
  const bias = biasInput[before.opcode]!;
  const residual = residualInput[before.opcode]!;
  if (other.storage === 'constant') {
    return before.inputs[bias] === undefined && before.inputs[residual] === undefined && isBias(before, result, other)
      ? bias
      : undefined;
  }
  return before.inputs[residual] === undefined && sameDims(other, result) ? residual : undefined;
}

/** Whether `other` broadcasts over the result as one number a channel: (M, 1, 1) after a convolution, (N) after a product. */
function isBias(before: ProgramOperation, result: ProgramValue, other: ProgramValue): boolean {
  const channelAxis = before.opcode === 'matmul' ? result.dims.length - 1 : 1;
  const padded = [...Array<number>(result.dims.length - other.dims.length).fill(1), ...other.dims];
  return (
    other.dims.length <= result.dims.length &&
    padded.every((dim, axis) => dim === (axis === channelAxis ? result.dims[axis] : 1))
  );
}

function sameDims(a: ProgramValue, b: ProgramValue): boolean {
  return a.dims.length === b.dims.length && a.dims.every((dim, axis) => dim === b.dims[axis]);
}
