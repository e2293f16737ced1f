import type { ProgramOperation } from '../../operation';
import { operationOf } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';
import { isScale, type QuantizedProgram } from './quantization';

/** A mean over windows, or over whole maps, of dequantized bytes that is quantized again. */
export function integerAverage(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    if (operation.opcode !== 'quantize') return;
    const y = quantized.uniformOf(operation);
    const before = rewriter.soleProducerOf(operation.inputs[0]);
    const window = before && windowOf(before, rewriter);
    const x = quantized.bytesOf(before?.inputs[0]);
    if (!y || !window || !x) return;
    const scale = Math.fround(x.scale / y.scale);
    if (!isScale(scale)) return;
    const by = operationOf('integerAveragePool', [x.bytes], operation.outputs, before.origin, {
      ...window,
      xZeroPoint: x.zeroPoint,
      zeroPoint: y.zeroPoint,
      scale,
    });
    rewriter.replace(operation, by, [before]);
  };
}

/** The windows of a mean over spatial axes of maps (N,C,H,W). */
function windowOf(operation: ProgramOperation, rewriter: ProgramRewriter) {
  if (operation.opcode === 'averagePool') return operation.attributes;
  if (operation.opcode !== 'reduce' || operation.attributes.function !== 'mean') return undefined;
  const { dims } = rewriter.valueOf(operation.inputs[0]!);
  if (dims.length !== 4 || operation.attributes.axes.join() !== '2,3' || dims.includes(0)) return undefined;
  return {
    kernel: dims.slice(2),
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    countIncludePad: false,
  };
}
