import type { InferenceSession } from 'onnxruntime-common';
import { datatypeOf } from '../protocol/datatypes';
import type { ModelMetadata, ServerMetadata, TensorMetadata } from '../protocol/messages';
import type { ServedModel } from './models/model-repository';

/** Extensions of the protocol that are served, by Triton's names; `classify` is gdws's own. */
const extensions = 'binary_tensor_data classify model_configuration model_repository schedule_policy statistics'.split(
  ' ',
);

export function serverMetadata(version: string): ServerMetadata {
  return { name: 'gdws', version, extensions };
}

/** A model as the protocol describes it. */
export function modelMetadata({ name, versions, batched }: ServedModel): ModelMetadata {
  return {
    name,
    versions,
    platform: 'gdws_onnx',
    inputs: batched.inputMetadata.map(tensorMetadata),
    outputs: batched.outputMetadata.map(tensorMetadata),
  };
}

function tensorMetadata(value: InferenceSession.ValueMetadata): TensorMetadata {
  if (!value.isTensor) return { name: value.name, datatype: 'BYTES', shape: [] };
  const shape = value.shape.map((dim) => (typeof dim === 'number' ? dim : -1));
  return { name: value.name, datatype: datatypeOf(value.type), shape };
}

/** A tensor as Triton's configuration has it: without the dimension of the batch. */
export interface ConfiguredTensor {
  readonly name: string;
  readonly data_type: string;
  readonly dims: readonly number[];
}

/** A model as Triton's configuration describes it. */
export interface ModelConfiguration {
  readonly name: string;
  readonly platform: string;
  readonly backend: string;
  /** 0 where requests are not gathered. */
  readonly max_batch_size: number;
  readonly input: readonly ConfiguredTensor[];
  readonly output: readonly ConfiguredTensor[];
}

export function modelConfiguration(served: ServedModel): ModelConfiguration {
  const { name, platform, inputs, outputs } = modelMetadata(served);
  const isBatched = served.batched.maxBatch > 1;
  const configured = ({ name, datatype, shape }: TensorMetadata): ConfiguredTensor => ({
    name,
    data_type: `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`,
    dims: isBatched ? shape.slice(1) : shape,
  });
  return {
    name,
    platform,
    backend: 'gdws',
    max_batch_size: isBatched ? served.batched.maxBatch : 0,
    input: inputs.map(configured),
    output: outputs.map(configured),
  };
}
