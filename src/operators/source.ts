import { hasAttribute, intAttribute, tensorAttribute } from '../onnx/attribute';
import { constantOfNode } from '../onnx/constant-node';
import { placeOf } from '../onnx/node-place';
import { decodeTensor } from '../onnx/tensor';
import { elementCount, type Constant, type ValueType } from '../onnx/value';
import { integers, ranked, requireTabular, typeAttribute } from './arguments';
import { bigintsOf, constantOf, isInteger, numbersOf } from './elements';
import { isSmall } from './folding';
import { inferOne } from './inference';
import { pick } from './layout';
import type { Lowering } from './lowering';
import type { Operator, OperatorCall } from './operator';

// Operators whose result follows from shapes and constants alone.
// https://onnx.ai/onnx/operators/onnx__Shape.html and the pages of the operators below

/** An operator whose output `make` computes before the run; `describe` gives type and shape where that is cheaper. */
function source(make: (call: OperatorCall) => Constant, describe: (call: OperatorCall) => ValueType = make): Operator {
  return {
    infer: inferOne(describe),
    fold: (call) => (isSmall(elementCount(describe(call).dims)) ? [make(call)] : undefined),
  };
}

function shape(call: OperatorCall): Constant {
  const { dims } = call.input(0);
  const place = (index: number) => Math.min(Math.max(index < 0 ? index + dims.length : index, 0), dims.length);
  const start = place(intAttribute(call.node, 'start', 0));
  const end = place(intAttribute(call.node, 'end', dims.length));
  const part = dims.slice(start, end);
  return constantOf('int64', [part.length], part);
}

function size(call: OperatorCall): Constant {
  return constantOf('int64', [], [elementCount(call.input(0).dims)]);
}

function constant(call: OperatorCall): Constant {
  const value = constantOfNode(call.node);
  if (value) return value;
  if (hasAttribute(call.node, 'sparse_value')) {
    call.fail('OPERATOR_UNSUPPORTED', 'sparse constants are not supported.', 'Export the constant as a dense tensor.');
  }
  call.fail('MODEL_INVALID', 'the constant has no value.');
}

function fill(call: OperatorCall): Constant {
  const tensor = tensorAttribute(call.node, 'value');
  if (!tensor) return constantOf('float32', [1], [0]);
  const value = decodeTensor(tensor, placeOf(call.node));
  if (value.data.length !== 1) call.fail('MODEL_INVALID', "attribute 'value' must have one element.");
  return value;
}

function constantOfShape(call: OperatorCall): ValueType {
  const dims = integers(call, 0);
  if (dims.some((dim) => dim < 0)) call.fail('SHAPE_MISMATCH', `a shape of [${dims.join(', ')}] is none.`);
  return { type: fill(call).type, dims };
}

function filledShape(call: OperatorCall): Constant {
  const { dims } = constantOfShape(call);
  return pick(fill(call), dims, new Uint8Array(elementCount(dims)));
}

/** A large tensor is expanded in the run. */
function lowerConstantOfShape(call: OperatorCall, lowering: Lowering): void {
  const { dims } = constantOfShape(call);
  const output = lowering.output(0);
  if (output === undefined) return;
  lowering.emit('strided', [lowering.constant(fill(call))], [output], { offset: 0, strides: dims.map(() => 0) });
}

function range(call: OperatorCall): Constant {
  const [start, limit, delta] = [0, 1, 2].map((index) => call.constant(index)) as [Constant, Constant, Constant];
  const { type } = start;
  if ([start, limit, delta].some((bound) => bound.type !== type || bound.data.length !== 1)) {
    call.fail('TYPE_MISMATCH', 'start, limit and delta must be scalars of one type.');
  }
  if (isInteger(type)) {
    const [from, to, step] = [start, limit, delta].map((bound) => bigintsOf(bound)[0]!) as [bigint, bigint, bigint];
    if (step === 0n) call.fail('MODEL_INVALID', 'a step of 0 goes nowhere.');
    const distance = to - from;
    const count = distance / step + (distance % step !== 0n && distance > 0n === step > 0n ? 1n : 0n);
    const values = new BigInt64Array(tabularLength(call, Number(count)));
    for (let i = 0, value = from; i < values.length; i++, value += step) values[i] = value;
    return constantOf(type, [values.length], values);
  }
  const [from, to, step] = [start, limit, delta].map((bound) => numbersOf(bound)[0]!) as [number, number, number];
  if (step === 0) call.fail('MODEL_INVALID', 'a step of 0 goes nowhere.');
  const values = new Float64Array(tabularLength(call, Math.ceil((to - from) / step)));
  for (let i = 0; i < values.length; i++) values[i] = from + i * step;
  return constantOf(type, [values.length], values);
}

function tabularLength(call: OperatorCall, count: number): number {
  requireTabular(call, count);
  return Math.max(0, count);
}

function eyeLikeType(call: OperatorCall): ValueType {
  const { type, dims } = ranked(call, 0, 2, 2);
  return { type: hasAttribute(call.node, 'dtype') ? typeAttribute(call, 'dtype') : type, dims };
}

function eyeLike(call: OperatorCall): Constant {
  const { type, dims } = eyeLikeType(call);
  const [rows, columns] = dims as [number, number];
  const shift = intAttribute(call.node, 'k', 0);
  const values = Array.from({ length: rows * columns }, (_, i) => {
    const row = Math.floor(i / columns);
    return (i % columns) - row === shift ? 1 : 0;
  });
  return constantOf(type, dims, values);
}

export const sourceOperators: Record<string, Operator> = {
  Shape: source(shape),
  Size: source(size),
  Constant: { infer: inferOne(constant), fold: (call) => [constant(call)] },
  ConstantOfShape: { ...source(filledShape, constantOfShape), lower: lowerConstantOfShape },
  Range: { infer: inferOne(range), fold: (call) => [range(call)] },
  EyeLike: source(eyeLike, eyeLikeType),
};
