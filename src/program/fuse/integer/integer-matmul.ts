import { elementCount, sameDims } from '../../../onnx/value';
import type { ByteType } from '../../byte-quantization';
import { operationOf, type Operation, type ProgramOperation } from '../../operation';
import { pointwiseKernels } from '../../pointwise-kernels';
import type { ProgramRewriter } from '../../program-rewriter';
import { integerBias, sumOperands, type IntegerResult } from './integer-sums';
import type { QuantizedProgram } from './quantization';

/** As a pointwise convolution: each row of `a` is an image of one pixel. */
export function integerMatmul(
  { inputs: [a, b, bias, residual], attributes, origin }: Operation<'matmul'>,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
  result: IntegerResult,
): ProgramOperation[] | undefined {
  const { transposeA, transposeB, alpha } = attributes;
  if (residual !== undefined || attributes.activation.name !== 'none' || transposeA) return undefined;
  const data = quantized.bytesOf(a);
  const weights = quantized.weightsOf(b, transposeB ? 0 : 1);
  if (!data || weights?.constant.dims.length !== 2) return undefined;
  if (!sameDims(rewriter.valueOf(b!).dims, weights.constant.dims)) return undefined;
  const scales = weights.scales.map((one) => data.scale * one * alpha);
  const steps = integerBias(bias, scales, result, quantized);
  const kernels = transposeB ? weights.constant : pointwiseKernels(weights.constant);
  const [columns, depth] = kernels.dims as [number, number];
  if (!steps || depth === 0) return undefined;
  const pointwise = [columns, depth, 1, 1];
  const w = transposeB
    ? quantized.view(weights.bytes, pointwise)
    : quantized.derived('transposed kernels', [weights.constant], () => kernels);
  const { output } = result;
  const type = rewriter.valueOf(output).type as 'float32' | ByteType;
  const rows = elementCount(rewriter.valueOf(a!).dims) / depth;
  const x = quantized.temporary(data.type, [rows, depth, 1, 1]);
  const y = quantized.temporary(type, [rows, columns, 1, 1]);
  const sums = {
    data: { ...data, bytes: x },
    weights: { ...weights, bytes: w, constant: kernels },
    scales,
    bias: steps,
  };
  const operands = sumOperands(sums, result, quantized);
  if (!operands) return undefined;
  const window = { groups: 1, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };
  return [
    operationOf('alias', [data.bytes], [x], origin),
    operationOf('integerConvolution', operands, [y], origin, { ...window, ...result.attributes }),
    operationOf('alias', [y], [output], origin),
  ];
}
