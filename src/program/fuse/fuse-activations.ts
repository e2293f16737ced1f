import { canActivate, type ActivatedOperation, type ActivationName, type UnaryName } from '../operation';
import type { Pattern } from '../program-rewriter';

const fusable: ReadonlySet<UnaryName> = new Set(['relu', 'clip', 'leakyRelu'] satisfies (ActivationName & UnaryName)[]);

/** Fuses an activation into the operation before it, where nothing else reads the value between. */
export const fuseActivation: Pattern = (operation, rewriter) => {
  if (operation.opcode !== 'unary' || !fusable.has(operation.attributes.function)) return;
  const [source] = operation.inputs;
  const before = rewriter.soleProducerOf(source);
  // Operations on integers apply no activation.
  if (!before || rewriter.valueOf(source!).type !== 'float32') return;
  if (!canActivate(before) || before.attributes.activation.name !== 'none') return;
  const { function: name, a, b } = operation.attributes;
  const activation = { name: name as ActivationName, a, b };
  const activated = { ...before, outputs: operation.outputs, attributes: { ...before.attributes, activation } };
  rewriter.replace(before, activated as ActivatedOperation, [operation]);
};
