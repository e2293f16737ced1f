import { GdwsError, type ErrorCode, type ErrorDetails } from '../base/errors';
import { placeOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import type { Constant, KnownValue, ValueType } from '../onnx/value';
import type { Lowering } from './lowering';
import { maxValueElements } from './value-limit';

/** A node and its input values, as far as they are known: the argument of an operator's functions. */
export class OperatorCall {
  private readonly computed = new Map<(call: OperatorCall) => unknown, unknown>();

  constructor(
    readonly node: NodeProto,
    /** Version of the node's operator set. */
    readonly opset: number,
    /** Input values in order; `undefined` where an optional input is absent. */
    readonly inputs: readonly (KnownValue | undefined)[],
  ) {}

  /** What `compute` makes of this call: inference and lowering both ask for it. */
  once<Result>(compute: (call: OperatorCall) => Result): Result {
    if (this.computed.has(compute)) return this.computed.get(compute) as Result;
    const result = compute(this);
    this.computed.set(compute, result);
    return result;
  }

  /** Input `index`, which the operator requires. */
  input(index: number): KnownValue {
    const value = this.inputs[index];
    if (!value) this.fail('MODEL_INVALID', `input ${index} is missing.`);
    return value;
  }

  /** Elements of input `index`, which must be known before the run. */
  constant(index: number): Constant {
    const value = this.input(index);
    if (!value.constant) {
      this.fail('OPERATOR_UNSUPPORTED', `input ${index} must be known before the run.`, {
        tensor: this.node.input[index],
        remedy: `It must follow from constants, shapes, and inputs of at most ${maxValueElements} elements.`,
      });
    }
    return value.constant;
  }

  /** Stops with an error that names this node and operator, and the input shapes. */
  fail(code: ErrorCode, summary: string, more: string | Pick<ErrorDetails, 'tensor' | 'remedy'> = {}): never {
    throw new GdwsError(code, summary, {
      ...placeOf(this.node),
      shape: this.inputs.flatMap((input) => (input ? [[...input.dims]] : [])),
      ...(typeof more === 'string' ? { remedy: more } : more),
    });
  }
}

/** The implementation of one ONNX operator. The tables of `src/operators/` have one for each. */
export interface Operator {
  /** Types and shapes of the outputs. Throws where the inputs do not fit. */
  readonly infer: (call: OperatorCall) => ValueType[];
  /** The outputs' elements where they follow from known inputs, otherwise `undefined`. */
  readonly fold?: (call: OperatorCall) => Constant[] | undefined;
  /** Writes the operations that compute the outputs. Absent where the engine cannot run the operator. */
  readonly lower?: (call: OperatorCall, lowering: Lowering) => void;
  /** Whether a session carries it out between two programs, because its elements decide shapes or which graph is run. */
  readonly hosted?: true;
  /** Limits of the support of the ONNX operator, for `docs/operators.md`. */
  readonly limits?: string;
}
