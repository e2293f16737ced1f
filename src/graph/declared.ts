import type { GraphProto, ValueInfoProto } from '../onnx/onnx_pb';
import { dataTypeOf } from '../onnx/tensor';
import type { DataType } from '../onnx/value';

/** Declaration of a tensor: a free dim is a name, or undefined. */
export interface DeclaredValue {
  readonly type: DataType | undefined;
  /** `undefined` where not even the rank is declared. */
  readonly dims: readonly (number | string | undefined)[] | undefined;
}

/** The declarations of a graph's inputs, outputs and tensors between, by name. Sequences, maps and the like have none. */
export function declaredValues({ input, output, valueInfo }: GraphProto): Map<string, DeclaredValue> {
  const values = new Map<string, DeclaredValue>();
  for (const info of [...valueInfo, ...output, ...input]) {
    const declared = declaredOf(info);
    if (declared) values.set(info.name, declared);
  }
  return values;
}

/** The declaration of a tensor; `undefined` for sequences, maps and the like, and without a type. */
export function declaredOf({ type }: ValueInfoProto): DeclaredValue | undefined {
  if (type?.value.case !== 'tensorType') return undefined;
  const { elemType, shape } = type.value.value;
  return {
    type: dataTypeOf(elemType),
    dims: shape?.dim.map(({ value }) => {
      if (value.case === 'dimParam') return value.value || undefined;
      // Exporters write a free dim as -1 too.
      return value.case === 'dimValue' && value.value >= 0n ? Number(value.value) : undefined;
    }),
  };
}
