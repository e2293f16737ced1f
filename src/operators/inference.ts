import type { ValueType } from '../onnx/value';
import type { Operator, OperatorCall } from './operator';

/** The `infer` of an operator with one output; `describe` may return further properties. */
export function inferOne(describe: (call: OperatorCall) => ValueType): Operator['infer'] {
  return (call) => {
    const { type, dims } = describe(call);
    return [{ type, dims }];
  };
}

/** Type and shape of input 0, for operators that keep them. */
export function likeInput(call: OperatorCall): ValueType {
  return call.input(0);
}
