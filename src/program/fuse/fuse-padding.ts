import { canActivate, type Operation, type ProgramOperation } from '../operation';
import type { Pattern, ProgramRewriter } from '../program-rewriter';

/** Operations that pad for themselves. */
type PaddingOperation = Operation<'convolution'> | Operation<'gdws'> | Operation<'averagePool'> | Operation<'maxPool'>;

/** Fuses a constant padding of height and width into the convolution or pooling after it. */
export const fusePadding: Pattern = (operation, rewriter) => {
  if (!pads(operation)) return;
  const padding = rewriter.soleProducerOf(operation.inputs[0]);
  if (padding?.opcode !== 'pad') return;
  const added = spatialPads(padding, rewriter);
  if (!added || !takes(operation, padding, added, rewriter)) return;
  const attributes = { ...operation.attributes, pads: operation.attributes.pads.map((pad, i) => pad + added[i]!) };
  const [, ...others] = operation.inputs;
  const padded = {
    ...operation,
    inputs: [padding.inputs[0], ...others],
    attributes: operation.opcode === 'averagePool' ? { ...attributes, countIncludePad: true } : attributes,
  };
  rewriter.replace(operation, padded as ProgramOperation, [padding]);
};

function pads(operation: ProgramOperation): operation is PaddingOperation {
  return (['convolution', 'gdws', 'averagePool', 'maxPool'] as const).some((opcode) => opcode === operation.opcode);
}

/** Top, left, bottom, right; `undefined` where it pads another axis, or crops. */
function spatialPads(
  { inputs, outputs, attributes: { begins } }: Operation<'pad'>,
  rewriter: ProgramRewriter,
): number[] | undefined {
  const from = rewriter.valueOf(inputs[0]!).dims;
  const to = rewriter.valueOf(outputs[0]!).dims;
  if (from.length !== 4 || from[0] !== to[0] || from[1] !== to[1] || begins[0] !== 0 || begins[1] !== 0) {
    return undefined;
  }
  const ends = begins.map((begin, axis) => to[axis]! - from[axis]! - begin);
  const added = [begins[2]!, begins[3]!, ends[2]!, ends[3]!];
  return added.every((pad) => pad >= 0) ? added : undefined;
}

/** Whether the operation's own padding has the same result as `padding`. */
function takes(
  operation: PaddingOperation,
  { inputs, attributes: { value } }: Operation<'pad'>,
  added: readonly number[],
  rewriter: ProgramRewriter,
): boolean {
  switch (operation.opcode) {
    case 'averagePool': {
      // The mean includes zeros of `padding`, but may exclude those of its own.
      const { countIncludePad, pads: own } = operation.attributes;
      return value === 0 && (countIncludePad || own.every((pad) => pad === 0));
    }
    case 'maxPool': {
      // Every window must overlap the map: its own padding has no value.
      const { kernel, strides, dilations, pads: own } = operation.attributes;
      const from = rewriter.valueOf(inputs[0]!).dims;
      const to = rewriter.valueOf(operation.outputs[0]!).dims;
      const sees = [0, 1].every((axis) => {
        const begin = added[axis]! + own[axis]!;
        const lastBegin = (to[2 + axis]! - 1) * strides[axis]! - begin;
        return dilations[axis] === 1 && begin < kernel[axis]! && lastBegin < from[2 + axis]!;
      });
      return sees && (value === -Infinity || (value === 0 && isNeverNegative(rewriter.producerOf(inputs[0]))));
    }
    default:
      return value === 0 && rewriter.valueOf(inputs[0]!).type === 'float32';
  }
}

function isNeverNegative(operation: ProgramOperation | undefined): boolean {
  if (operation?.opcode === 'unary') {
    const { function: name, a } = operation.attributes;
    return name === 'relu' || name === 'sigmoid' || (name === 'clip' && a >= 0);
  }
  if (!operation || !canActivate(operation)) return false;
  const { name, a } = operation.attributes.activation;
  return name === 'relu' || (name === 'clip' && a >= 0);
}
