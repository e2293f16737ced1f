import { roundHalfToEven } from '../../../base/rounding';
import type { Attributes, ValueId } from '../../operation';
import type { ProgramRewriter } from '../../program-rewriter';
import type { QuantizedProgram, QuantizedWeights } from './quantization';

/** What an integer product writes. */
export interface IntegerResult {
  readonly output: ValueId;
  /** 1 for floats. */
  readonly scale: number;
  readonly residual?: ValueId;
  /** Absent for floats. */
  readonly attributes?: Partial<Attributes<'integerConvolution'>>;
}

/** Sums and biases are int32. */
const largestSum = 2 ** 31 - 1;
/** The largest difference of two bytes. */
const largestStep = 255;

/** Share of a step of the result that a bias may be off, and share of itself that float32 is. */
const negligible = { ofStep: 1 / 64, ofBias: 1e-6 };

/**
 * A bias, constant or dequantized, in units of the sums; undefined where it does not fit an int32, or where rounding it to
 * these units would be seen.
 *
 * @param step of the bytes that the result becomes; 0 where it stays in floats
 */
export function integerBias(
  id: ValueId | undefined,
  scales: Float32Array,
  step: number,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): Int32Array | undefined {
  if (id === undefined) return new Int32Array(scales.length);
  const before = rewriter.producerOf(id);
  const numbers = before?.opcode === 'dequantize' ? quantized.dequantizedConstant(before) : quantized.floatsOf(id);
  if (numbers?.length !== scales.length) return undefined;
  const steps = Array.from(numbers, (one, m) => (one === 0 ? 0 : roundHalfToEven(one / scales[m]!)));
  const fits = steps.every((one, m) => {
    const off = Math.abs(one * scales[m]! - numbers[m]!);
    const allowed = Math.max(step * negligible.ofStep, Math.abs(numbers[m]!) * negligible.ofBias);
    return Math.abs(one) <= largestSum && off <= allowed;
  });
  return fits ? Int32Array.from(steps) : undefined;
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
