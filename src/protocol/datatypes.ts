import type { NumberArray } from '../onnx/value';

/** A datatype of the Open Inference Protocol that gdws has; BYTES, which are strings, it has not. */
export type Datatype = keyof typeof datatypes;

/** What tensors of a datatype are made of. */
export interface DatatypeInfo {
  /** As onnxruntime-common's tensors name it. */
  readonly type: string;
  /** Bytes of an element. */
  readonly bytes: number;
  /** The typed array of the elements in memory of their own; those of halves are their bits. */
  readonly array: new (buffer: ArrayBuffer) => NumberArray;
}

/** Every datatype, by the name that the protocol has for it. */
export const datatypes = {
  BOOL: { type: 'bool', bytes: 1, array: Uint8Array },
  UINT8: { type: 'uint8', bytes: 1, array: Uint8Array },
  UINT16: { type: 'uint16', bytes: 2, array: Uint16Array },
  UINT32: { type: 'uint32', bytes: 4, array: Uint32Array },
  UINT64: { type: 'uint64', bytes: 8, array: BigUint64Array },
  INT8: { type: 'int8', bytes: 1, array: Int8Array },
  INT16: { type: 'int16', bytes: 2, array: Int16Array },
  INT32: { type: 'int32', bytes: 4, array: Int32Array },
  INT64: { type: 'int64', bytes: 8, array: BigInt64Array },
  FP16: { type: 'float16', bytes: 2, array: Uint16Array },
  FP32: { type: 'float32', bytes: 4, array: Float32Array },
  FP64: { type: 'float64', bytes: 8, array: Float64Array },
  BF16: { type: 'bfloat16', bytes: 2, array: Uint16Array },
} as const satisfies Readonly<Record<string, DatatypeInfo>>;

const byType = new Map<string, Datatype>(Object.entries(datatypes).map(([name, { type }]) => [type, name as Datatype]));

/** Whether gdws has a datatype. */
export function isDatatype(name: unknown): name is Datatype {
  return typeof name === 'string' && Object.hasOwn(datatypes, name);
}

/** The protocol's name of a tensor's type; BYTES for strings. */
export function datatypeOf(type: string): Datatype | 'BYTES' {
  return byType.get(type) ?? 'BYTES';
}
