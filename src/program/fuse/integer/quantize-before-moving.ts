import { quantizedByte, type UniformQuantization } from '../../byte-quantization';
import type { Operation, ProgramOperation, ValueId } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';
import { unaryFunctions } from '../../unary-functions';
import { isMoving, movedInputs, type MovingOperation } from './moving-operations';
import { limitedQuantization, type QuantizedProgram } from './quantization';

/**
 * What moves the results of computations before these are quantized moves their bytes instead; so does what joins pieces that
 * are quantized together. Functions between that only limit their argument limit each of them.
 */
export function quantizeBeforeMoving(quantized: QuantizedProgram): Pattern {
  const computed = new Set<ValueId>();
  return (operation, rewriter) => {
    const quantizations: ProgramOperation[] = [operation];
    for (let one = quantizations.pop(); one; one = quantizations.pop()) {
      const limited = limitedQuantization(one, quantized, rewriter);
      if (!limited) continue;
      const { quantization, y, before, limiting } = limited;
      if (limiting.length > mostLimits || !canMoveBytes(before, rewriter)) continue;
      // Bytes alone are moved as they are.
      if (isOfBytes(before, quantized) || !areComputed(movedInputs(before), computed, quantized, rewriter)) continue;
      const pieces = movedInputs(before).map((id) => quantizedPiece(id, quantization, limiting, quantized, rewriter));
      const bytes = pieces.map((piece) => piece.at(-1)!.outputs[0]!);
      const inputs = [...bytes, ...before.inputs.slice(bytes.length)];
      const moved = { ...withPadding(before, limiting, y), inputs, outputs: one.outputs } as MovingOperation;
      rewriter.replace(before, [...pieces.flat(), moved], [...limiting, one]);
      quantizations.push(...pieces.map((piece) => piece.at(-1)!));
    }
  };
}

/** Each piece gets its own; networks have one or two. */
const mostLimits = 4;

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
    const length = from![axis]!;
    // The first window lies the furthest before the map, the last the furthest behind it. Taps that are further apart than
    // the map is long may step over it.
    return pad > (taps - 1) * dilation || (to![axis]! - 1) * stride - pad >= length || (pad > 0 && dilation > length);
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

/**
 * Whether values come, moved or limited, from bytes or from computations that may write bytes.
 *
 * @param computed those that are known to, and are found to
 */
function areComputed(
  ids: readonly ValueId[],
  computed: Set<ValueId>,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): boolean {
  const pending = [...ids];
  const seen = new Set<ValueId>();
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (seen.has(id) || computed.has(id)) continue;
    seen.add(id);
    if (quantized.bytesOf(id)) continue;
    const before = rewriter.soleProducerOf(id);
    if (!before) return false;
    if (canMoveBytes(before, rewriter)) pending.push(...movedInputs(before));
    else if (before.opcode === 'unary') pending.push(before.inputs[0]!);
    else if (!computing.has(before.opcode)) return false;
  }
  for (const id of seen) computed.add(id);
  return true;
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
