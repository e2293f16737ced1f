import type { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../../base/errors';
import { datatypeOf } from '../../protocol/datatypes';
import { bytesOfElements } from '../../protocol/elements-bytes';
import { elementsToJson } from '../../protocol/elements-json';
import { elementsOfTensor } from '../../protocol/tensor';
import type { ServedModel } from '../models/model-repository';
import type { HttpInferRequest } from './infer-json';

/** The body of an answer. */
export interface HttpAnswer {
  readonly body: Buffer;
  /** Bytes of its JSON, where the bytes of outputs follow. */
  readonly headerLength: number | undefined;
}

/** Writes an answer of infer: JSON, and behind it the bytes of the outputs that are wanted so. */
export function writeInferAnswer(
  served: ServedModel,
  { id, fetches, isBinary }: HttpInferRequest,
  results: Readonly<Record<string, Tensor>>,
): HttpAnswer {
  const names = fetches ?? served.batched.outputMetadata.map(({ name }) => name);
  const behind: Uint8Array[] = [];
  const outputs = names.map((name) => {
    const tensor = results[name]!;
    const datatype = datatypeOf(tensor.type);
    if (datatype === 'BYTES') throw new GdwsError('TYPE_MISMATCH', 'strings cannot be answered.', { tensor: name });
    const head = `"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${tensor.dims.join(',')}]`;
    const elements = elementsOfTensor(tensor);
    if (!isBinary(name)) return `{${head},"data":${elementsToJson(datatype, elements)}}`;
    const bytes = bytesOfElements(elements);
    behind.push(bytes);
    return `{${head},"parameters":{"binary_data_size":${bytes.length}}}`;
  });
  const members = [
    `"model_name":${JSON.stringify(served.name)}`,
    `"model_version":${JSON.stringify(served.version)}`,
    ...(id === undefined ? [] : [`"id":${JSON.stringify(id)}`]),
    `"outputs":[${outputs.join(',')}]`,
  ];
  const json = Buffer.from(`{${members.join(',')}}`);
  return { body: Buffer.concat([json, ...behind]), headerLength: behind.length > 0 ? json.length : undefined };
}
