import { makeValueInfo } from '../../src/onnx/make';
import type { ValueInfoProto } from '../../src/onnx/onnx_pb';
import type { DataType } from '../../src/onnx/value';

/** What a model declares of a tensor whose element type, or shape, it leaves open where they are not given. */
export function openValueInfo(
  name: string,
  { type, dims }: { type?: DataType; dims?: readonly (number | string)[] } = {},
): ValueInfoProto {
  const info = makeValueInfo(name, type ?? 'float32', dims ?? []);
  if (info.type?.value.case !== 'tensorType') throw new Error('it declares a tensor');
  const tensor = info.type.value.value;
  if (type === undefined) tensor.elemType = 0;
  if (dims === undefined) tensor.shape = undefined;
  return info;
}
