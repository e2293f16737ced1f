import type { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import { datatypeOf, isDatatype } from '../protocol/datatypes';
import { bytesOfElements, elementsFromBytes } from '../protocol/elements-bytes';
import { elementsFromJson, elementsToJson } from '../protocol/elements-json';
import { parseJson } from '../protocol/exact-json';
import type { Json } from '../protocol/messages';
import { elementsOfTensor, tensorOf } from '../protocol/tensor';
import type { Received } from './connection';
import type { InferOptions, InferResult } from './options';

/** The body of a request of infer, and its headers. */
export interface InferBody {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** @throws GdwsError TYPE_MISMATCH for tensors of strings */
export function writeInferRequest(
  inputs: Readonly<Record<string, Tensor>>,
  { id, outputs, queueTimeout, priority }: InferOptions,
  isBinary: boolean,
): InferBody {
  const behind: Uint8Array[] = [];
  const written = Object.entries(inputs).map(([name, tensor]) => {
    const datatype = datatypeOf(tensor.type);
    if (datatype === 'BYTES')
      throw new GdwsError('TYPE_MISMATCH', `a tensor of ${tensor.type} cannot be sent.`, { tensor: name });
    const head = `"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${tensor.dims.join(',')}]`;
    const elements = elementsOfTensor(tensor);
    if (!isBinary) return `{${head},"data":${elementsToJson(datatype, elements)}}`;
    const bytes = bytesOfElements(elements);
    behind.push(bytes);
    return `{${head},"parameters":{"binary_data_size":${bytes.length}}}`;
  });
  const parameters = {
    ...(queueTimeout !== undefined && { timeout: Math.ceil(1000 * queueTimeout) }),
    ...(priority === 'high' && { priority: 1 }),
    ...(isBinary && { binary_data_output: true }),
  };
  const members = [
    ...(id === undefined ? [] : [`"id":${JSON.stringify(id)}`]),
    ...(Object.keys(parameters).length > 0 ? [`"parameters":${JSON.stringify(parameters)}`] : []),
    `"inputs":[${written.join(',')}]`,
    ...(outputs ? [`"outputs":${JSON.stringify(outputs.map((name) => ({ name })))}`] : []),
  ];
  const text = `{${members.join(',')}}`;
  // A server need not copy bytes of elements that lie at a multiple of their size.
  const json = isBinary ? padded(Buffer.from(text), 8) : Buffer.from(text);
  if (!isBinary) return { body: json, headers: { 'content-type': 'application/json' } };
  return {
    body: Buffer.concat([json, ...behind]),
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(json.length) },
  };
}

/** Spaces behind JSON are none of it. */
function padded(json: Buffer, multiple: number): Buffer {
  return Buffer.concat([json, Buffer.alloc(-json.length & (multiple - 1), ' ')]);
}

type Members = Readonly<Record<string, Json | undefined>>;

/** @throws GdwsError SERVER_REFUSED where it is no answer of the protocol */
export function readInferAnswer({ body, headers }: Received): InferResult {
  try {
    const length = Number(headers.get('inference-header-content-length') ?? body.length);
    const document = parseJson(body.subarray(0, length), true) as Members;
    let at = length;
    const outputs = (document.outputs as Members[]).map(({ name, datatype, shape, data, parameters }) => {
      if (typeof name !== 'string' || !isDatatype(datatype)) throw new TypeError('an output has no name or datatype');
      const dims = (shape as Json[]).map(Number);
      const size = (parameters as Members | undefined)?.binary_data_size;
      const elements =
        typeof size === 'number'
          ? elementsFromBytes(datatype, dims, body.subarray(at, (at += size)), name)
          : elementsFromJson(datatype, dims, data!, name);
      return [name, tensorOf(datatype, dims, elements)] as const;
    });
    const textOf = (value: Json | undefined) => (typeof value === 'string' ? value : undefined);
    return {
      model: textOf(document.model_name) ?? '',
      version: textOf(document.model_version),
      id: textOf(document.id),
      outputs: Object.fromEntries(outputs),
    };
  } catch (cause) {
    throw new GdwsError('SERVER_REFUSED', 'the answer of the server is none of the protocol.', { cause });
  }
}
