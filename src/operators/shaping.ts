import { hasAttribute, intAttribute, intsAttribute } from '../onnx/attribute';
import { elementCount, type Constant, type ValueType } from '../onnx/value';
import { integers, integersArgument, normalizeAxes } from './arguments';
import { reshaped } from './elements';
import { required } from './emission';
import { inferOne, likeInput } from './inference';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__Reshape.html and the pages of the operators below

/** An operator that only changes the dims. */
function relabel(shape: (call: OperatorCall) => ValueType): Operator {
  return {
    infer: inferOne(shape),
    fold: (call): Constant[] | undefined => {
      const { constant } = call.input(0);
      return constant && [reshaped(constant, shape(call).dims)];
    },
    lower: (call, lowering) => {
      shape(call);
      const output = lowering.output(0);
      if (output !== undefined) lowering.emit('alias', [required(call, lowering, 0)], [output]);
    },
  };
}

function reshape(call: OperatorCall): ValueType {
  const { type, dims } = call.input(0);
  const wanted =
    call.opset < 5 && hasAttribute(call.node, 'shape') ? intsAttribute(call.node, 'shape') : integers(call, 1);
  const keepZero = intAttribute(call.node, 'allowzero', 0) !== 0;
  const result = wanted.map((dim, axis) => {
    if (dim < -1) call.fail('MODEL_INVALID', `a shape of [${wanted.join(', ')}] is none.`);
    if (dim !== 0 || keepZero) return dim;
    if (axis >= dims.length) call.fail('SHAPE_MISMATCH', `the shape copies axis ${axis}, which the input has not.`);
    return dims[axis]!;
  });
  const free = result.indexOf(-1);
  const count = elementCount(dims);
  if (free >= 0) {
    if (result.indexOf(-1, free + 1) >= 0) call.fail('MODEL_INVALID', `the shape has more than one -1.`);
    const rest = elementCount(result.filter((_, axis) => axis !== free));
    result[free] = rest === 0 ? 0 : count / rest;
  }
  if (!result.every(Number.isInteger) || elementCount(result) !== count) {
    call.fail('SHAPE_MISMATCH', `${count} elements cannot take the shape [${wanted.join(', ')}].`);
  }
  return { type, dims: result };
}

function flatten(call: OperatorCall): ValueType {
  const { type, dims } = call.input(0);
  const axis = intAttribute(call.node, 'axis', 1);
  if (axis < -dims.length || axis > dims.length) {
    call.fail('SHAPE_MISMATCH', `axis ${axis} is outside a tensor of rank ${dims.length}.`);
  }
  const from = axis < 0 ? axis + dims.length : axis;
  return { type, dims: [elementCount(dims.slice(0, from)), elementCount(dims.slice(from))] };
}

function squeeze(call: OperatorCall): ValueType {
  const { type, dims } = call.input(0);
  const given = integersArgument(call, 1, 'axes');
  if (!given) return { type, dims: dims.filter((dim) => dim !== 1) };
  const axes = normalizeAxes(call, given, dims.length);
  for (const axis of axes) {
    if (dims[axis] !== 1) call.fail('SHAPE_MISMATCH', `axis ${axis} is ${dims[axis]} long, not 1.`);
  }
  return { type, dims: dims.filter((_, axis) => !axes.includes(axis)) };
}

function unsqueeze(call: OperatorCall): ValueType {
  const { type, dims } = call.input(0);
  const given = integersArgument(call, 1, 'axes');
  if (!given) call.fail('MODEL_INVALID', 'axes are missing.');
  const rank = dims.length + given.length;
  const axes = normalizeAxes(call, given, rank);
  const rest = [...dims];
  return { type, dims: Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : rest.shift()!)) };
}

/** Inference leaves the data as it is; the mask is all true. */
const dropout: Operator = {
  ...relabel(likeInput),
  limits: 'Not in training mode; the mask from operator set 10 on.',
  infer: (call) => {
    const { type, dims } = call.input(0);
    return [
      { type, dims },
      { type: call.opset < 10 ? type : 'bool', dims },
    ];
  },
  fold: (call) => {
    const { constant } = call.input(0);
    return constant && call.node.output.length === 1 && !drops(call) ? [constant] : undefined;
  },
  lower: (call, lowering) => {
    if (drops(call)) {
      call.fail('OPERATOR_UNSUPPORTED', 'training_mode is not supported.', 'Export the model for inference.');
    }
    const output = lowering.output(0);
    if (output !== undefined) lowering.emit('alias', [required(call, lowering, 0)], [output]);
    const mask = lowering.output(1);
    if (mask === undefined) return;
    if (call.opset < 10) call.fail('OPERATOR_UNSUPPORTED', 'the output mask is not supported.');
    const { dims } = call.input(0);
    const data = new Uint8Array(elementCount(dims)).fill(1);
    lowering.emit('alias', [lowering.constant({ type: 'bool', dims, data })], [mask]);
  },
};

/** Whether elements may be dropped: in training mode, unless the ratio is 0. */
function drops(call: OperatorCall): boolean {
  const [, ratio, training] = call.inputs;
  return training !== undefined && !isZero(training.constant) && !isZero(ratio?.constant);
}

function isZero(constant: Constant | undefined): boolean {
  return constant?.data.length === 1 && Number(constant.data[0]) === 0;
}

export const shapingOperators: Record<string, Operator> = {
  Identity: relabel(likeInput),
  Dropout: dropout,
  Reshape: relabel(reshape),
  Flatten: relabel(flatten),
  Squeeze: relabel(squeeze),
  Unsqueeze: relabel(unsqueeze),
};
