import { floatAttribute, hasAttribute } from '../onnx/attribute';
import { elementCount, type Constant, type ValueType } from '../onnx/value';
import {
  choiceAttribute,
  choicesOf,
  commonType,
  integers,
  integersArgument,
  normalizeAxes,
  requireTabular,
  scalar,
} from './arguments';
import { isFloat, newElements, constantOf } from './elements';
import { required } from './emission';
import { foldable } from './folding';
import { inferOne } from './inference';
import { stridesOf } from './layout';
import type { Lowering, ValueId } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__Pad.html

type PadMode = 'constant' | 'reflect' | 'edge' | 'wrap';
const modes = choicesOf<PadMode>(['constant', 'reflect', 'edge', 'wrap']);

interface Padding extends ValueType {
  readonly mode: PadMode;
  /** Elements added (or, where negative, taken away) before and after each axis. */
  readonly begins: readonly number[];
  readonly ends: readonly number[];
}

function padding(call: OperatorCall): Padding {
  const { dims } = call.input(0);
  const type = commonType(call, [0, 2]);
  const mode = choiceAttribute(call, 'mode', modes, 'constant');
  // Operator set 1 named the attribute in another way.
  const pads = integersArgument(call, 1, hasAttribute(call.node, 'paddings') ? 'paddings' : 'pads');
  if (!pads) call.fail('MODEL_INVALID', 'pads are missing.');
  const axes = call.inputs[3] ? normalizeAxes(call, integers(call, 3), dims.length) : dims.map((_, axis) => axis);
  if (pads.length !== 2 * axes.length) {
    call.fail('SHAPE_MISMATCH', `pads [${pads.join(', ')}] must be ${2 * axes.length} numbers.`);
  }
  const begins = dims.map(() => 0);
  const ends = dims.map(() => 0);
  axes.forEach((axis, i) => {
    begins[axis] = pads[i]!;
    ends[axis] = pads[axes.length + i]!;
  });
  const result = dims.map((dim, axis) => dim + begins[axis]! + ends[axis]!);
  if (result.some((dim) => dim < 0)) call.fail('SHAPE_MISMATCH', `pads [${pads.join(', ')}] take more than there is.`);
  return { type, dims: result, mode, begins, ends };
}

/**
 * The source of each element along a padded axis, -1 for the constant. Negative padding crops first; the rest is mirrored,
 * repeated or wrapped.
 */
function sources(call: OperatorCall, mode: PadMode, size: number, begin: number, end: number): Int32Array {
  requireTabular(call, size + begin + end);
  const first = Math.max(0, -begin);
  const length = size - first - Math.max(0, -end);
  const before = Math.max(0, begin);
  return Int32Array.from({ length: size + begin + end }, (_, i) => {
    const at = i - before;
    if (at >= 0 && at < length) return first + at;
    if (mode === 'constant') return -1;
    if (length <= 0) call.fail('SHAPE_MISMATCH', `mode ${mode} has nothing to pad an empty axis with.`);
    return first + reflected(mode, at, length);
  });
}

function reflected(mode: PadMode, at: number, length: number): number {
  if (mode === 'edge') return at < 0 ? 0 : length - 1;
  if (mode === 'wrap') return ((at % length) + length) % length;
  const period = Math.max(1, 2 * (length - 1));
  const within = ((at % period) + period) % period;
  return within < length ? within : period - within;
}

/** The constant of the padding; an attribute before operator set 11, an input after. */
function fillValue(call: OperatorCall): number {
  return call.inputs[2] ? scalar(call, 2) : floatAttribute(call.node, 'value', 0);
}

function foldPad(call: OperatorCall): Constant[] | undefined {
  const { type, dims, mode, begins, ends } = padding(call);
  const x = foldable(call, elementCount(dims))?.[0];
  if (!x || type === 'string') return undefined;
  const value = fillValue(call);
  // The input, since a number may not be exact.
  const fill = call.inputs[2]?.constant ?? constantOf(type, [], [value]);
  const strides = stridesOf(x.dims);
  let positions = Int32Array.of(0);
  dims.forEach((dim, axis) => {
    const along = sources(call, mode, x.dims[axis]!, begins[axis]!, ends[axis]!);
    const finer = new Int32Array(positions.length * dim);
    positions.forEach((position, i) => {
      along.forEach((index, j) => {
        finer[i * dim + j] = position < 0 || index < 0 ? -1 : position + index * strides[axis]!;
      });
    });
    positions = finer;
  });
  const data = newElements(type, positions.length);
  positions.forEach((position, i) => (data[i] = position < 0 ? fill.data[0]! : x.data[position]!));
  return [{ type, dims, data }];
}

function lowerPad(call: OperatorCall, lowering: Lowering): void {
  const { type, dims, mode, begins, ends } = padding(call);
  const output = lowering.output(0);
  if (output === undefined) return;
  const x = required(call, lowering, 0);
  const from = call.input(0).dims;
  const axes = dims.flatMap((_, axis) => (begins[axis] !== 0 || ends[axis] !== 0 ? [axis] : []));
  if (axes.length === 0) {
    lowering.emit('alias', [x], [output]);
  } else if (mode === 'constant') {
    const value = fillValue(call);
    // The operation has the value as a float, which cannot represent every integer.
    if (!isFloat(type) && Math.fround(value) !== value) {
      call.fail('OPERATOR_UNSUPPORTED', `${value} is not a number that float32 holds exactly.`, 'Pad before the Cast.');
    }
    lowering.emit('pad', [x], [output], { begins, value });
  } else {
    let value = x;
    const partial = [...from];
    axes.forEach((axis, i) => {
      partial[axis] = dims[axis]!;
      const data = sources(call, mode, from[axis]!, begins[axis]!, ends[axis]!);
      const index: ValueId = lowering.constant({ type: 'int32', dims: [data.length], data });
      const result = i === axes.length - 1 ? output : lowering.temporary({ type, dims: [...partial] });
      lowering.emit('gather', [value, index], [result], { axis });
      value = result;
    });
  }
}

export const padOperators: Record<string, Operator> = {
  Pad: { infer: inferOne(padding), fold: foldPad, lower: lowerPad },
};
