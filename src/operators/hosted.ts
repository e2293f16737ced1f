import type { Constant } from '../onnx/value';
import type { Operator, OperatorCall } from './operator';

/** An operator the shape of whose results follows from elements: a session computes it between two programs. */
export function hosted(compute: (call: OperatorCall) => Constant[], limits?: string): Operator {
  return { infer: compute, fold: compute, hosted: true, ...(limits === undefined ? {} : { limits }) };
}
