import { elementCount, type Constant, type DataType, type ValueType } from '../onnx/value';
import { typeAttribute } from './arguments';
import { bigintsOf, constantOf, isBigInteger, isFloat, isInteger, numbersOf } from './elements';
import { required } from './emission';
import { inferOne } from './inference';
import type { Lowering } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__Cast.html, onnx__CastLike.html

function castType(call: OperatorCall): ValueType {
  const { dims } = call.input(0);
  if (call.node.opType === 'CastLike') return { type: call.input(1).type, dims };
  return { type: typeAttribute(call, 'to'), dims };
}

function convert(constant: Constant, type: DataType): Constant | undefined {
  if (constant.type === type) return constant;
  if (constant.type === 'string' || type === 'string') return undefined;
  const exact = isBigInteger(constant.type) && (isInteger(type) || type === 'bool');
  return constantOf(type, constant.dims, exact ? bigintsOf(constant) : numbersOf(constant));
}

function foldCast(call: OperatorCall): Constant[] | undefined {
  const { type, dims } = castType(call);
  const { constant } = call.input(0);
  const result = constant && elementCount(dims) > 0 ? convert(constant, type) : undefined;
  return result && [result];
}

/** Types that a cast may yield; the engine cannot hold the others exactly. */
const castable: ReadonlySet<DataType> = new Set(['int64', 'int32', 'uint8', 'int8', 'bool']);

function lowerCast(call: OperatorCall, lowering: Lowering): void {
  const { type } = castType(call);
  const from = call.input(0).type;
  const alike = from === type || (isFloat(from) && isFloat(type));
  // Before the inputs enter the program: the engine has no strings.
  if (!alike && ((!isFloat(type) && !castable.has(type)) || from === 'string')) {
    call.fail('OPERATOR_UNSUPPORTED', `the engine cannot cast ${from} to ${type}.`);
  }
  const output = lowering.output(0);
  if (output === undefined) return;
  lowering.emit(alike ? 'alias' : 'cast', [required(call, lowering, 0)], [output]);
}

const cast: Operator = {
  infer: inferOne(castType),
  fold: foldCast,
  lower: lowerCast,
  limits: 'In a run to floats, int64, int32, uint8, int8 and bool; not from or to strings.',
};

export const castOperators: Record<string, Operator> = { Cast: cast, CastLike: cast };
