import { canActivate, type ProgramOperation, type ValueId } from '../program/operation';
import { Unsupported } from './rule';
import type { Tape } from './tape';

/** The gradient before the activation that an operation applies, computed from the activation's result. */
export function throughActivation(tape: Tape, operation: ProgramOperation, gradient: ValueId): ValueId {
  if (!canActivate(operation) || operation.attributes.activation.name === 'none') return gradient;
  const { name, a, b } = operation.attributes.activation;
  const y = tape.use(operation.outputs[0]!);
  switch (name) {
    case 'relu':
      return reluGradient(tape, y, gradient);
    case 'clip':
      return clipGradient(tape, y, gradient, a, b);
    case 'leakyRelu':
      // With a negative slope, the result does not determine the sign of the argument.
      if (a < 0) throw new Unsupported('of a leaky ReLU of negative slope after another operation');
      return leakyReluGradient(tape, y, gradient, a);
    case 'hardSwish':
      throw new Unsupported('of a hard swish that was fused into another operation');
  }
}

/** @param y result or argument of the ReLU, which have the same positive elements */
export function reluGradient(tape: Tape, y: ValueId, gradient: ValueId): ValueId {
  return tape.binary('reluGradient', gradient, y);
}

export function clipGradient(tape: Tape, y: ValueId, gradient: ValueId, low: number, high: number): ValueId {
  let result = gradient;
  if (low > -3.4e38) result = tape.select(tape.compare('greater', y, tape.filled(low)), result, tape.filled(0));
  if (high < 3.4e38) result = tape.select(tape.compare('less', y, tape.filled(high)), result, tape.filled(0));
  return result;
}

export function leakyReluGradient(tape: Tape, y: ValueId, gradient: ValueId, slope: number): ValueId {
  return tape.select(tape.compare('greater', y, tape.filled(0)), gradient, tape.linear(gradient, slope));
}
