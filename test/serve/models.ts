import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { DataType } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';

/** Types of elements that both protocols have messages of. */
export const numberTypes = [
  ...(['bool', 'uint8', 'uint16', 'uint32', 'uint64', 'int8', 'int16', 'int32', 'int64'] as const),
  ...(['float32', 'float64'] as const),
] as const;

/** A model whose output `y_<type>` is its input `x_<type>`, for each type. */
export function identities(types: readonly DataType[], dims: readonly (number | string)[] = ['n', 'm']): Uint8Array {
  return encodeModel(
    makeModel({
      nodes: types.map((type) => makeNode({ opType: 'Identity', input: [`x_${type}`], output: [`y_${type}`] })),
      inputs: types.map((type) => makeValueInfo(`x_${type}`, type, dims)),
      outputs: types.map((type) => makeValueInfo(`y_${type}`, type, dims)),
      initializers: {},
    }),
  );
}
