import { elementCount, type Constant, type ValueType } from '../onnx/value';
import { integersArgument, normalizeAxes, ranked } from './arguments';
import { required } from './emission';
import { inferOne } from './inference';
import { pick, stridedPositions, stridesOf } from './layout';
import type { Lowering } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__Slice.html

interface Slice extends ValueType {
  /** Position of the first element in the input, and the steps from there along each axis. */
  readonly offset: number;
  readonly strides: readonly number[];
}

function slice(call: OperatorCall): Slice {
  const { type, dims } = ranked(call, 0, 1);
  const starts = integersArgument(call, 1, 'starts');
  const ends = integersArgument(call, 2, 'ends');
  if (!starts || !ends) call.fail('MODEL_INVALID', 'starts and ends are missing.');
  const axes = normalizeAxes(call, integersArgument(call, 3, 'axes') ?? starts.map((_, i) => i), dims.length);
  const steps = integersArgument(call, 4, 'steps') ?? starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    call.fail('MODEL_INVALID', 'starts, ends, axes and steps differ in length.');
  }
  const result = [...dims];
  const strides = stridesOf(dims);
  const inner = [...strides];
  let offset = 0;
  axes.forEach((axis, i) => {
    const step = steps[i]!;
    if (step === 0) call.fail('MODEL_INVALID', 'a step of 0 goes nowhere.');
    const size = dims[axis]!;
    const first = step > 0 ? clamp(fromEnd(starts[i]!, size), 0, size) : clamp(fromEnd(starts[i]!, size), 0, size - 1);
    const last = step > 0 ? clamp(fromEnd(ends[i]!, size), 0, size) : clamp(fromEnd(ends[i]!, size), -1, size - 1);
    result[axis] = Math.max(0, Math.ceil((last - first) / step));
    strides[axis] = inner[axis]! * step;
    offset += first * inner[axis]!;
  });
  return { type, dims: result, offset, strides };
}

function fromEnd(index: number, size: number): number {
  return index < 0 ? index + size : index;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

function foldSlice(call: OperatorCall): Constant[] | undefined {
  const { constant } = call.input(0);
  if (!constant) return undefined;
  const { dims, offset, strides } = slice(call);
  return [pick(constant, dims, stridedPositions(dims, strides, offset))];
}

function lowerSlice(call: OperatorCall, lowering: Lowering): void {
  const { dims, offset, strides } = slice(call);
  const output = lowering.output(0);
  if (output === undefined) return;
  const x = required(call, lowering, 0);
  const whole = elementCount(dims) === elementCount(call.input(0).dims) && strides.every((stride) => stride > 0);
  if (whole) lowering.emit('alias', [x], [output]);
  else lowering.emit('strided', [x], [output], { offset, strides });
}

export const sliceOperators: Record<string, Operator> = {
  Slice: { infer: inferOne(slice), fold: foldSlice, lower: lowerSlice },
};
