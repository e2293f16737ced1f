/** Element types, named as onnxruntime-common's `Tensor.Type` names them, and those only files use. */
export type DataType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool'
  | 'string';

/** Elements in row-major order; float16 and bfloat16 as their bits in a Uint16Array, bool as 0 or 1 in a Uint8Array. */
export type ElementArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly string[];

/** Elements that are numbers. */
export type NumberArray = Exclude<ElementArray, readonly string[]>;

/** A typed array's class. */
export interface NumberArrayConstructor {
  new (length: number): NumberArray;
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): NumberArray;
  from(values: ArrayLike<number> & Iterable<number>): NumberArray;
  readonly BYTES_PER_ELEMENT: number;
}

/** The typed array that holds elements of each type, as {@link ElementArray} says. */
export const arrayOfType: Readonly<Record<Exclude<DataType, 'string'>, NumberArrayConstructor>> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** Element type and shape of a tensor; a scalar has no dims. */
export interface ValueType {
  readonly type: DataType;
  readonly dims: readonly number[];
}

/** A tensor whose elements are known. */
export interface Constant extends ValueType {
  readonly data: ElementArray;
}

/** A tensor as inference knows it: always type and shape, sometimes the elements. */
export interface KnownValue extends ValueType {
  readonly constant?: Constant;
}

/** Whether two tensors have the same shape. */
export function sameDims(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** Number of elements of a shape. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
