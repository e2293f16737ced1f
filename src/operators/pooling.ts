import { floatAttribute, hasAttribute, intAttribute, intsAttribute } from '../onnx/attribute';
import { elementCount, type DataType, type ValueType } from '../onnx/value';
import { isByteType } from '../program/byte-quantization';
import type { ReduceName } from '../program/operation';
import { ranked, requireFloat } from './arguments';
import { filled } from './elements';
import { emitAs, emitBinary, emitUnary, floats, required } from './emission';
import { inferOne } from './inference';
import type { Lowering, ValueId } from './lowering';
import type { Operator, OperatorCall } from './operator';
import { extent, joinWindows, pointWindow, slidingWindow, windowAxes, type Window } from './window';

// https://onnx.ai/onnx/operators/onnx__MaxPool.html, onnx__AveragePool.html, onnx__LpPool.html, onnx__GlobalAveragePool.html

interface Pool extends ValueType {
  readonly window: Window;
}

function pool(call: OperatorCall): Pool {
  const x = ranked(call, 0, 3);
  const ceil = intAttribute(call.node, 'ceil_mode', 0) !== 0;
  if (!hasAttribute(call.node, 'kernel_shape')) call.fail('MODEL_INVALID', "attribute 'kernel_shape' is missing.");
  const window = slidingWindow(call, x.dims.slice(2), intsAttribute(call.node, 'kernel_shape'), ceil);
  return { type: x.type, dims: [...x.dims.slice(0, 2), ...window.outputs], window };
}

/** The attributes that all pooling operations have. */
function poolAttributes({ kernel, strides, dilations, begins, ends }: Window) {
  return { kernel, strides, dilations, pads: [...begins, ...ends] };
}

/**
 * Pools `x` into `y`, over one pair of spatial axes after the other: a maximum of maxima is the maximum, and a mean of means is
 * the mean, since the number of taps of a window is the product of those along each axis.
 */
function emitPool(
  lowering: Lowering,
  pooling: { readonly opcode: 'maxPool' } | { readonly opcode: 'averagePool'; readonly countIncludePad: boolean },
  x: { value: ValueId; dims: readonly number[]; type?: DataType },
  y: ValueId,
  window: Window,
): void {
  const emit = (from: ValueId, to: ValueId, step: Window) => {
    const attributes = poolAttributes(step);
    if (pooling.opcode === 'maxPool') lowering.emit('maxPool', [from], [to], attributes);
    else lowering.emit('averagePool', [from], [to], { ...attributes, countIncludePad: pooling.countIncludePad });
  };
  const spatial = window.kernel.length;
  if (spatial === 2) {
    emit(x.value, y, window);
    return;
  }
  const dims = [...x.dims];
  let value = x.value;
  for (let to = spatial; to > 0; to -= 2) {
    const from = Math.max(to - 2, 0);
    const axes = windowAxes(window, from, to);
    const before = elementCount(dims.slice(0, 2 + from));
    const after = elementCount(dims.slice(2 + to));
    const size = dims.slice(2 + from, 2 + to);
    // A single axis is combined with the following ones as columns, or is a row itself.
    const planes = size.length === 2 ? size : after > 1 ? [size[0]!, after] : [1, size[0]!];
    const step =
      size.length === 2 ? axes : after > 1 ? joinWindows(axes, pointWindow(after)) : joinWindows(pointWindow(1), axes);
    const pooled = lowering.temporary({ type: x.type ?? 'float32', dims: [1, before, ...step.outputs] });
    emit(lowering.view(value, [1, before, ...planes]), pooled, step);
    value = pooled;
    for (let axis = from; axis < to; axis++) dims[2 + axis] = window.outputs[axis]!;
  }
  lowering.emit('alias', [value], [y]);
}

