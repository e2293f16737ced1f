import { GdwsError } from '../../base/errors';
import { isDatatype } from '../../protocol/datatypes';
import { elementsFromBytes } from '../../protocol/elements-bytes';
import { elementsFromJson } from '../../protocol/elements-json';
import { parseJson } from '../../protocol/exact-json';
import type { Json } from '../../protocol/messages';
import { tensorOf } from '../../protocol/tensor';
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

/** A request over HTTP: what every protocol has, and how each output is written. */
export interface HttpInferRequest extends InferRequest {
  /** Whether an output is written as bytes behind the JSON. */
  readonly isBinary: (output: string) => boolean;
}

type Members = { readonly [name: string]: Json };

/**
 * Reads a request of infer: JSON, and behind it the bytes of tensors that have `binary_data_size`.
 *
 * @param headerLength bytes of the JSON (`Inference-Header-Content-Length`); all where undefined
 * @throws GdwsError ARGUMENT_INVALID, SHAPE_MISMATCH, TYPE_MISMATCH, INPUT_MISSING, INPUT_UNKNOWN, OUTPUT_UNKNOWN
 */
export function readInferRequest(
  served: ServedModel,
  body: Uint8Array,
  headerLength: number | undefined,
  traceparent: string | undefined,
): HttpInferRequest {
  const json = body.subarray(0, headerLength ?? body.length);
  const hasBigIntegers = served.batched.inputMetadata.some(
    (input) => input.isTensor && (input.type === 'int64' || input.type === 'uint64'),
  );
  const document = membersOf(parseJson(json, hasBigIntegers), 'the body');
  const parameters = parametersOf(document.parameters);
  const inputs = listOf(document.inputs, 'inputs').map((one) => membersOf(one, 'an input'));
  const outputs = document.outputs === undefined ? [] : listOf(document.outputs, 'outputs');
  const wanted = outputs.map((one) => {
    const { name, parameters: own } = membersOf(one, 'an output');
    const values = parametersOf(own);
    checkParameters(values);
    return { name: nameOf(name), isBinary: flagOf(values, 'binary_data') };
  });
  const { id } = document;
  if (id !== undefined && typeof id !== 'string') throw invalid('the id is no string.');
  const names = inputs.map(({ name }) => nameOf(name));
  checkNames(
    served,
    names,
    wanted.map(({ name }) => name),
  );
  checkParameters(parameters);

  let at = json.length;
  const feeds = inputs.map(({ datatype, shape: given, data, parameters: own }, index) => {
    const name = names[index]!;
    if (!isDatatype(datatype)) throw unknownDatatype(datatype, name);
    const shape = Array.isArray(given) ? given.map((dim) => (typeof dim === 'number' ? dim : NaN)) : [NaN];
    checkShape(shape, name);
    const values = parametersOf(own);
    checkParameters(values);
    const size = values.get('binary_data_size');
    if (size === undefined) {
      if (data === undefined) throw invalid('the input has no data.', name);
      return [name, tensorOf(datatype, shape, elementsFromJson(datatype, shape, data, name))] as const;
    }
    if (data !== undefined) throw invalid('the input has data, and binary_data_size too.', name);
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || size > body.length - at) {
      throw invalid('binary_data_size is no number of bytes that follow the JSON.', name);
    }
    const bytes = body.subarray(at, (at += size));
    return [name, tensorOf(datatype, shape, elementsFromBytes(datatype, shape, bytes, name, true))] as const;
  });
  if (at !== body.length) throw invalid(`the body has ${body.length - at} bytes that belong to no input.`);

  const isBinaryByDefault = flagOf(parameters, 'binary_data_output') ?? false;
  const own = new Map(wanted.map(({ name, isBinary }) => [name, isBinary]));
  return {
    id,
    feeds: Object.fromEntries(feeds),
    fetches: wanted.length > 0 ? wanted.map(({ name }) => name) : undefined,
    ...schedulingOf(parameters),
    traceparent,
    isBinary: (output) => own.get(output) ?? isBinaryByDefault,
  };
}

function membersOf(value: Json | undefined, what: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`${what} is no object.`);
  return value;
}

function listOf(value: Json | undefined, what: string): readonly Json[] {
  if (!Array.isArray(value)) throw invalid(`${what} is no list.`);
  return value;
}

function nameOf(value: Json | undefined): string {
  if (typeof value !== 'string') throw invalid('a tensor has no name.');
  return value;
}

/** @throws GdwsError ARGUMENT_INVALID */
export function parametersOf(value: Json | undefined): Map<string, ParameterValue> {
  const entries = Object.entries(value === undefined ? {} : membersOf(value, 'parameters'));
  return new Map(
    entries.map(([name, one]) => {
      if (typeof one !== 'object') return [name, one];
      throw invalid('a parameter is no number, string or boolean.');
    }),
  );
}

function flagOf(parameters: ReadonlyMap<string, ParameterValue>, name: string): boolean | undefined {
  const value = parameters.get(name);
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalid(`the parameter '${name}' is no boolean.`);
}

function invalid(summary: string, tensor?: string): GdwsError {
  return new GdwsError('ARGUMENT_INVALID', summary, { tensor });
}
