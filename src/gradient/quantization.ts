import { byteLimits, type ByteType } from '../program/byte-quantization';
import type { Operation, ValueId } from '../program/operation';
import { Unsupported, type Rule } from './rule';
import type { Tape } from './tape';

/**
 * Straight through the rounding (Bengio, Léonard and Courville, Estimating or propagating gradients through stochastic neurons for
 * conditional computation, 2013): a byte counts as the number x / scale + zeroPoint where that is within its limits, and as a
 * constant where it is not. The gradient with respect to bytes is one of floats, in units of steps.
 */
export const quantize: Rule<'quantize'> = (tape, operation, gradient) => {
  const [x, scale] = operation.inputs as [ValueId, ValueId];
  tape.add(x, () => {
    const factors = alongAxis(tape, scale, operation);
    return withinLimits(tape, operation, tape.binary('div', gradient, factors));
  });
};

export const dequantize: Rule<'dequantize'> = (tape, operation, gradient) => {
  const [bytes, scale] = operation.inputs as [ValueId, ValueId];
  const before = tape.producerOf(bytes);
  const { axis } = operation.attributes;
  if (before?.opcode === 'quantize' && before.inputs[1] === scale && before.attributes.axis === axis) {
    // The two scales cancel out.
    tape.add(before.inputs[0], () => withinLimits(tape, before, gradient));
    return;
  }
  tape.add(bytes, () => tape.mul(gradient, alongAxis(tape, scale, operation)));
};

/**
 * The gradient where a float rounds to a byte without being limited, and 0 elsewhere. So the ends of the range count as within:
 * a pixel of 0 or 1 can be moved.
 */
function withinLimits(tape: Tape, operation: Operation<'quantize'>, gradient: ValueId): ValueId {
  const [x, scale, zeroPoint] = operation.inputs as [ValueId, ValueId, ValueId | undefined];
  const scales = tape.constantData(scale) as Float32Array | undefined;
  const zeroPoints = zeroPoint === undefined ? [0] : tape.constantData(zeroPoint);
  if (!scales || !zeroPoints) throw new Unsupported('of a quantization whose scale or zero point is computed');
  const { least, most } = byteLimits[tape.type(operation.outputs[0]!) as ByteType];
  const dims = axisDims(tape, scales.length, operation);
  const constants = [scale, zeroPoint].map((id) => (id === undefined ? '' : tape.forward.values[id]!.index));
  const bound = (end: number): ValueId =>
    tape.floats(`bound,${constants.join()},${end},${dims.join()}`, dims, () =>
      scales.map((one, k) => one * (end - Number(zeroPoints[zeroPoints.length === 1 ? 0 : k]))),
    );
  const isAbove = tape.compare('greaterOrEqual', tape.use(x), bound(least - 0.5));
  const isBelow = tape.compare('lessOrEqual', tape.use(x), bound(most + 0.5));
  return tape.select(isBelow, tape.select(isAbove, gradient, tape.filled(0)), tape.filled(0));
}

/** The scales of an operation as a factor of its tensor. */
function alongAxis(tape: Tape, scale: ValueId, operation: Operation<'quantize' | 'dequantize'>): ValueId {
  const [count = 1] = tape.dims(scale);
  return tape.view(tape.use(scale), axisDims(tape, count, operation));
}

/** Dims of one number for each place along the axis, or of one for all. */
function axisDims(tape: Tape, count: number, operation: Operation<'quantize' | 'dequantize'>): number[] {
  if (count === 1) return [];
  const { inputs, attributes } = operation;
  return [count, ...tape.dims(inputs[0]!).slice(attributes.axis + 1).map(() => 1)]; // prettier-ignore
}
