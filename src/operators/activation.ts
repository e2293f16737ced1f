import { floatAttribute, stringAttribute } from '../onnx/attribute';
import type { Constant } from '../onnx/value';
import type { UnaryName } from '../program/operation';
import { requireArithmetic, requireFloat, scalar } from './arguments';
import { requireBroadcastTo } from './broadcast';
import { isFloat } from './elements';
import { foldElementwise } from './elementwise';
import { emitBinary, emitUnary, required } from './emission';
import { inferOne, likeInput } from './inference';
import type { Lowering } from './lowering';
import { OperatorCall, type Operator } from './operator';

// https://onnx.ai/onnx/operators/onnx__Relu.html and the pages of the operators below

/** Parameters a and b of a unary function, from the node's attributes. */
type Parameters = (call: OperatorCall) => readonly number[];

/** The operator that applies one function of `native/program/functions.h` to every element. */
export function elementwise(name: (call: OperatorCall) => UnaryName, parameters: Parameters = () => []): Operator {
  return {
    infer: inferOne(likeInput),
    lower: (call, lowering) => {
      requireFloat(call, call.input(0).type);
      const output = lowering.output(0);
      if (output === undefined) return;
      const [a, b] = parameters(call);
      emitUnary(lowering, name(call), required(call, lowering, 0), output, { a, b });
    },
  };
}

/** Attributes by name and default, as parameters a and b. */
function attributes(...list: readonly (readonly [name: string, fallback: number])[]): Parameters {
  return (call) => list.map(([name, fallback]) => floatAttribute(call.node, name, fallback));
}

function gelu(call: OperatorCall): UnaryName {
  const approximate = stringAttribute(call.node, 'approximate', 'none');
  if (approximate === 'none') return 'gelu';
  if (approximate === 'tanh') return 'geluTanh';
  call.fail('OPERATOR_UNSUPPORTED', `approximate '${approximate}' is not one of none, tanh.`);
}

/** Bounds of a Clip: attributes before operator set 11, inputs after. */
function clipBounds(call: OperatorCall): [number, number] {
  if (call.opset < 11) {
    return [floatAttribute(call.node, 'min', -Infinity), floatAttribute(call.node, 'max', Infinity)];
  }
  return [scalar(call, 1, -Infinity), scalar(call, 2, Infinity)];
}

function foldClip(call: OperatorCall): Constant[] | undefined {
  const { type } = call.input(0);
  if (call.opset < 11) {
    const [least, most] = clipBounds(call);
    return foldElementwise(call, type, { number: (x) => Math.min(Math.max(x, least), most) });
  }
  const hasLeast = call.inputs[1] !== undefined;
  const hasMost = call.inputs[2] !== undefined;
  const present = new OperatorCall(
    call.node,
    call.opset,
    call.inputs.filter((input) => input !== undefined),
  );
  return foldElementwise(present, type, {
    number: (x, ...bounds) =>
      Math.min(Math.max(x, hasLeast ? bounds[0]! : -Infinity), hasMost ? bounds.at(-1)! : Infinity),
    bigint: (x, ...bounds) => {
      const raised = hasLeast && x < bounds[0]! ? bounds[0]! : x;
      return hasMost && raised > bounds.at(-1)! ? bounds.at(-1)! : raised;
    },
  });
}

function lowerClip(call: OperatorCall, lowering: Lowering): void {
  const { type, dims } = call.input(0);
  if (call.opset < 11) requireFloat(call, type);
  else requireArithmetic(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const x = required(call, lowering, 0);
  // As floats, bounds would not be those of large integers.
  if (isFloat(type) && [1, 2].every((index) => !call.inputs[index] || call.inputs[index].constant)) {
    const [least, most] = clipBounds(call);
    emitUnary(lowering, 'clip', x, output, { a: least, b: most });
    return;
  }
  const least = lowering.input(1);
  const most = lowering.input(2);
  if (least === undefined && most === undefined) lowering.emit('alias', [x], [output]);
  const raised = least === undefined || most === undefined ? output : lowering.temporary({ type, dims });
  if (least !== undefined) emitBinary(lowering, 'max', x, least, raised);
  if (most !== undefined) emitBinary(lowering, 'min', least === undefined ? x : raised, most, output);
}

function parametricRelu(call: OperatorCall) {
  const x = call.input(0);
  requireBroadcastTo(call, slopeDims(call), x.dims);
  return x;
}

/** Before operator set 7 a vector of slopes was one of the channels; since, it is broadcast as numpy does. */
function slopeDims(call: OperatorCall): readonly number[] {
  const { dims } = call.input(1);
  const rank = call.input(0).dims.length;
  const isOfChannels = call.opset < 7 && dims.length === 1 && rank > 2;
  return isOfChannels ? [dims[0]!, ...new Array<number>(rank - 2).fill(1)] : dims;
}

function lowerParametricRelu(call: OperatorCall, lowering: Lowering): void {
  requireFloat(call, parametricRelu(call).type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const slope = lowering.view(required(call, lowering, 1), slopeDims(call));
  emitBinary(lowering, 'prelu', required(call, lowering, 0), slope, output);
}

const relu: Operator = {
  ...elementwise(() => 'relu'),
  fold: (call) =>
    foldElementwise(call, call.input(0).type, { number: (x) => Math.max(x, 0), bigint: (x) => (x < 0n ? 0n : x) }),
  lower: (call, lowering) => {
    requireArithmetic(call, call.input(0).type);
    const output = lowering.output(0);
    if (output !== undefined) emitUnary(lowering, 'relu', required(call, lowering, 0), output);
  },
};

const seluAlpha = 1.67326319217681884765625;
const seluGamma = 1.05070102214813232421875;

export const activationOperators: Record<string, Operator> = {
  Relu: relu,
  LeakyRelu: elementwise(() => 'leakyRelu', attributes(['alpha', 0.01])),
  PRelu: { infer: inferOne(parametricRelu), lower: lowerParametricRelu },
  Clip: { infer: inferOne(likeInput), fold: foldClip, lower: lowerClip },
  Elu: elementwise(() => 'elu', attributes(['alpha', 1])),
  Selu: elementwise(() => 'selu', attributes(['alpha', seluAlpha], ['gamma', seluGamma])),
  Celu: elementwise(() => 'celu', attributes(['alpha', 1])),
  Sigmoid: elementwise(() => 'sigmoid'),
  HardSigmoid: elementwise(() => 'hardSigmoid', attributes(['alpha', 0.2], ['beta', 0.5])),
  HardSwish: elementwise(
    () => 'hardSwish',
    () => [1, 0],
  ),
  Swish: elementwise(() => 'silu', attributes(['alpha', 1])),
  Mish: elementwise(() => 'mish'),
  Gelu: elementwise(gelu),
  Tanh: elementwise(() => 'tanh'),
  Softplus: elementwise(() => 'softplus'),
  Softsign: elementwise(() => 'softsign'),
  ThresholdedRelu: elementwise(() => 'thresholdedRelu', attributes(['alpha', 1])),
  Shrink: elementwise(() => 'shrink', attributes(['lambd', 0.5], ['bias', 0])),
};
