import { clearField, create, toBinary } from '@bufbuild/protobuf';
import {
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProtoSchema,
  type ModelProto,
  type TensorProto,
} from './onnx_pb';
import { allTensors } from './tensors';

/** Tensors start at multiples of a page, so that runtimes can map them into memory. */
const alignment = 4096;
/** Smaller tensors, such as the shapes that readers need early, stay in the model. */
const leastBytes = 1024;

/**
 * The bytes of a model with its large tensors in another file, and the parts of that file in order. The model itself is not
 * changed in the end.
 *
 * @param location the other file, relative to the model's folder
 * @see https://onnx.ai/onnx/repo-docs/ExternalData.html
 */
export function externalize(model: ModelProto, location: string): { bytes: Uint8Array; parts: Uint8Array[] } {
  const parts: Uint8Array[] = [];
  const moved: { tensor: TensorProto; rawData: TensorProto['rawData'] }[] = [];
  let offset = 0;
  try {
    for (const tensor of allTensors(model)) {
      const { rawData } = tensor;
      if (rawData.length < leastBytes) continue;
      moved.push({ tensor, rawData });
      clearField(tensor, TensorProtoSchema.field.rawData);
      tensor.dataLocation = DataLocation.EXTERNAL;
      tensor.externalData = Object.entries({ location, offset, length: rawData.length }).map(([key, value]) =>
        create(StringStringEntryProtoSchema, { key, value: String(value) }),
      );
      const padding = -rawData.length & (alignment - 1);
      parts.push(rawData, new Uint8Array(padding));
      offset += rawData.length + padding;
    }
    return { bytes: toBinary(ModelProtoSchema, model), parts };
  } finally {
    for (const { tensor, rawData } of moved) {
      tensor.rawData = rawData;
      tensor.externalData = [];
      clearField(tensor, TensorProtoSchema.field.dataLocation);
    }
  }
}
