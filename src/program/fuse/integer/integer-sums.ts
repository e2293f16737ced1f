import { roundHalfToEven } from '../../../base/rounding';
import type { ValueId } from '../../operation';
import type { ProgramRewriter } from '../../program-rewriter';
import type { QuantizedProgram, QuantizedWeights } from './quantization';

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

/** Where the weights of a sum are among those of a tensor. */
interface Summed {
  readonly depth: number;
  /** Elements from a weight to that of the next output channel, and to the next of the sum. */
  readonly pitches: { readonly output: number; readonly depth: number };
}

/** Whether no bytes make a sum that does not fit an int32. */
export function sumsFit(
  { constant, zeroPoints }: QuantizedWeights,
  bias: Int32Array,
  { depth, pitches }: Summed,
): boolean {
  const weights = constant.data as Int8Array;
  return bias.every((added, m) => {
    let sizes = 0;
    for (let k = 0; k < depth; k++)
      sizes += Math.abs(weights[m * pitches.output + k * pitches.depth]! - zeroPoints[m]!);
    return sizes * largestStep + Math.abs(added) <= largestSum;
  });
}
