import { operationOf, type Operation, type ProgramOperation } from '../../operation';
import { integerBias, sumOperands, type IntegerResult } from './integer-sums';
import type { QuantizedProgram } from './quantization';

/** Undefined where the convolution is not one of bytes, or where its sums may not fit an int32. */
export function integerConvolution(
  { inputs: [x, w, b, residual], attributes, origin }: Operation<'convolution'>,
  quantized: QuantizedProgram,
  result: IntegerResult,
): ProgramOperation[] | undefined {
  if (residual !== undefined || attributes.activation.name !== 'none') return undefined;
  const data = quantized.bytesOf(x);
  const weights = quantized.weightsOf(w, 0);
  if (!data || !weights) return undefined;
  const scales = weights.scales.map((one) => data.scale * one);
  const bias = integerBias(b, scales, result, quantized);
  const operands = bias && sumOperands({ data, weights, scales, bias }, result, quantized);
  if (!operands) return undefined;
  const { groups, strides, dilations, pads } = attributes;
  const given = { groups, strides, dilations, pads, ...result.attributes };
  return [operationOf('integerConvolution', [...operands, result.residual], [result.output], origin, given)];
}
