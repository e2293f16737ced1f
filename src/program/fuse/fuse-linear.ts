import { constantOf, type BuiltProgram } from '../built-program';
import { float32Of } from '../constant-pool';
import { sameDims } from '../../onnx/value';
import type { Operation, ValueId } from '../operation';
import type { Pattern, ProgramRewriter } from '../program-rewriter';

/** Fuses products and sums with one number into the hard swish before them. */
export function linearPattern(built: BuiltProgram): Pattern {
  return (operation, rewriter) => {
    if (operation.opcode !== 'binary' || operation.attributes.activation.name !== 'none') return;
    const { function: name } = operation.attributes;
    if (name !== 'mul' && name !== 'add') return;
    const [one, other] = operation.inputs as [ValueId, ValueId];
    for (const [source, operand] of [
      [one, other],
      [other, one],
    ] as const) {
      const value = numberOf(built, operand);
      const before = value === undefined ? undefined : hardSwishBefore(operation, source, rewriter);
      if (value === undefined || !before) continue;
      const { function: swish, a, b } = before.attributes;
      const attributes =
        name === 'mul' ? { function: swish, a: a * value, b: b * value } : { function: swish, a, b: b + value };
      rewriter.replace(operation, { ...before, outputs: operation.outputs, attributes }, [before]);
      return;
    }
  };
}

function hardSwishBefore(
  { outputs }: Operation<'binary'>,
  source: ValueId,
  rewriter: ProgramRewriter,
): Operation<'unary'> | undefined {
  const before = rewriter.soleProducerOf(source);
  if (before?.opcode !== 'unary' || before.attributes.function !== 'hardSwish') return undefined;
  return sameDims(rewriter.valueOf(source).dims, rewriter.valueOf(outputs[0]!).dims) ? before : undefined;
}

/** A finite constant of one element. */
function numberOf(built: BuiltProgram, id: ValueId): number | undefined {
  const constant = constantOf(built, id);
  if (constant?.data.length !== 1 || built.program.values[id]!.type !== 'float32') return undefined;
  const [number] = float32Of(constant);
  return Number.isFinite(number) ? number : undefined;
}
