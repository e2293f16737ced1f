import { quantizedByte } from '../../byte-quantization';
import { operationOf, type Operation, type ProgramOperation, type ValueId } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';
import { unaryFunctions } from '../../unary-functions';
import { byteConstant, type QuantizedProgram } from './quantization';

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
    const table = Array.from({ length: 256 * channels }, (_, at) => {
      const code = at % 256;
      const byte = x.type === 'int8' && code > 127 ? code - 256 : code;
      const argument = Math.fround((byte - x.zeroPoint) * x.scale);
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
    const apply = before && functionOf(before, quantized);
    if (!apply) return { source, operations, functions, channels };
    if (before.opcode === 'scaleShift') channels = rewriter.valueOf(source!).dims[1]!;
    operations.unshift(before);
    functions.unshift(apply);
    source = before.inputs[0];
  }
}

/** Undefined where an operation is no function of each element and its channel, known before the run. */
function functionOf(operation: ProgramOperation, quantized: QuantizedProgram): ChannelFunction | undefined {
  if (operation.opcode === 'unary') {
    const { function: name, a, b } = operation.attributes;
    return (x) => Math.fround(unaryFunctions[name](x, a, b));
  }
  if (operation.opcode !== 'scaleShift' || operation.attributes.activation.name !== 'none') return undefined;
  const [scale, shift] = operation.inputs.slice(1).map((id) => quantized.floatsOf(id));
  return scale && shift && ((x, channel) => Math.fround(x * scale[channel]! + shift[channel]!));
}
