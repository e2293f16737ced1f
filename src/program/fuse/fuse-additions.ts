import { elementCount, sameDims } from '../../onnx/value';
import { placeOfInput, type Operation, type ProgramOperation, type ValueId } from '../operation';
import type { ProgramValue } from '../program';
import type { Pattern, ProgramRewriter } from '../program-rewriter';

/** Operations that can add a bias a channel and a residual of their result's shape. */
type AddingOperation = Operation<'convolution'> | Operation<'gdws'> | Operation<'matmul'>;

const addingOpcodes = ['convolution', 'gdws', 'matmul'] as const;
const biasPlaces = new Map(addingOpcodes.map((opcode) => [opcode, placeOfInput(opcode, 'bias')]));
const residualPlaces = new Map(addingOpcodes.map((opcode) => [opcode, placeOfInput(opcode, 'residual')]));

/**
 * Fuses an `Add` into the convolution or matrix product before it: a constant for each channel as its bias, a tensor of its
 * result's shape as its residual. The operation moves to the place of the `Add`, where the residual is computed.
 */
export const fuseAddition: Pattern = (addition, rewriter) => fuseInto(addition, rewriter, true);

/** Fuses an `Add` of a constant for each channel as a bias, before quantized operations are recognized. */
export const fuseBias: Pattern = (addition, rewriter) => fuseInto(addition, rewriter, false);

function fuseInto(addition: ProgramOperation, rewriter: ProgramRewriter, takesResiduals: boolean): void {
  if (addition.opcode !== 'binary' || addition.attributes.function !== 'add') return;
  if (addition.attributes.activation.name !== 'none') return;
  const result = rewriter.valueOf(addition.outputs[0]!);
  const [a, b] = addition.inputs as [ValueId, ValueId];
  const sides = [
    { own: a, other: b },
    { own: b, other: a },
  ]
    .flatMap(({ own, other }) => {
      const before = addingProducerOf(own, rewriter);
      return before && sameDims(rewriter.valueOf(own).dims, result.dims) ? [{ before, other }] : [];
    })
    // The later of two convolutions takes the residual, which is the other's result.
    .sort((one, two) => rewriter.placeOf(two.before) - rewriter.placeOf(one.before));
  for (const { before, other } of sides) {
    const value = rewriter.valueOf(other);
    if (value.storage !== 'constant' && !takesResiduals) continue;
    const place = fittingPlace(before, result, value);
    if (place === undefined) continue;
    const inputs = Array.from({ length: Math.max(before.inputs.length, place + 1) }, (_, i) => before.inputs[i]);
    const isBias = place === biasPlaces.get(before.opcode);
    inputs[place] = isBias ? rewriter.program.addValue({ ...value, dims: [elementCount(value.dims)] }) : other;
    rewriter.replace(addition, { ...before, inputs, outputs: addition.outputs }, [before]);
    return;
  }
}

function addingProducerOf(id: ValueId, rewriter: ProgramRewriter): AddingOperation | undefined {
  const before = rewriter.soleProducerOf(id);
  return before && canAdd(before) && before.attributes.activation.name === 'none' ? before : undefined;
}

function canAdd(operation: ProgramOperation): operation is AddingOperation {
  return (addingOpcodes as readonly string[]).includes(operation.opcode);
}

function fittingPlace(before: AddingOperation, result: ProgramValue, other: ProgramValue): number | undefined {
  const bias = biasPlaces.get(before.opcode)!;
  const residual = residualPlaces.get(before.opcode)!;
  if (before.inputs[residual] !== undefined) return undefined;
  if (other.storage === 'constant') {
    return before.inputs[bias] === undefined && isBias(before, result, other) ? bias : undefined;
  }
  return sameDims(other.dims, result.dims) ? residual : undefined;
}

/** Whether `other` broadcasts over the result as one number a channel: (M, 1, 1) after a convolution, (N) after a product. */
function isBias(before: AddingOperation, result: ProgramValue, other: ProgramValue): boolean {
  const channelAxis = before.opcode === 'matmul' ? result.dims.length - 1 : 1;
  const padded = [...Array<number>(result.dims.length - other.dims.length).fill(1), ...other.dims];
  return (
    other.dims.length <= result.dims.length &&
    padded.every((dim, axis) => dim === (axis === channelAxis ? result.dims[axis] : 1))
  );
}
