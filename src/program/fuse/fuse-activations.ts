import {
  canActivate,
  type ActivatedOperation,
  type ActivationName,
  type Operation,
  type UnaryName,
} from '../operation';
import type { Pattern, ProgramRewriter } from '../program-rewriter';

/** Those whose result says what their gradient is. */
const invertible = ['relu', 'clip', 'leakyRelu'] satisfies (ActivationName & UnaryName)[];
const all = [...invertible, 'hardSwish'] satisfies (ActivationName & UnaryName)[];

/**
 * Fuses an activation into the operation before it, where nothing else reads the value between.
 *
 * @param differentiably only activations whose gradient follows from their result
 */
export function activationPattern(differentiably: boolean): Pattern {
  const fusable: ReadonlySet<UnaryName> = new Set(differentiably ? invertible : all);
  return (operation, rewriter) => {
    if (operation.opcode === 'unary' && fusable.has(operation.attributes.function)) fuseActivation(operation, rewriter);
  };
}

function fuseActivation(operation: Operation<'unary'>, rewriter: ProgramRewriter): void {
  const [source] = operation.inputs;
  const before = rewriter.soleProducerOf(source);
  // Operations on integers apply no activation.
  if (!before || rewriter.valueOf(source!).type !== 'float32') return;
  if (!canActivate(before) || before.attributes.activation.name !== 'none') return;
  const { function: name, a, b } = operation.attributes;
  const activation = { name: name as ActivationName, a, b };
  const activated = { ...before, outputs: operation.outputs, attributes: { ...before.attributes, activation } };
  rewriter.replace(before, activated as ActivatedOperation, [operation]);
}
