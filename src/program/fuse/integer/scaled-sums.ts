import { elementCount, sameDims } from '../../../onnx/value';
import { operationOf, placeOfInput, type Operation, type ProgramOperation, type ValueId } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';

const scalePlace = placeOfInput('integerConvolution', 'scale');

/** Sums of products that are cast to floats, as an integer convolution writes them, maybe seen with other dims. */
interface CastSums {
  readonly convolution: Operation<'integerConvolution'>;
  readonly between: readonly ProgramOperation[];
}

/**
 * Sums of a ConvInteger or MatMulInteger that are cast to floats and multiplied by a scale, one or one for each output
 * channel, which may be computed in the run: quantizers of dynamic ranges write these. The convolution applies the scale.
 */
export const fuseScale: Pattern = (product, rewriter) => {
  if (product.opcode !== 'binary' || product.attributes.function !== 'mul') return;
  if (product.attributes.activation.name !== 'none') return;
  for (const [own, scale] of [product.inputs, product.inputs.toReversed()] as [ValueId, ValueId][]) {
    const sums = castSums(own, rewriter);
    if (!sums || !sameDims(rewriter.valueOf(own).dims, rewriter.valueOf(product.outputs[0]!).dims)) continue;
    const { convolution, between } = sums;
    const { dims } = rewriter.valueOf(convolution.outputs[0]!);
    const factors = channelFactors(scale, dims, own, rewriter);
    if (!factors) continue;
    const { program } = rewriter;
    const inputs = Array.from({ length: Math.max(convolution.inputs.length, scalePlace + 1) }, (_, i) =>
      i === scalePlace ? factors.id : convolution.inputs[i],
    );
    const isSame = between.every(({ opcode }) => opcode === 'cast');
    const y = isSame
      ? product.outputs[0]!
      : program.addValue({ type: 'float32', dims, storage: 'temporary', index: -1 });
    rewriter.replace(
      product,
      [
        ...factors.operations,
        { ...convolution, inputs, outputs: [y] },
        ...(isSame ? [] : [operationOf('alias', [y], product.outputs, product.origin)]),
      ],
      [...between, convolution],
    );
    return;
  }
};

function castSums(id: ValueId, rewriter: ProgramRewriter): CastSums | undefined {
  const between: ProgramOperation[] = [];
  let before = rewriter.soleProducerOf(id);
  while (before?.opcode === 'alias' || (before?.opcode === 'cast' && isFloat(before, rewriter))) {
    between.push(before);
    before = rewriter.soleProducerOf(before.inputs[0]);
  }
  if (before?.opcode !== 'integerConvolution' || before.inputs[scalePlace] !== undefined) return undefined;
  return between.some(({ opcode }) => opcode === 'cast') ? { convolution: before, between } : undefined;
}

/** Casts to other types change the sums. */
function isFloat({ outputs }: ProgramOperation, rewriter: ProgramRewriter): boolean {
  return rewriter.valueOf(outputs[0]!).type === 'float32';
}

/**
 * A scale as one factor for each channel, and the operations that make it so; undefined where it is none.
 *
 * @param convolved dims that the convolution writes
 * @param sums the same elements, maybe with other dims
 */
function channelFactors(
  scale: ValueId,
  convolved: readonly number[],
  sums: ValueId,
  rewriter: ProgramRewriter,
): { readonly id: ValueId; readonly operations: readonly ProgramOperation[] } | undefined {
  const value = rewriter.valueOf(scale);
  const { dims } = rewriter.valueOf(sums);
  const [, channels, height, width] = convolved as [number, number, number, number];
  const axis = dims.findIndex((dim, at) => dim === channels && elementCount(dims.slice(at + 1)) === height * width);
  const padded = [...new Array<number>(dims.length).fill(1), ...value.dims].slice(-dims.length);
  const isOne = elementCount(value.dims) === 1;
  const isPerChannel = padded.every((dim, at) => dim === (at === axis ? channels : 1));
  if (value.type !== 'float32' || value.dims.length > dims.length || !(isOne || isPerChannel)) return undefined;
  if (value.storage === 'constant' && isPerChannel) {
    return { id: rewriter.program.addValue({ ...value, dims: [channels] }), operations: [] };
  }
  const id = rewriter.program.addValue({ type: 'float32', dims: [channels], storage: 'temporary', index: -1 });
  const origin = rewriter.producerOf(sums)!.origin;
  const attributes = { offset: 0, strides: [isPerChannel ? 1 : 0] };
  return { id, operations: [operationOf('strided', [scale], [id], origin, attributes)] };
}