function lowerAveragePool(call: OperatorCall, lowering: Lowering): void {
  const { type, window } = pool(call);
  requireFloat(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const x = { value: required(call, lowering, 0), dims: call.input(0).dims };
  const countIncludePad = intAttribute(call.node, 'count_include_pad', 0) !== 0;
  emitPool(lowering, { opcode: 'averagePool', countIncludePad }, x, output, window);
}

/** Where in `x` the largest elements of the windows are, into the node's output 1. */
function emitIndices(call: OperatorCall, lowering: Lowering, x: ValueId, { dims, window }: Pool): void {
  const output = lowering.output(1);
  if (output === undefined) return;
  const spatial = window.kernel.length;
  if (spatial > 3) call.fail('OPERATOR_UNSUPPORTED', `Indices over ${spatial} axes are not supported.`);
  const order = intAttribute(call.node, 'storage_order', 0);
  if (order !== 0 && order !== 1) call.fail('MODEL_INVALID', `storage_order ${order} is neither 0 nor 1.`);
  // Always three axes: missing ones have length 1.
  const missing = pointWindow(1);
  let three = window;
  for (let axis = spatial; axis < 3; axis++) three = joinWindows(missing, three);
  const solid = (all: readonly number[]) => [
    elementCount(all.slice(0, 2)),
    ...new Array<number>(3 - spatial).fill(1),
    ...all.slice(2),
  ];
  const from = lowering.view(x, solid(call.input(0).dims));
  const attributes = { ...poolAttributes(three), columnMajor: order === 1 };
  emitAs(lowering, output, dims, { type: 'int64', dims: solid(dims) }, (target) =>
    lowering.emit('maxPoolIndices', [from], [target], attributes),
  );
}

function lowerMaxPool(call: OperatorCall, lowering: Lowering): void {
  const pooling = pool(call);
  const { type, window } = pooling;
  const isBytes = isByteType(type);
  if (!isBytes) requireFloat(call, type);
  const { dims } = call.input(0);
  const value = required(call, lowering, 0);
  let numbers = value;
  if (isBytes && lowering.output(1) !== undefined) {
    // Floats hold bytes exactly.
    numbers = floats(lowering, dims);
    lowering.emit('cast', [value], [numbers]);
  }
  emitIndices(call, lowering, numbers, pooling);
  const output = lowering.output(0);
  if (output !== undefined) emitPool(lowering, { opcode: 'maxPool' }, { value, type, dims }, output, window);
}

/** (Σ|x|^p)^(1/p) over windows: a mean over windows that the padding always fills, times their size. */
function lowerLpPool(call: OperatorCall, lowering: Lowering): void {
  const { type, dims, window } = pool(call);
  requireFloat(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const x = call.input(0).dims;
  const p = powerOf(call);
  const ends = window.ends.map((end, axis) => {
    const reach = (window.outputs[axis]! - 1) * window.strides[axis]!;
    const needed = reach + extent(window.kernel[axis]!, window.dilations[axis]!) - x[2 + axis]! - window.begins[axis]!;
    return Math.max(end, needed);
  });
  const raised = emitAbsolutePower(lowering, required(call, lowering, 0), x, p);
  const mean = floats(lowering, dims);
  emitPool(lowering, { opcode: 'averagePool', countIncludePad: true }, { value: raised, dims: x }, mean, {
    ...window,
    ends,
  });
  emitRoot(lowering, { value: mean, dims }, { p, scale: elementCount(window.kernel) }, output);
}

function powerOf(call: OperatorCall): number {
  // Operator set 1 had p as a float; all later ones have an integer.
  const p = call.opset < 2 ? floatAttribute(call.node, 'p', 2) : intAttribute(call.node, 'p', 2);
  if (!(p > 0)) call.fail('MODEL_INVALID', `p = ${p} must be positive.`);
  return p;
}

/** |x|^p */
function emitAbsolutePower(lowering: Lowering, x: ValueId, dims: readonly number[], p: number): ValueId {
  const result = floats(lowering, dims);
  if (p === 2) {
    emitBinary(lowering, 'mul', x, x, result);
    return result;
  }
  emitUnary(lowering, 'abs', x, result);
  if (p === 1) return result;
  const raised = floats(lowering, dims);
  emitBinary(lowering, 'pow', result, lowering.constant(filled([], p)), raised);
  return raised;
}

/** (scale·x)^(1/p) */
function emitRoot(
  lowering: Lowering,
  { value: x, dims }: { value: ValueId; dims: readonly number[] },
  { p, scale }: { p: number; scale: number },
  output: ValueId,
): void {
  if (p === 1) {
    emitUnary(lowering, 'linear', x, output, { a: scale });
    return;
  }
  const scaled = floats(lowering, dims);
  emitUnary(lowering, 'linear', x, scaled, { a: scale });
  if (p === 2) emitUnary(lowering, 'sqrt', scaled, output);
  else emitBinary(lowering, 'pow', scaled, lowering.constant(filled([], 1 / p)), output);
}

function globalPool(call: OperatorCall): ValueType {
  const { type, dims } = ranked(call, 0, 3);
  return { type, dims: dims.map((dim, axis) => (axis < 2 ? dim : 1)) };
}

function lowerGlobalPool(name: ReduceName): Operator['lower'] {
  return (call, lowering) => {
    const { type, dims } = globalPool(call);
    requireFloat(call, type);
    const output = lowering.output(0);
    if (output === undefined) return;
    const axes = dims.map((_, axis) => axis).slice(2);
    lowering.emit('reduce', [required(call, lowering, 0)], [output], { function: name, axes });
  };
}

function lowerGlobalLpPool(call: OperatorCall, lowering: Lowering): void {
  const p = powerOf(call);
  if (p === 1 || p === 2) {
    lowerGlobalPool(p === 1 ? 'l1' : 'l2')!(call, lowering);
    return;
  }
  const { type, dims } = globalPool(call);
  requireFloat(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const raised = emitAbsolutePower(lowering, required(call, lowering, 0), call.input(0).dims, p);
  const sum = floats(lowering, dims);
  const axes = dims.map((_, axis) => axis).slice(2);
  lowering.emit('reduce', [raised], [sum], { function: 'sum', axes });
  emitRoot(lowering, { value: sum, dims }, { p, scale: 1 }, output);
}

export const poolingOperators: Record<string, Operator> = {
  MaxPool: {
    infer: (call) => {
      const { type, dims } = pool(call);
      return [
        { type, dims },
        { type: 'int64', dims },
      ];
    },
    lower: lowerMaxPool,
    limits: 'Indices of one to three spatial axes.',
  },
  AveragePool: {
    infer: inferOne(pool),
    lower: lowerAveragePool,
  },
  LpPool: {
    infer: inferOne(pool),
    lower: lowerLpPool,
  },
  GlobalAveragePool: { infer: inferOne(globalPool), lower: lowerGlobalPool('mean') },
  GlobalMaxPool: { infer: inferOne(globalPool), lower: lowerGlobalPool('max') },
  GlobalLpPool: { infer: inferOne(globalPool), lower: lowerGlobalLpPool },
};
