import { roundHalfToEven } from '../../../base/rounding';
import type { Attributes, ValueId } from '../../operation';
import type { Dequantized, QuantizedProgram, QuantizedWeights } from './quantization';

/** What an integer product writes. */
export interface IntegerResult {
  readonly output: ValueId;
  /** 1 for floats. */
  readonly scale: number;
  readonly residual?: ValueId;
  /** Absent for floats. */
  readonly attributes?: Partial<Attributes<'integerConvolution'>>;
}

/** Sums of products of bytes with constant ones. */
export interface ByteSums {
  readonly data: Dequantized;
  readonly weights: QuantizedWeights;
  /** Of one unit of the sums, by output channel. */
  readonly scales: Float32Array;
  /** In these units. */
  readonly bias: Int32Array;
}

/** Sums and biases are int32. */
const largestSum = 2 ** 31 - 1;
/** The largest difference of two bytes. */
const largestStep = 255;

/**
 * What a bias may be off: a share of a step of the result, so that few bytes are another, by one step; and the share of itself
 * that float32 is. In networks as PyTorch exports them it is off by less than a hundredth of a step.
 */
const negligible = { ofStep: 1 / 16, ofBias: 1e-6 };

/**
 * A bias, constant or dequantized, in units of the sums; undefined where it does not fit an int32, or where rounding it to
 * these units would be seen.
 */
export function integerBias(
  id: ValueId | undefined,
  scales: Float32Array,
  { scale, attributes }: IntegerResult,
  quantized: QuantizedProgram,
): Int32Array | undefined {
  if (id === undefined) return new Int32Array(scales.length);
  const numbers = quantized.floatsOf(id);
  if (numbers?.length !== scales.length) return undefined;
  const step = attributes ? scale : 0;
  const steps = Float64Array.from({ length: numbers.length }, (_, m) =>
    numbers[m] === 0 ? 0 : roundHalfToEven(numbers[m]! / scales[m]!),
  );
  const fits = steps.every((one, m) => {
    const off = Math.abs(one * scales[m]! - numbers[m]!);
    const allowed = Math.max(step * negligible.ofStep, Math.abs(numbers[m]!) * negligible.ofBias);
    return Math.abs(one) <= largestSum && off <= allowed;
  });
  return fits ? Int32Array.from(steps) : undefined;
}

/**
 * The inputs of an integer convolution, from x to the bias; undefined where its sums may not fit an int32, or its scales are no
 * floats.
 */
export function sumOperands(
  { data, weights, scales, bias }: ByteSums,
  { scale }: IntegerResult,
  quantized: QuantizedProgram,
): (ValueId | undefined)[] | undefined {
  const factors = scales.map((one) => one / scale);
  if (!factors.every(Number.isFinite) || !sumsFit(weights, bias)) return undefined;
  return [
    data.bytes,
    weights.bytes,
    quantized.zeroPointOperand(data),
    quantized.zeroPointsOperand(weights),
    quantized.constant({ type: 'float32', dims: [factors.length], data: factors }),
    quantized.biasOperand(bias),
  ];
}

/** Whether no bytes make a sum that does not fit an int32, of weights (M, …). */
export function sumsFit(
  { constant, zeroPoints }: Pick<QuantizedWeights, 'constant' | 'zeroPoints'>,
  bias: Int32Array,
): boolean {
  const weights = constant.data as Int8Array;
  const depth = weights.length / bias.length;
  return bias.every((added, m) => {
    // Hardly any depth is so large that the weights must be looked at, which takes long on the JavaScript thread.
    if (depth * largestStep * largestStep + Math.abs(added) <= largestSum) return true;
    let sizes = 0;
    for (let k = m * depth; k < (m + 1) * depth; k++) sizes += Math.abs(weights[k]! - zeroPoints[m]!);
    return sizes * largestStep + Math.abs(added) <= largestSum;
  });
}
