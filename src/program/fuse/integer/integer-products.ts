import { sameDims } from '../../../onnx/value';
import type { Operation, ProgramOperation } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';
import { addFloatBias } from './float-bias';
import { integerConvolution } from './integer-convolution';
import { integerMatmul } from './integer-matmul';
import type { IntegerResult } from './integer-sums';
import { integerTransposedConvolution } from './integer-transposed-convolution';
import { limitedQuantization, type QuantizedProgram } from './quantization';

/** Operations that may be products of bytes. */
type Product = Operation<'convolution'> | Operation<'convolutionTranspose'> | Operation<'matmul'>;

function isProduct(operation: ProgramOperation): operation is Product {
  return ['convolution', 'convolutionTranspose', 'matmul'].includes(operation.opcode);
}

/** A product of dequantized bytes with constant ones, as one of integers; undefined where it is none. */
function integerProduct(
  operation: ProgramOperation,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
  result: IntegerResult,
): ProgramOperation[] | undefined {
  if (operation.opcode === 'convolution') return integerConvolution(operation, quantized, result);
  if (operation.opcode === 'convolutionTranspose')
    return integerTransposedConvolution(operation, quantized, rewriter, result);
  return operation.opcode === 'matmul' ? integerMatmul(operation, quantized, rewriter, result) : undefined;
}

/**
 * A product of bytes whose result is quantized again. Between them, the result may be limited, and dequantized bytes may be
 * added to that of a convolution.
 */
export function byteProduct(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    const limited = limitedQuantization(operation, quantized, rewriter);
    if (!limited) return;
    const { y, source, before, least, most, limiting } = limited;
    const result = { output: operation.outputs[0]!, scale: y.scale };
    const limits = { zeroPoint: y.zeroPoint, least, most };
    const plain = integerProduct(before, quantized, rewriter, { ...result, attributes: limits });
    if (plain) {
      rewriter.replace(operation, plain, [...limiting, before]);
      return;
    }
    if (before.opcode !== 'binary' || before.attributes.function !== 'add') return;
    for (const [own, other] of [before.inputs, before.inputs.toReversed()]) {
      const convolution = rewriter.soleProducerOf(own);
      const residual = quantized.bytesOf(other);
      if (convolution?.opcode !== 'convolution' || !residual) continue;
      const residualScale = Math.fround(residual.scale / y.scale);
      if (!Number.isFinite(residualScale)) continue;
      const { dims } = rewriter.valueOf(source);
      if (![own, other].every((id) => sameDims(rewriter.valueOf(id!).dims, dims))) continue;
      const sum = integerConvolution(convolution, quantized, {
        ...result,
        residual: residual.bytes,
        attributes: { ...limits, residualZeroPoint: residual.zeroPoint, residualScale },
      });
      if (!sum) continue;
      rewriter.replace(operation, sum, [...limiting, before, convolution]);
      return;
    }
  };
}

/** A product of bytes whose result stays in floats; so does a bias that is no whole number of its units. */
export function floatProduct(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    if (!isProduct(operation)) return;
    const output = operation.outputs[0]!;
    const whole = integerProduct(operation, quantized, rewriter, { output, scale: 1 });
    if (whole) {
      rewriter.replace(operation, whole);
      return;
    }
    const [x, w, bias, residual] = operation.inputs;
    if (bias === undefined) return;
    const { dims } = rewriter.valueOf(output);
    const sums = quantized.temporary('float32', dims);
    const product: Product = { ...operation, inputs: [x, w, undefined, residual] };
    const by = integerProduct(product, quantized, rewriter, { output: sums, scale: 1 });
    if (!by) return;
    const broadcast = operation.opcode === 'matmul' ? rewriter.valueOf(bias).dims : [dims[1]!, 1, 1];
    const added = { bias, dims: broadcast, sums, output };
    rewriter.replace(operation, [...by, ...addFloatBias(added, operation.origin, rewriter.program)]);
  };
}
