import type { Attributes, ValueId } from '../operation';
import type { Pattern } from '../program-rewriter';

/** Replaces x·sigmoid(x) by SiLU and x·hardSigmoid(x) by HardSwish, which older operator sets do not have. */
export const recognizeGate: Pattern = (product, rewriter) => {
  if (product.opcode !== 'binary' || product.attributes.function !== 'mul') return;
  if (product.attributes.activation.name !== 'none') return;
  const sides = [product.inputs, product.inputs.toReversed()] as [ValueId, ValueId][];
  for (const [x, gate] of sides) {
    const before = rewriter.soleProducerOf(gate);
    if (before?.opcode !== 'unary' || before.inputs[0] !== x) continue;
    const attributes = gatedBy(before.attributes);
    if (!attributes) continue;
    rewriter.replace(product, { ...product, opcode: 'unary', inputs: [x], attributes }, [before]);
    return;
  }
};

function gatedBy({ function: name, a, b }: Attributes<'unary'>): Attributes<'unary'> | undefined {
  if (name === 'sigmoid') return { function: 'silu', a: 1, b: 0 };
  // The slope is 1/6 in single precision.
  const isSixth = Math.fround(a) === Math.fround(1 / 6);
  return name === 'hardSigmoid' && isSixth && b === 0.5 ? { function: 'hardSwish', a: 1, b: 0 } : undefined;
}
