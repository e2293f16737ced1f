import { elementCount, sameDims } from '../../../onnx/value';
import { binaryFunctions } from '../../binary-functions';
import { newBytes, quantizedByte } from '../../byte-quantization';
import { operationOf, type Operation, type ProgramOperation, type ValueId } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';
import { unaryFunctions } from '../../unary-functions';
import { byteNumbers, type Dequantized, type QuantizedProgram } from './quantization';

/** A function of a float of channel c, as the engine computes it: each step rounded to float32. */
type ChannelFunction = (x: number, channel: number) => number;

/** A value that is a function of each dequantized byte. */
interface ByteFunction {
  readonly source: Dequantized;
  readonly apply: ChannelFunction;
  /** How many channels it tells apart: 1 where it tells none. */
  readonly channels: number;
  /** What computes it, the innermost first. */
  readonly operations: readonly ProgramOperation[];
}

/** Limit of the functions in each other; models have few. */
const deepest = 32;

/**
 * Functions of dequantized bytes whose result is quantized again, as one table of the 256 bytes, or one for each channel; none
 * where it would change nothing.
 */
export function byteTable(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    if (operation.opcode !== 'quantize') return;
    const y = quantized.uniformOf(operation);
    const of = y && functionOf(operation.inputs[0]!, quantized, rewriter);
    if (!of) return;
    const { source: x, apply, channels, operations } = of;
    const numbers = byteNumbers(x.type);
    const table = newBytes(y.type, 256 * channels);
    for (let at = 0; at < table.length; at++) {
      const argument = Math.fround((numbers[at % 256]! - x.zeroPoint) * x.scale);
      table[at] = quantizedByte(apply(argument, Math.floor(at / 256)), y);
    }
    const { outputs } = operation;
    const { origin } = operations[0] ?? operation;
    if (x.type === y.type && table.every((byte, at) => (byte & 255) === at % 256)) {
      rewriter.replace(operation, operationOf('alias', [x.bytes], outputs, origin), operations);
      rewriter.forward(outputs[0]!, x.bytes);
      return;
    }
    const dims = channels === 1 ? [256] : [channels, 256];
    const operands = [x.bytes, quantized.constant({ type: y.type, dims, data: table })];
    rewriter.replace(operation, operationOf('table', operands, outputs, origin), operations);
  };
}

/** Undefined where a value is no function of each byte and its channel, known before the run. */
function functionOf(
  id: ValueId,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
  depth = 0,
): ByteFunction | undefined {
  const source = quantized.bytesOf(id);
  if (source) return { source, apply: (x) => x, channels: 1, operations: [] };
  const before = depth < deepest ? rewriter.soleProducerOf(id) : undefined;
  if (before?.opcode === 'binary') return binaryFunction(before, quantized, rewriter, depth);
  const step = before && stepOf(before, quantized, rewriter);
  const inner = step && functionOf(before.inputs[0]!, quantized, rewriter, depth + 1);
  if (!inner) return undefined;
  return {
    ...inner,
    apply: (x, channel) => step.apply(inner.apply(x, channel), channel),
    channels: Math.max(inner.channels, step.channels),
    operations: [...inner.operations, before],
  };
}

/** What an operation does to its first input. */
function stepOf(
  operation: ProgramOperation,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): Pick<ByteFunction, 'apply' | 'channels'> | undefined {
  if (operation.opcode === 'unary') {
    const { function: name, a, b } = operation.attributes;
    return { apply: (x) => Math.fround(unaryFunctions[name](x, a, b)), channels: 1 };
  }
  if (operation.opcode !== 'scaleShift' || operation.attributes.activation.name !== 'none') return undefined;
  const [source, ...others] = operation.inputs;
  const { dims } = rewriter.valueOf(source!);
  if (!areTablesSmall(dims)) return undefined;
  const [scale, shift] = others.map((id) => quantized.floatsOf(id));
  if (!scale || !shift) return undefined;
  const apply: ChannelFunction = (x, channel) => Math.fround(x * scale[channel]! + shift[channel]!);
  return { apply, channels: dims[1]! };
}

/** A function of two functions of the same bytes, or of one and a constant. */
function binaryFunction(
  operation: Operation<'binary'>,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
  depth: number,
): ByteFunction | undefined {
  const { inputs, outputs, attributes } = operation;
  const combine = binaryFunctions[attributes.function];
  if (!combine || attributes.activation.name !== 'none') return undefined;
  const { dims } = rewriter.valueOf(outputs[0]!);
  const operands = inputs.map((id) => {
    const constant = channelNumbers(id!, dims, quantized, rewriter);
    if (constant) return constant;
    const isWhole = sameDims(rewriter.valueOf(id!).dims, dims);
    return isWhole ? functionOf(id!, quantized, rewriter, depth + 1) : undefined;
  });
  const [one, other] = operands;
  const sources = operands.flatMap((operand) => (operand?.source ? [operand.source] : []));
  const [source] = sources;
  if (!one || !other || !source || !sources.every((another) => isSameSource(another, source))) return undefined;
  return {
    source,
    apply: (x, channel) => Math.fround(combine(one.apply(x, channel), other.apply(x, channel))),
    channels: Math.max(one.channels, other.channels),
    operations: [...one.operations, ...other.operations, operation],
  };
}

function isSameSource(one: Dequantized, other: Dequantized): boolean {
  return one.bytes === other.bytes && one.scale === other.scale && one.zeroPoint === other.zeroPoint;
}

/** Larger tables, in bytes, must be no larger than what goes through them. */
const smallTables = 2 ** 15;

/** Whether tables for each channel of a value of `dims` are worth their memory. */
function areTablesSmall(dims: readonly number[]): boolean {
  return 256 * dims[1]! <= Math.max(elementCount(dims), smallTables);
}

/** A constant that is one number, or one for each channel of a result of `dims`. */
function channelNumbers(
  id: ValueId,
  dims: readonly number[],
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): (Omit<ByteFunction, 'source'> & { readonly source?: undefined }) | undefined {
  const own = rewriter.valueOf(id).dims;
  const padded = [...new Array<number>(dims.length - own.length).fill(1), ...own];
  const isOne = padded.every((dim) => dim === 1);
  const isChannels = padded.every((dim, axis) => dim === (axis === 1 ? dims[1] : 1));
  if (!isOne && !(isChannels && areTablesSmall(dims))) return undefined;
  const numbers = quantized.floatsOf(id);
  if (!numbers?.every(Number.isFinite)) return undefined;
  return { apply: (_, channel) => numbers[isOne ? 0 : channel]!, channels: numbers.length, operations: [] };
}
