import { elementCount, sameDims } from '../../../onnx/value';
import { binaryFunctions } from '../../binary-functions';
import { quantizedByte } from '../../byte-quantization';
import { operationOf, type Operation, type ProgramOperation, type ValueId } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';
import { unaryFunctions } from '../../unary-functions';
import { byteConstant, byteNumbers, type QuantizedProgram } from './quantization';

/** A function of a float of channel c, as the engine computes it: each step rounded to float32. */
type ChannelFunction = (x: number, channel: number) => number;

/** Functions before a quantization, the innermost first. */
interface FunctionChain {
  readonly source: ValueId | undefined;
  readonly operations: readonly ProgramOperation[];
  readonly functions: readonly ChannelFunction[];
  /** How many channels the functions tell apart: 1 where they tell none. */
  readonly channels: number;
}

/**
 * Functions of dequantized bytes whose result is quantized again, as one table of the 256 bytes, or one for each channel; none
 * where it would change nothing.
 */
export function byteTable(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    if (operation.opcode !== 'quantize') return;
    const y = quantized.uniformOf(operation);
    if (!y) return;
    const { source, operations, functions, channels } = functionsBefore(operation, quantized, rewriter);
    const x = quantized.bytesOf(source);
    if (!x) return;
    const numbers = byteNumbers(x.type);
    const table = Array.from({ length: 256 * channels }, (_, at) => {
      const argument = Math.fround((numbers[at % 256]! - x.zeroPoint) * x.scale);
      const number = functions.reduce((value, apply) => apply(value, Math.floor(at / 256)), argument);
      return quantizedByte(number, y);
    });
    const { outputs } = operation;
    const { origin } = operations[0] ?? operation;
    if (x.type === y.type && table.every((byte, at) => (byte & 255) === at % 256)) {
      rewriter.replace(operation, operationOf('alias', [x.bytes], outputs, origin), operations);
      rewriter.forward(outputs[0]!, x.bytes);
      return;
    }
    const dims = channels === 1 ? [256] : [channels, 256];
    const operands = [x.bytes, quantized.constant(byteConstant(y.type, dims, table))];
    rewriter.replace(operation, operationOf('table', operands, outputs, origin), operations);
  };
}

function functionsBefore(
  { inputs }: Operation<'quantize'>,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): FunctionChain {
  const operations: ProgramOperation[] = [];
  const functions: ChannelFunction[] = [];
  let source = inputs[0];
  let channels = 1;
  for (;;) {
    const before = rewriter.soleProducerOf(source);
    const step = before && functionOf(before, quantized, rewriter);
    if (!step) return { source, operations, functions, channels };
    channels = Math.max(channels, step.channels);
    operations.unshift(before);
    functions.unshift(step.apply);
    source = step.source;
  }
}

/** A function of one value, as a step of a chain. */
interface FunctionStep {
  readonly source: ValueId;
  readonly apply: ChannelFunction;
  readonly channels: number;
}

/** Undefined where an operation is no function of each element and its channel, known before the run. */
function functionOf(
  operation: ProgramOperation,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): FunctionStep | undefined {
  if (operation.opcode === 'unary') {
    const { function: name, a, b } = operation.attributes;
    const apply = (x: number) => Math.fround(unaryFunctions[name](x, a, b));
    return { source: operation.inputs[0]!, apply, channels: 1 };
  }
  if (operation.opcode === 'binary') return binaryStep(operation, quantized, rewriter);
  if (operation.opcode !== 'scaleShift' || operation.attributes.activation.name !== 'none') return undefined;
  const [source] = operation.inputs;
  const [scale, shift] = operation.inputs.slice(1).map((id) => quantized.floatsOf(id));
  if (!scale || !shift) return undefined;
  const apply = (x: number, channel: number) => Math.fround(x * scale[channel]! + shift[channel]!);
  return { source: source!, apply, channels: rewriter.valueOf(source!).dims[1]! };
}

/** A function of a value and of a constant: one number, or one for each channel. */
function binaryStep(
  { inputs: [one, other], outputs, attributes }: Operation<'binary'>,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): FunctionStep | undefined {
  const apply = binaryFunctions[attributes.function];
  if (!apply || attributes.activation.name !== 'none') return undefined;
  const { dims } = rewriter.valueOf(outputs[0]!);
  const channels = channelNumbers(other!, dims, quantized, rewriter);
  const numbers = channels ?? channelNumbers(one!, dims, quantized, rewriter);
  const source = channels ? one! : other!;
  if (!numbers || !sameDims(rewriter.valueOf(source).dims, dims)) return undefined;
  const number = (channel: number) => numbers[numbers.length === 1 ? 0 : channel]!;
  return {
    source,
    apply: (x, channel) => Math.fround(channels ? apply(x, number(channel)) : apply(number(channel), x)),
    channels: numbers.length,
  };
}

/** Larger tables, in bytes, must be no larger than what goes through them. */
const smallTables = 2 ** 15;

/** The numbers of a constant that is one number, or one for each channel of a result of `dims`. */
function channelNumbers(
  id: ValueId,
  dims: readonly number[],
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): Float32Array | undefined {
  const own = rewriter.valueOf(id).dims;
  const padded = [...new Array<number>(dims.length - own.length).fill(1), ...own];
  const isOne = padded.every((dim) => dim === 1);
  const isChannels = padded.every((dim, axis) => dim === (axis === 1 ? dims[1] : 1));
  if (!isOne && !(isChannels && 256 * dims[1]! <= Math.max(elementCount(dims), smallTables))) return undefined;
  const numbers = quantized.floatsOf(id);
  return numbers?.every(Number.isFinite) ? numbers : undefined;
}
