import { quantizedByte, type UniformQuantization } from '../../byte-quantization';
import type { Operation, ProgramOperation, ValueId } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';
import { unaryFunctions } from '../../unary-functions';
import { isMoving, movedInputs, type MovingOperation } from './moving-operations';
import { limitedSource, type QuantizedProgram } from './quantization';

/**
 * What moves the results of computations before these are quantized moves their bytes instead; so does what joins pieces that
 * are quantized together. Functions between that only limit their argument limit each of them.
 */
export function quantizeBeforeMoving(quantized: QuantizedProgram): Pattern {
  const pattern: Pattern = (operation, rewriter) => {
    if (operation.opcode !== 'quantize') return;
    const y = quantized.uniformOf(operation);
    if (!y) return;
    const { source, limiting } = limitedSource(operation, y, rewriter);
    const before = rewriter.soleProducerOf(source);
    if (
      !before ||
      !canMoveBytes(before, rewriter) ||
      !movedInputs(before).every((id) => isComputed(id, quantized, rewriter))
    )
      return;
    // Bytes alone are moved as they are.
    if (isOfBytes(before, quantized)) return;
    const pieces = movedInputs(before).map((id) => quantizedPiece(id, operation, limiting, quantized, rewriter));
    const bytes = pieces.map((piece) => piece.at(-1)!.outputs[0]!);
    const inputs = [...bytes, ...before.inputs.slice(bytes.length)];
    const moved = { ...withPadding(before, limiting, y), inputs, outputs: operation.outputs } as MovingOperation;
    rewriter.replace(operation, [...pieces.flat(), moved], [...limiting, before]);
    for (const piece of pieces) pattern(piece.at(-1)!, rewriter);
  };
  return pattern;
}

function isOfBytes(operation: MovingOperation, quantized: QuantizedProgram): boolean {
  if (operation.opcode === 'concat') return false;
  if (operation.opcode === 'pad' && operation.attributes.value !== 0) return false;
  return quantized.bytesOf(operation.inputs[0]) !== undefined;
}

function canMoveBytes(operation: ProgramOperation, rewriter: ProgramRewriter): operation is MovingOperation {
  return isMoving(operation) && !(operation.opcode === 'maxPool' && hasPaddingAlone(operation, rewriter));
}

/** Whether some windows may have padding alone, whose maximum is none of the elements. */
function hasPaddingAlone({ inputs, outputs, attributes }: Operation<'maxPool'>, rewriter: ProgramRewriter): boolean {
  const [from, to] = [inputs, outputs].map(([id]) => rewriter.valueOf(id!).dims.slice(2));
  return attributes.kernel.some((taps, axis) => {
    const [stride, dilation, pad] = [attributes.strides[axis]!, attributes.dilations[axis]!, attributes.pads[axis]!];
    for (let i = 0; i < to![axis]!; i++) {
      const first = i * stride - pad;
      const tap = Math.max(0, Math.ceil(-first / dilation));
      if (tap >= taps || first + tap * dilation >= from![axis]!) return true;
    }
    return false;
  });
}

const computing: ReadonlySet<string> = new Set([
  'convolution',
  'convolutionTranspose',
  'matmul',
  'binary',
  'averagePool',
  'reduce',
]);

/** Whether a value comes, moved or limited, from bytes or from a computation that may write bytes. */
function isComputed(id: ValueId, quantized: QuantizedProgram, rewriter: ProgramRewriter): boolean {
  if (quantized.bytesOf(id)) return true;
  const before = rewriter.soleProducerOf(id);
  if (!before) return false;
  if (canMoveBytes(before, rewriter)) return movedInputs(before).every((one) => isComputed(one, quantized, rewriter));
  if (before.opcode === 'unary') return isComputed(before.inputs[0]!, quantized, rewriter);
  return computing.has(before.opcode);
}

/** The functions, the innermost first, and the quantization of a piece. */
function quantizedPiece(
  id: ValueId,
  quantization: Operation<'quantize'>,
  limiting: readonly ProgramOperation[],
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): ProgramOperation[] {
  const { dims } = rewriter.valueOf(id);
  let value = id;
  const limits = limiting.toReversed().map((operation): ProgramOperation => {
    const limited = { ...operation, inputs: [value], outputs: [quantized.temporary('float32', dims)] };
    value = limited.outputs[0]!;
    return limited;
  });
  const { type } = rewriter.valueOf(quantization.outputs[0]!);
  const bytes = quantized.temporary(type as UniformQuantization['type'], dims);
  return [...limits, { ...quantization, inputs: [value, ...quantization.inputs.slice(1)], outputs: [bytes] }];
}

/** Padding is limited and quantized too. */
function withPadding(
  operation: MovingOperation,
  limiting: readonly ProgramOperation[],
  y: UniformQuantization,
): MovingOperation {
  if (operation.opcode !== 'pad') return operation;
  const limited = limiting.toReversed().reduce((value, one) => {
    if (one.opcode !== 'unary') return value;
    const { function: name, a, b } = one.attributes;
    return unaryFunctions[name](value, a, b);
  }, operation.attributes.value);
  return { ...operation, attributes: { ...operation.attributes, value: quantizedByte(limited, y) } };
}
