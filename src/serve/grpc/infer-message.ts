import { create } from '@bufbuild/protobuf';
import type { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../../base/errors';
import type { NumberArray } from '../../onnx/value';
import { datatypeOf, datatypes, isDatatype, type Datatype } from '../../protocol/datatypes';
import { bytesOfElements, elementsFromBytes } from '../../protocol/elements-bytes';
import { elementsOfTensor, tensorOf } from '../../protocol/tensor';
import {
  checkNames,
  checkParameters,
  checkShape,
  schedulingOf,
  unknownDatatype,
  type InferRequest,
  type ParameterValue,
} from '../infer-request';
import type { ServedModel } from '../models/model-repository';
import {
  ModelInferResponse_InferOutputTensorSchema,
  ModelInferResponseSchema,
  type InferParameter,
  type InferTensorContents,
  type ModelInferRequest,
  type ModelInferResponse,
} from './inference_pb';

/**
 * Reads a request of ModelInfer.
 *
 * @throws GdwsError ARGUMENT_INVALID, SHAPE_MISMATCH, TYPE_MISMATCH, INPUT_MISSING, INPUT_UNKNOWN, OUTPUT_UNKNOWN
 */
export function readInferMessage(
  served: ServedModel,
  { id, inputs, outputs, parameters, rawInputContents }: ModelInferRequest,
  traceparent: string | undefined,
): InferRequest {
  const names = inputs.map(({ name }) => name);
  const fetches = outputs.map(({ name }) => name);
  checkNames(served, names, fetches);
  for (const one of [...inputs, ...outputs]) checkParameters(valuesOf(one.parameters));
  const values = valuesOf(parameters);
  checkParameters(values);
  const isRaw = rawInputContents.length > 0;
  if (isRaw && rawInputContents.length !== inputs.length) {
    throw new GdwsError(
      'ARGUMENT_INVALID',
      `there are ${rawInputContents.length} raw_input_contents, and ${inputs.length} inputs.`,
      { remedy: 'Give one for each, in their order.' },
    );
  }
  const feeds = inputs.map(({ name, datatype, shape: given, contents }, at) => {
    if (!isDatatype(datatype)) throw unknownDatatype(datatype, name);
    const shape = given.map(Number);
    checkShape(shape, name);
    if (isRaw && contents !== undefined) {
      throw new GdwsError('ARGUMENT_INVALID', 'the input has contents, and raw_input_contents too.', { tensor: name });
    }
    const elements = isRaw
      ? elementsFromBytes(datatype, shape, rawInputContents[at]!, name, true)
      : elementsOfContents(datatype, shape, contents, name);
    return [name, tensorOf(datatype, shape, elements)] as const;
  });
  return {
    id,
    feeds: Object.fromEntries(feeds),
    fetches: fetches.length > 0 ? fetches : undefined,
    ...schedulingOf(values),
    traceparent,
  };
}

/** Which of the contents has the elements of a datatype; halves have none. */
const fields: Readonly<Partial<Record<Datatype, Exclude<keyof InferTensorContents, `$${string}`>>>> = {
  BOOL: 'boolContents',
  INT8: 'intContents',
  INT16: 'intContents',
  INT32: 'intContents',
  INT64: 'int64Contents',
  UINT8: 'uintContents',
  UINT16: 'uintContents',
  UINT32: 'uintContents',
  UINT64: 'uint64Contents',
  FP32: 'fp32Contents',
  FP64: 'fp64Contents',
};

function elementsOfContents(
  datatype: Datatype,
  shape: readonly number[],
  contents: InferTensorContents | undefined,
  name: string,
): NumberArray {
  const field = fields[datatype];
  if (field === undefined) {
    throw new GdwsError('ARGUMENT_INVALID', `there are no contents of ${datatype}.`, {
      tensor: name,
      remedy: 'Give its bytes, as raw_input_contents.',
    });
  }
  const given = (contents?.[field] ?? []) as readonly (number | bigint | boolean)[];
  const count = shape.reduce((product, dim) => product * dim, 1);
  const others = Object.values(fields).some((other) => other !== field && (contents?.[other].length ?? 0) > 0);
  if (given.length !== count || others) {
    throw new GdwsError('SHAPE_MISMATCH', `${given.length} elements of ${datatype} are given, and ${count} needed.`, {
      tensor: name,
      shape,
      remedy: others ? 'Give no contents of other datatypes.' : undefined,
    });
  }
  const { array, bytes } = datatypes[datatype];
  const elements: { [at: number]: number | bigint } = new array(new ArrayBuffer(count * bytes));
  for (let at = 0; at < count; at++) {
    const element = given[at]!;
    elements[at] = typeof element === 'boolean' ? Number(element) : element;
    // Small integers come as those of 32 bits.
    if (datatype !== 'BOOL' && bytes < 4 && elements[at] !== element) {
      throw new GdwsError('ARGUMENT_INVALID', `element ${at} is no ${datatype}.`, { tensor: name });
    }
  }
  return elements as NumberArray;
}

function valuesOf(parameters: Readonly<Record<string, InferParameter>>): Map<string, ParameterValue> {
  return new Map(
    Object.entries(parameters).flatMap(
      ([
        name,
        {
          parameterChoice: { value },
        },
      ]) => (value === undefined ? [] : [[name, value]]),
    ),
  );
}

/** Writes an answer of ModelInfer, with raw contents. */
export function writeInferMessage(
  served: ServedModel,
  { id, fetches }: InferRequest,
  results: Readonly<Record<string, Tensor>>,
): ModelInferResponse {
  const names = fetches ?? served.batched.outputMetadata.map(({ name }) => name);
  const tensors = names.map((name) => results[name]!);
  return create(ModelInferResponseSchema, {
    modelName: served.name,
    modelVersion: served.version,
    id,
    outputs: tensors.map(({ type, dims }, at) => {
      const datatype = datatypeOf(type);
      if (datatype === 'BYTES')
        throw new GdwsError('TYPE_MISMATCH', 'strings cannot be answered.', { tensor: names[at] });
      return create(ModelInferResponse_InferOutputTensorSchema, { name: names[at], datatype, shape: dims.map(BigInt) });
    }),
    rawOutputContents: tensors.map((tensor) => bytesOfElements(elementsOfTensor(tensor))),
  });
}
