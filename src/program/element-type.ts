/** Element types of the engine; their place in this list is their number in a program (`DataType`). */
export const nativeTypes = ['float32', 'int64', 'int32', 'uint8', 'bool', 'int8'] as const;
export type NativeType = (typeof nativeTypes)[number];

/** Elements of a tensor in the engine; bool as 0 or 1 in a Uint8Array. */
export type NativeArray = Float32Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;

/** The typed array that holds elements of each type. */
export const nativeArrayOf = {
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int8: Int8Array,
} as const;

export interface NativeConstant {
  /** Index in `nativeTypes`. */
  readonly type: number;
  readonly data: NativeArray;
}
