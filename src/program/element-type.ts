/** Element types that the engine computes with; their place in this list is their number in a program (`DataType`). */
export const nativeTypes = ['float32', 'int64', 'int32', 'uint8', 'bool'] as const;
export type NativeType = (typeof nativeTypes)[number];
