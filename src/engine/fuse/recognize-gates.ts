import { activationCode, binaryCode, unaryCode } from '../functions';
import type { Program, ProgramOperation, ValueId } from '../program';

/** Turns x·sigmoid(x) into SiLU and x·hardSigmoid(x) into HardSwish, which opset 13 and most exporters spell out. */
export function recognizeGates(program: Program): void {
  const producers = program.producers();
  const uses = program.useCounts();
  const dropped = new Set<ProgramOperation>();
  const replaced = new Map<ProgramOperation, ProgramOperation>();
  for (const product of program.operations) {
    if (product.opcode !== 'binary' || product.ints[0] !== binaryCode('mul')) continue;
    if (product.ints[1] !== activationCode('none')) continue;
    const sides = [product.inputs, product.inputs.toReversed()] as [ValueId, ValueId][];
    for (const [x, gate] of sides) {
      const before = producers.get(gate);
      if (before?.opcode !== 'unary' || before.inputs[0] !== x || uses.get(gate) !== 1) continue;
      const gated = gatedBy(before);
      if (!gated) continue;
      replaced.set(product, { ...product, opcode: 'unary', inputs: [x], ...gated });
      dropped.add(before);
      break;
    }
  }
  program.operations = program.operations.flatMap((operation) =>
    dropped.has(operation) ? [] : [replaced.get(operation) ?? operation],
  );
}

function gatedBy({ ints: [code], floats: [a = 0, b = 0] }: ProgramOperation) {
  if (code === unaryCode('sigmoid')) return { ints: [unaryCode('silu')], floats: [1, 0] };
  // The slope is 1/6 in single precision.
  const isSixth = Math.fround(a) === Math.fround(1 / 6);
  if (code === unaryCode('hardSigmoid') && isSixth && b === 0.5)
    return { ints: [unaryCode('hardSwish')], floats: [0, 0] };
  return undefined;
}
