import type { AttributeValue } from '../../src/onnx/attribute';
import type { Constant } from '../../src/onnx/value';
import { constantOf } from '../../src/operators/elements';

/** An input of a case; `known` ones are initializers, the others are fed at the run. */
export type CaseInput = Constant & { readonly known?: boolean };

/** One node over given inputs. The same cases test inference, folding and running. */
export interface Case {
  readonly opType: string;
  /** Of the operator, where it is not ONNX's own; a model of the case imports its version 1. */
  readonly domain?: 'com.microsoft';
  /** Version of ONNX's own operator set. */
  readonly opset: number;
  readonly inputs: readonly (CaseInput | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly outputs?: number;
  /** Whether the operator folds it when all inputs are known. By default where it has a fold. */
  readonly folds?: false;
  /** Whether the engine runs it. By default where it can be lowered. */
  readonly runs?: false;
  /** Largest difference, relative to the largest element. */
  readonly tolerance?: number;
  /**
   * Largest difference of integers; 0 by default. A quantized result may differ by one step: onnxruntime multiplies float
   * steps in another order, which rounds ties to the other side.
   */
  readonly steps?: number;
}

/** An initializer. */
export function known(constant: Constant): CaseInput {
  return { ...constant, known: true };
}

/** An initializer of int64, with one axis. */
export function knownIntegers(values: readonly number[]): CaseInput {
  return known(constantOf('int64', [values.length], values));
}

/** An initializer of float32, with one axis. */
export function knownFloats(values: readonly number[]): CaseInput {
  return known(constantOf('float32', [values.length], values));
}

export function float(value: number): { float: number } {
  return { float: value };
}

/** Text that tells a case from others of its operator. */
export function titleOf({ opType, opset, inputs, attributes = {} }: Case): string {
  const shapes = inputs.map((input) => (input ? `${input.type}[${input.dims.join()}]` : '-')).join(' ');
  const options = Object.entries(attributes).map(([name, value]) => {
    const plain = typeof value === 'object' && 'tensor' in value ? 'tensor' : value;
    return `${name}=${JSON.stringify(plain)}`;
  });
  return [`${opType}-${opset}`, shapes, ...options].filter(Boolean).join(' ');
}
