import { sameDims } from '../../../onnx/value';
import { operationOf, type Attributes, type Operation, type ProgramOperation, type ValueId } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';
import { integerBias, sumsFit } from './integer-sums';
import { limitedSource, type QuantizedProgram } from './quantization';

/** What an integer product writes. */
interface IntegerResult {
  readonly output: ValueId;
  /** 1 for floats. */
  readonly scale: number;
  readonly attributes?: Partial<Attributes<'integerMatmul'>>;
}

/** A product of dequantized bytes with a constant matrix of them whose result is quantized again, as one of integers. */
export function byteMatmul(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    if (operation.opcode !== 'quantize') return;
    const y = quantized.uniformOf(operation);
    if (!y) return;
    const { source, least, most, limiting } = limitedSource(operation, y, rewriter);
    const before = rewriter.soleProducerOf(source);
    if (before?.opcode !== 'matmul') return;
    const by = integerMatmul(before, quantized, rewriter, {
      output: operation.outputs[0]!,
      scale: y.scale,
      attributes: { zeroPoint: y.zeroPoint, least, most },
    });
    if (by) rewriter.replace(operation, by, [...limiting, before]);
  };
}

/** A product of dequantized bytes with a constant matrix of them, whose result stays in floats. */
export function floatMatmul(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    if (operation.opcode !== 'matmul') return;
    const by = integerMatmul(operation, quantized, rewriter, { output: operation.outputs[0]!, scale: 1 });
    if (by) rewriter.replace(operation, by);
  };
}

function integerMatmul(
  { inputs: [a, b, bias, residual], attributes, origin }: Operation<'matmul'>,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
  { output, scale, attributes: requantization }: IntegerResult,
): ProgramOperation | undefined {
  if (residual !== undefined || attributes.activation.name !== 'none') return undefined;
  const { transposeA, transposeB, alpha } = attributes;
  const data = quantized.bytesOf(a);
  const weights = quantized.weightsOf(b, transposeB ? 0 : 1);
  if (!data || weights?.constant.dims.length !== 2) return undefined;
  if (!sameDims(rewriter.valueOf(b!).dims, weights.constant.dims)) return undefined;
  const scales = weights.scales.map((one) => data.scale * one * alpha);
  const steps = integerBias(bias, scales, requantization ? scale : 0, quantized, rewriter);
  const [rows, columns] = weights.constant.dims as [number, number];
  const pitches = transposeB ? { output: columns, depth: 1 } : { output: 1, depth: columns };
  if (!steps || !sumsFit(weights, steps, { depth: transposeB ? columns : rows, pitches })) return undefined;
  const factors = scales.map((one) => one / scale);
  if (!factors.every(Number.isFinite)) return undefined;
  const operands = [
    data.bytes,
    weights.bytes,
    quantized.zeroPointOperand(data),
    quantized.zeroPointsOperand(weights),
    quantized.constant({ type: 'float32', dims: [scales.length], data: factors }),
    quantized.biasOperand(steps),
  ];
  return operationOf('integerMatmul', operands, [output], origin, { transposeA, transposeB, ...requantization });
}
