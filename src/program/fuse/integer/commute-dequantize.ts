import type { Operation, ProgramOperation, ValueId } from '../../operation';
import { operationOf } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';
import { isMoving, movedInputs, type MovingOperation } from './moving-operations';
import type { Dequantized, QuantizedProgram } from './quantization';
import { reducedBlock } from './reduced-block';

/**
 * What moves or chooses dequantized elements moves their bytes, and dequantizes after it: so bytes stay bytes as long as
 * possible. All of several inputs must have the same scale and zero point.
 */
export function commuteDequantize(quantized: QuantizedProgram): Pattern {
  const pattern: Pattern = (operation, rewriter) => {
    const pooled = largestOf(operation, quantized, rewriter);
    if (pooled) {
      rewriter.replace(operation, pooled);
      for (const one of pooled) pattern(one, rewriter);
      return;
    }
    if (!isMoving(operation)) return;
    const data = movedInputs(operation);
    const sources = data.map((id) => quantized.bytesOf(id));
    const [first] = sources;
    if (!first || !sources.every((one) => one && isSameQuantization(one, first))) return;
    if (operation.opcode === 'pad' && operation.attributes.value !== 0) return;
    const output = operation.outputs[0]!;
    const bytes = quantized.temporary(first.type, rewriter.valueOf(output).dims);
    const inputs = [...sources.map((one) => one!.bytes), ...operation.inputs.slice(data.length)];
    const moved = { ...operation, inputs, outputs: [bytes] } as MovingOperation;
    rewriter.replace(operation, [
      moved.opcode === 'pad' ? { ...moved, attributes: { ...moved.attributes, value: first.zeroPoint } } : moved,
      dequantizeAs(data[0]!, bytes, output, rewriter),
    ]);
  };
  return pattern;
}

/** The largest of dequantized elements along axes, as a pooling, which is one of bytes; undefined where it is none. */
function largestOf(
  operation: ProgramOperation,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): ProgramOperation[] | undefined {
  if (operation.opcode !== 'reduce' || operation.attributes.function !== 'max') return undefined;
  const { inputs, outputs, origin } = operation;
  const block = quantized.bytesOf(inputs[0]) && reducedBlock(operation, rewriter);
  if (!block) return undefined;
  const [seen, largest] = [quantized.temporary('float32', block.input), quantized.temporary('float32', block.output)];
  return [
    operationOf('alias', [inputs[0]], [seen], origin),
    operationOf('maxPool', [seen], [largest], origin, block.window),
    operationOf('alias', [largest], outputs, origin),
  ];
}

function isSameQuantization(one: Dequantized, other: Dequantized): boolean {
  return one.type === other.type && one.scale === other.scale && one.zeroPoint === other.zeroPoint;
}

/** Dequantizes bytes with the scale and zero point that `like` was dequantized with. */
function dequantizeAs(like: ValueId, bytes: ValueId, output: ValueId, rewriter: ProgramRewriter): ProgramOperation {
  const { inputs, origin } = rewriter.producerOf(like) as Operation<'dequantize'>;
  return operationOf('dequantize', [bytes, ...inputs.slice(1)], [output], origin, { axis: 0 });
}
