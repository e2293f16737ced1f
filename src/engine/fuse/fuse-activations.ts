import { activationCode, unaryCode, type ActivationName, type UnaryName } from '../functions';
import type { Program, ProgramOperation } from '../program';
import { hasFreeActivation, setActivation } from './activation-slot';

const fusable = new Map(
  (['relu', 'clip', 'leakyRelu'] satisfies (ActivationName & UnaryName)[]).map((name) => [
    unaryCode(name),
    activationCode(name),
  ]),
);

/** Lets the operation before an activation apply it, where nothing else reads what lies between. */
export function fuseActivations(program: Program): void {
  const producers = program.producers();
  const uses = program.useCounts();
  const fused = new Set<ProgramOperation>();
  for (const operation of program.operations) {
    const code = operation.opcode === 'unary' ? fusable.get(operation.ints[0]!) : undefined;
    if (code === undefined) continue;
    const source = operation.inputs[0]!;
    const before = producers.get(source);
    // Integers have no activation of their own.
    if (program.values[source]!.type !== 'float32') continue;
    if (!before || uses.get(source) !== 1 || !hasFreeActivation(before)) continue;
    setActivation(before, code, operation.floats);
    before.outputs[0] = operation.outputs[0]!;
    producers.set(operation.outputs[0]!, before);
    fused.add(operation);
  }
  program.operations = program.operations.filter((operation) => !fused.has(operation));
}
