import type { UniformQuantization } from '../../byte-quantization';
import { operationOf, type ProgramOperation, type ValueId } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';
import {
  byteConstant,
  byteNumbers,
  isScale,
  limitedQuantization,
  type Dequantized,
  type QuantizedProgram,
} from './quantization';
import { reducedBlock } from './reduced-block';

/** A mean over windows, or along axes, of dequantized bytes that is quantized again. What limits it becomes a table. */
export function integerAverage(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    const limited = limitedQuantization(operation, quantized, rewriter);
    if (!limited) return;
    const { y, before, least, most, limiting } = limited;
    const x = quantized.bytesOf(before.inputs[0]);
    if (!x) return;
    const [output] = operation.outputs as [ValueId];
    const isLimited = limiting.length > 0;
    const bytes = isLimited ? quantized.temporary(y.type, rewriter.valueOf(output).dims) : output;
    const means = meansOf(before, { x, y, bytes }, quantized, rewriter);
    if (!means) return;
    if (isLimited) {
      const bounded = byteNumbers(y.type).map((byte) => Math.min(Math.max(byte, least), most));
      const table = quantized.constant(byteConstant(y.type, [256], bounded));
      means.push(operationOf('table', [bytes, table], [output], before.origin));
    }
    rewriter.replace(operation, means, [...limiting, before]);
  };
}

interface QuantizedMean {
  readonly x: Dequantized;
  readonly y: UniformQuantization;
  /** To be written. */
  readonly bytes: ValueId;
}

/** Undefined where an operation is no mean of bytes. */
function meansOf(
  operation: ProgramOperation,
  { x, y, bytes }: QuantizedMean,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): ProgramOperation[] | undefined {
  const scale = Math.fround(x.scale / y.scale);
  if (!isScale(scale)) return undefined;
  const requantization = { xZeroPoint: x.zeroPoint, zeroPoint: y.zeroPoint, scale };
  const { origin } = operation;
  if (operation.opcode === 'averagePool') {
    const attributes = { ...operation.attributes, ...requantization };
    return [operationOf('integerAveragePool', [x.bytes], [bytes], origin, attributes)];
  }
  if (operation.opcode !== 'reduce' || operation.attributes.function !== 'mean') return undefined;
  const block = reducedBlock(operation, rewriter);
  if (!block) return undefined;
  const [seen, means] = [quantized.temporary(x.type, block.input), quantized.temporary(y.type, block.output)];
  const attributes = { ...block.window, countIncludePad: false, ...requantization };
  return [
    operationOf('alias', [x.bytes], [seen], origin),
    operationOf('integerAveragePool', [seen], [means], origin, attributes),
    operationOf('alias', [means], [bytes], origin),
  ];
}
