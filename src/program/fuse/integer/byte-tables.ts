import { operationOf, type Operation } from '../../operation';
import type { Pattern } from '../../program-rewriter';
import { unaryFunctions } from '../../unary-functions';
import { byteConstant, quantized as quantizedByte, type QuantizedProgram } from './quantization';

/**
 * Functions of dequantized bytes whose result is quantized again, as one table of the 256 bytes; none where it would change
 * nothing.
 */
export function byteTable(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    if (operation.opcode !== 'quantize') return;
    const y = quantized.uniformOf(operation);
    if (!y) return;
    const functions: Operation<'unary'>[] = [];
    let source = operation.inputs[0];
    for (;;) {
      const before = rewriter.soleProducerOf(source);
      if (before?.opcode !== 'unary') break;
      functions.unshift(before);
      source = before.inputs[0];
    }
    const x = quantized.bytesOf(source);
    if (!x) return;
    const table = Array.from({ length: 256 }, (_, code) => {
      const byte = x.type === 'int8' && code > 127 ? code - 256 : code;
      const number = functions.reduce(
        (argument, { attributes: { function: name, a, b } }) => Math.fround(unaryFunctions[name](argument, a, b)),
        Math.fround((byte - x.zeroPoint) * x.scale),
      );
      return quantizedByte(number, y);
    });
    const { origin } = functions[0] ?? operation;
    const { outputs } = operation;
    if (x.type === y.type && table.every((byte, code) => (byte & 255) === code)) {
      rewriter.replace(operation, operationOf('alias', [x.bytes], outputs, origin), functions);
      rewriter.forward(outputs[0]!, x.bytes);
      return;
    }
    const operands = [x.bytes, quantized.constant(byteConstant(y.type, [256], table))];
    rewriter.replace(operation, operationOf('table', operands, outputs, origin), functions);
  };
}
