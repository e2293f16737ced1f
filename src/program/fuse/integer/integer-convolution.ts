import { operationOf, type Operation, type ProgramOperation, type ValueId } from '../../operation';
import type { ProgramRewriter } from '../../program-rewriter';
import { integerBias, sumsFit, type IntegerResult } from './integer-sums';
import type { QuantizedProgram } from './quantization';

/** Operands of an integer convolution that a float one stands for. */
interface IntegerOperands {
  /** x, w, xZeroPoint?, wZeroPoint? */
  readonly inputs: readonly (ValueId | undefined)[];
  /** Of one unit of the sum, by output channel. */
  readonly scales: Float32Array;
  readonly bias: ValueId | undefined;
}

/** Undefined where the convolution is not one of bytes, or where its sums may not fit an int32. */
export function integerConvolution(
  convolution: Operation<'convolution'>,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
  { output, scale, residual, attributes }: IntegerResult,
): ProgramOperation[] | undefined {
  const operands = operandsOf(convolution, attributes ? scale : 0, quantized, rewriter);
  if (!operands) return undefined;
  const { groups, strides, dilations, pads } = convolution.attributes;
  const { inputs, scales, bias } = operands;
  const data = scales.map((one) => one / scale);
  if (!data.every(Number.isFinite)) return undefined;
  const factors = quantized.constant({ type: 'float32', dims: [scales.length], data });
  const given = { groups, strides, dilations, pads, ...attributes };
  const all = [...inputs, factors, bias, residual];
  return [operationOf('integerConvolution', all, [output], convolution.origin, given)];
}

function operandsOf(
  { inputs: [x, w, b, residual], attributes }: Operation<'convolution'>,
  step: number,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): IntegerOperands | undefined {
  if (residual !== undefined || attributes.activation.name !== 'none') return undefined;
  const data = quantized.bytesOf(x);
  const weights = quantized.weightsOf(w, 0);
  if (!data || !weights) return undefined;
  const scales = weights.scales.map((one) => data.scale * one);
  const bias = integerBias(b, scales, step, quantized, rewriter);
  if (!bias || !sumsFit(weights, bias)) return undefined;
  return {
    inputs: [data.bytes, weights.bytes, quantized.zeroPointOperand(data), quantized.zeroPointsOperand(weights)],
    scales,
    bias: quantized.biasOperand(bias),
  };
}
