import type { Operation, ProgramOperation, ValueId } from '../../operation';
import { operationOf } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';
import type { Dequantized, QuantizedProgram } from './quantization';

/** Operations that only move or choose elements, on any type; the data are their inputs but the indices. */
const moving = ['maxPool', 'strided', 'concat', 'gather', 'alias', 'pad'] as const;

type MovingOperation = { [Opcode in (typeof moving)[number]]: Operation<Opcode> }[(typeof moving)[number]];

/**
 * What moves or chooses dequantized elements moves their bytes, and dequantizes after it: so bytes stay bytes as long as
 * possible. All of several inputs must have the same scale and zero point.
 */
export function commuteDequantize(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    if (!isMoving(operation)) return;
    const data = operation.opcode === 'concat' ? operation.inputs : operation.inputs.slice(0, 1);
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
}

function isMoving(operation: ProgramOperation): operation is MovingOperation {
  return (moving as readonly string[]).includes(operation.opcode);
}

function isSameQuantization(one: Dequantized, other: Dequantized): boolean {
  return one.type === other.type && one.scale === other.scale && one.zeroPoint === other.zeroPoint;
}

/** Dequantizes bytes with the scale and zero point that `like` was dequantized with. */
function dequantizeAs(like: ValueId, bytes: ValueId, output: ValueId, rewriter: ProgramRewriter): ProgramOperation {
  const { inputs, origin } = rewriter.producerOf(like) as Operation<'dequantize'>;
  return operationOf('dequantize', [bytes, ...inputs.slice(1)], [output], origin, { axis: 0 });
}

/** Pieces that are joined and quantized together are quantized each, where each is dequantized from bytes. */
export function quantizePieces(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    if (operation.opcode !== 'quantize') return;
    const y = quantized.uniformOf(operation);
    const joined = rewriter.soleProducerOf(operation.inputs[0]);
    if (!y || joined?.opcode !== 'concat') return;
    if (!joined.inputs.every((id) => quantized.bytesOf(id))) return;
    const pieces = joined.inputs.map((id) => quantized.temporary(y.type, rewriter.valueOf(id!).dims));
    rewriter.replace(
      operation,
      [
        ...joined.inputs.map((id, i) => ({
          ...operation,
          inputs: [id, ...operation.inputs.slice(1)],
          outputs: [pieces[i]!],
        })),
        { ...joined, inputs: pieces, outputs: operation.outputs },
      ],
      [joined],
    );
  };
}
