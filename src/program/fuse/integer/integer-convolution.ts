import { sameDims } from '../../../onnx/value';
import { operationOf, type Attributes, type Operation, type ProgramOperation, type ValueId } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';
import { addFloatBias } from './float-bias';
import { integerBias, sumsFit } from './integer-sums';
import { limitedSource, type QuantizedProgram } from './quantization';

/** Operands of an integer convolution that a float one stands for. */
interface IntegerOperands {
  /** x, w, xZeroPoint?, wZeroPoint? */
  readonly inputs: readonly (ValueId | undefined)[];
  /** Of one unit of the sum, by output channel. */
  readonly scales: Float32Array;
  readonly bias: ValueId | undefined;
}

/** What an integer convolution writes. */
interface IntegerResult {
  readonly output: ValueId;
  /** 1 for floats. */
  readonly scale: number;
  readonly residual?: ValueId;
  readonly attributes?: Partial<Attributes<'integerConvolution'>>;
}

/**
 * A convolution of dequantized bytes whose result is quantized again, as one of integers. Between them, the result may be
 * limited, and dequantized bytes may be added to it.
 */
export function byteConvolution(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    if (operation.opcode !== 'quantize') return;
    const y = quantized.uniformOf(operation);
    if (!y) return;
    const { source, least, most, limiting } = limitedSource(operation, y, rewriter);
    const before = rewriter.soleProducerOf(source);
    if (!before) return;
    const result = { output: operation.outputs[0]!, scale: y.scale };
    const limits = { zeroPoint: y.zeroPoint, least, most };
    const plain =
      before.opcode === 'convolution' &&
      integerConvolution(before, quantized, rewriter, { ...result, attributes: limits });
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
      const sum = integerConvolution(convolution, quantized, rewriter, {
        ...result,
        residual: residual.bytes,
        attributes: {
          ...limits,
          residualZeroPoint: residual.zeroPoint,
          residualScale,
        },
      });
      if (!sum) continue;
      rewriter.replace(operation, sum, [...limiting, before, convolution]);
      return;
    }
  };
}

/** A convolution of dequantized bytes, whose result stays in floats; so does a bias that is no whole number of its units. */
export function floatConvolution(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    if (operation.opcode !== 'convolution') return;
    const output = operation.outputs[0]!;
    const whole = integerConvolution(operation, quantized, rewriter, { output, scale: 1 });
    if (whole) {
      rewriter.replace(operation, whole);
      return;
    }
    const [x, w, bias, residual] = operation.inputs;
    if (bias === undefined) return;
    const { dims } = rewriter.valueOf(output);
    const sums = quantized.temporary('float32', dims);
    const product = { ...operation, inputs: [x, w, undefined, residual] };
    const by = integerConvolution(product, quantized, rewriter, { output: sums, scale: 1 });
    if (!by) return;
    const added = { bias, dims: [dims[1]!, 1, 1], sums, output };
    rewriter.replace(operation, [by, ...addFloatBias(added, operation.origin, rewriter.program)]);
  };
}

/** Undefined where the convolution is not one of bytes, or where its sums may not fit an int32. */
function integerConvolution(
  convolution: Operation<'convolution'>,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
  { output, scale, residual, attributes }: IntegerResult,
): ProgramOperation | undefined {
  const operands = operandsOf(convolution, attributes ? scale : 0, quantized, rewriter);
  if (!operands) return undefined;
  const { groups, strides, dilations, pads } = convolution.attributes;
  const { inputs, scales, bias } = operands;
  const data = scales.map((one) => one / scale);
  if (!data.every(Number.isFinite)) return undefined;
  const factors = quantized.constant({ type: 'float32', dims: [scales.length], data });
  const given = { groups, strides, dilations, pads, ...attributes };
  return operationOf('integerConvolution', [...inputs, factors, bias, residual], [output], convolution.origin, given);
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
