import { roundHalfToEven } from '../../../base/rounding';
import type { ValueId } from '../../operation';
import type { ProgramRewriter } from '../../program-rewriter';
import type { QuantizedProgram, QuantizedWeights } from './quantization';

/** Sums and biases are int32. */
const largestSum = 2 ** 31 - 1;
/** The largest difference of two bytes. */
const largestStep = 255;

/** A bias, constant or dequantized, in units of the sums; undefined where it does not fit an int32. */
export function integerBias(
  id: ValueId | undefined,
  scales: Float32Array,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): Int32Array | undefined {
  if (id === undefined) return new Int32Array(scales.length);
  const before = rewriter.producerOf(id);
  const numbers = before?.opcode === 'dequantize' ? quantized.dequantizedConstant(before) : quantized.floatsOf(id);
  if (numbers?.length !== scales.length) return undefined;
  const steps = Array.from(numbers, (one, m) => (one === 0 ? 0 : roundHalfToEven(one / scales[m]!)));
  return steps.every((one) => Math.abs(one) <= largestSum) ? Int32Array.from(steps) : undefined;
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
