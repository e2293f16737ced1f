import { elementCount, type Constant, type ValueType } from '../graph/value';
import { hasAttribute, intAttribute, tensorAttribute } from '../onnx/attribute';
import { constantOfNode } from '../onnx/constant-node';
import { decodeTensor } from '../onnx/tensor';
import { integers, ranked, typeAttribute } from './arguments';
import { bigintsOf, constantOf, isInteger, newElements, numbersOf } from './elements';
import type { Operator, OperatorCall } from './operator';

// Operators whose result follows from shapes and constants alone.
// https://onnx.ai/onnx/operators/onnx__Shape.html and the pages of the operators below

/** The operator whose output `make` knows before the run; `describe` where type and shape are known without its elements. */
function source(make: (call: OperatorCall) => Constant, describe: (call: OperatorCall) => ValueType = make): Operator {
  return {
    infer: (call) => {
      const { type, dims } = describe(call);
      return [{ type, dims }];
    },
    fold: (call) => [make(call)],
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
  const value = tensor && decodeTensor(tensor, { node: call.node.name, operator: call.node.opType });
  return value ?? constantOf('float32', [1], [0]);
}

function constantOfShape(call: OperatorCall): ValueType {
  const dims = integers(call, 0);
  if (dims.some((dim) => dim < 0)) call.fail('SHAPE_MISMATCH', `a shape of [${dims.join(', ')}] is none.`);
  return { type: fill(call).type, dims };
}

function filledShape(call: OperatorCall): Constant {
  const { type, dims } = constantOfShape(call);
  const data = newElements(type, elementCount(dims));
  (data as unknown[]).fill(fill(call).data[0]);
  return { type, dims, data };
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
    const values = Array.from({ length: Math.max(0, Number(count)) }, (_, i) => from + BigInt(i) * step);
    return constantOf(type, [values.length], values);
  }
  const [from, to, step] = [start, limit, delta].map((bound) => numbersOf(bound)[0]!) as [number, number, number];
  if (step === 0) call.fail('MODEL_INVALID', 'a step of 0 goes nowhere.');
  const count = Math.max(0, Math.ceil((to - from) / step));
  return constantOf(
    type,
    [count],
    Array.from({ length: count }, (_, i) => from + i * step),
  );
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
  Constant: source(constant),
  ConstantOfShape: source(filledShape, constantOfShape),
  Range: source(range),
  EyeLike: source(eyeLike, eyeLikeType),
};
