import type { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import { suggestName } from '../base/options';
import type { Priority } from '../batching/batched-model';
import type { ServedModel } from './models/model-repository';

/** A request as both protocols make it. */
export interface InferRequest {
  readonly id: string | undefined;
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Names of the outputs wanted; all where undefined. */
  readonly fetches: readonly string[] | undefined;
  /** Milliseconds until its run must have begun. */
  readonly timeout: number | undefined;
  readonly priority: Priority;
  /** The header of W3C's trace context. */
  readonly traceparent: string | undefined;
}

/** A tensor's parameter or a request's, as far as gdws reads them. */
export type ParameterValue = string | number | bigint | boolean;

/** Parameters that would change the answer, and that gdws does not know. */
const refused: Readonly<Record<string, string>> = {
  classification: 'Take the endpoint classify, or choose the classes from the output.',
  shared_memory_region: 'Send the tensor in the request.',
  sequence_id: 'Models have no state between requests.',
};

/** @throws GdwsError ARGUMENT_INVALID for parameters that cannot be followed */
export function checkParameters(parameters: ReadonlyMap<string, ParameterValue>): void {
  for (const [name, remedy] of Object.entries(refused)) {
    if (parameters.has(name))
      throw new GdwsError('ARGUMENT_INVALID', `the parameter '${name}' is not supported.`, { remedy });
  }
}

/**
 * What `timeout` (microseconds, as Triton has it; 0 is none) and `priority` (1 is high, every other is normal) say.
 *
 * @throws GdwsError ARGUMENT_INVALID
 */
export function schedulingOf(
  parameters: ReadonlyMap<string, ParameterValue>,
): Pick<InferRequest, 'timeout' | 'priority'> {
  const [timeout, priority] = ['timeout', 'priority'].map((name) => {
    const value = parameters.get(name);
    const count = typeof value === 'boolean' || value === undefined ? value : Number(value);
    if (count === undefined || (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0)) return count;
    throw new GdwsError('ARGUMENT_INVALID', `the parameter '${name}' is no integer from 0 on.`, {
      remedy: 'timeout is in microseconds; a priority of 1 is high.',
    });
  });
  return { timeout: timeout ? timeout / 1000 : undefined, priority: priority === 1 ? 'high' : 'normal' };
}

/** @throws GdwsError INPUT_UNKNOWN, OUTPUT_UNKNOWN, INPUT_MISSING */
export function checkNames(served: ServedModel, inputs: readonly string[], outputs: readonly string[] = []): void {
  const { inputMetadata, outputMetadata } = served.batched;
  const [takes, gives] = [inputMetadata, outputMetadata].map((values) => values.map(({ name }) => name)) as [
    string[],
    string[],
  ];
  for (const [at, name] of inputs.entries()) {
    if (!takes.includes(name)) {
      throw new GdwsError('INPUT_UNKNOWN', 'the model has no such input.', {
        tensor: name,
        remedy: suggestName(name, takes, 'Inputs'),
      });
    }
    if (inputs.indexOf(name) !== at)
      throw new GdwsError('ARGUMENT_INVALID', 'the input is given twice.', { tensor: name });
  }
  for (const name of takes) {
    if (!inputs.includes(name)) {
      throw new GdwsError('INPUT_MISSING', 'the request has no tensor for this input.', { tensor: name });
    }
  }
  for (const [at, name] of outputs.entries()) {
    if (!gives.includes(name)) {
      throw new GdwsError('OUTPUT_UNKNOWN', 'the model has no such output.', {
        tensor: name,
        remedy: suggestName(name, gives, 'Outputs'),
      });
    }
    if (outputs.indexOf(name) !== at)
      throw new GdwsError('ARGUMENT_INVALID', 'the output is asked for twice.', { tensor: name });
  }
}

/** @throws GdwsError ARGUMENT_INVALID */
export function checkShape(shape: readonly number[], name: string): void {
  if (shape.length <= mostAxes && shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) return;
  throw new GdwsError('ARGUMENT_INVALID', 'the shape is no list of integers from 0 on.', {
    tensor: name,
    remedy: `Give a number for each axis; there are ${mostAxes} at most.`,
  });
}

const mostAxes = 32;

/** The error for a datatype that gdws has no tensors of. */
export function unknownDatatype(datatype: unknown, name: string): GdwsError {
  const isText = datatype === 'BYTES';
  return new GdwsError('TYPE_MISMATCH', isText ? 'the engine has no tensors of BYTES.' : 'there is no such datatype.', {
    tensor: name,
    remedy: 'Datatypes are BOOL, UINT8 to UINT64, INT8 to INT64, FP16, FP32, FP64 and BF16.',
  });
}
