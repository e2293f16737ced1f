import { elementCount, sameDims, type Constant } from '../../../onnx/value';
import { operationOf, type Attributes, type Operation, type ProgramOperation, type ValueId } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';
import { addFloatBias } from './float-bias';
import { integerBias, sumsFit } from './integer-sums';
import { limitedSource, type ByteType, type QuantizedProgram } from './quantization';

/** What an integer product writes. */
interface IntegerResult {
  readonly output: ValueId;
  /** 1 for floats. */
  readonly scale: number;
  readonly attributes?: Partial<Attributes<'integerConvolution'>>;
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

/**
 * A product of dequantized bytes with a constant matrix of them, whose result stays in floats; so does a bias that is no whole
 * number of its units.
 */
export function floatMatmul(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    if (operation.opcode !== 'matmul') return;
    const output = operation.outputs[0]!;
    const whole = integerMatmul(operation, quantized, rewriter, { output, scale: 1 });
    if (whole) {
      rewriter.replace(operation, whole);
      return;
    }
    const [a, b, bias, residual] = operation.inputs;
    if (bias === undefined) return;
    const sums = quantized.temporary('float32', rewriter.valueOf(output).dims);
    const product = { ...operation, inputs: [a, b, undefined, residual] };
    const by = integerMatmul(product, quantized, rewriter, { output: sums, scale: 1 });
    if (!by) return;
    const added = { bias, dims: rewriter.valueOf(bias).dims, sums, output };
    rewriter.replace(operation, [...by, ...addFloatBias(added, operation.origin, rewriter.program)]);
  };
}

/** As a pointwise convolution: each row of `a` is an image of one pixel. */
function integerMatmul(
  { inputs: [a, b, bias, residual], attributes, origin }: Operation<'matmul'>,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
  { output, scale, attributes: requantization }: IntegerResult,
): ProgramOperation[] | undefined {
  const { transposeA, transposeB, alpha } = attributes;
  if (residual !== undefined || attributes.activation.name !== 'none' || transposeA) return undefined;
  const data = quantized.bytesOf(a);
  const weights = quantized.weightsOf(b, transposeB ? 0 : 1);
  if (!data || weights?.constant.dims.length !== 2) return undefined;
  if (!sameDims(rewriter.valueOf(b!).dims, weights.constant.dims)) return undefined;
  const scales = weights.scales.map((one) => data.scale * one * alpha);
  const steps = integerBias(bias, scales, requantization ? scale : 0, quantized, rewriter);
  const kernels = transposeB ? weights.constant : transposed(weights.constant);
  if (!steps || !sumsFit({ ...weights, constant: kernels }, steps)) return undefined;
  const factors = scales.map((one) => one / scale);
  if (!factors.every(Number.isFinite)) return undefined;
  const [columns, depth] = kernels.dims as [number, number];
  if (depth === 0) return undefined;
  const pointwise = [columns, depth, 1, 1];
  const w = transposeB
    ? quantized.view(weights.bytes, pointwise)
    : quantized.derived('transposed kernels', [weights.constant], () => ({ ...kernels, dims: pointwise }));
  const type = rewriter.valueOf(output).type as 'float32' | ByteType;
  const rows = elementCount(rewriter.valueOf(a!).dims) / depth;
  const x = quantized.temporary(data.type, [rows, depth, 1, 1]);
  const y = quantized.temporary(type, [rows, columns, 1, 1]);
  const operands = [
    x,
    w,
    quantized.zeroPointOperand(data),
    quantized.zeroPointsOperand(weights),
    quantized.constant({ type: 'float32', dims: [columns], data: factors }),
    quantized.biasOperand(steps),
  ];
  const window = { groups: 1, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };
  return [
    operationOf('alias', [data.bytes], [x], origin),
    operationOf('integerConvolution', operands, [y], origin, { ...window, ...requantization }),
    operationOf('alias', [y], [output], origin),
  ];
}

/** Weights (K, N) as (N, K). */
function transposed({ type, dims: [depth, columns], data }: Constant): Constant {
  const from = data as Int8Array;
  const to = from.slice();
  for (let k = 0; k < depth!; k++) for (let n = 0; n < columns!; n++) to[n * depth! + k] = from[k * columns! + n]!;
  return { type, dims: [columns!, depth!], data: to };
}
