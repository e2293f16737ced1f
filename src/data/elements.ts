import { endianness } from 'node:os';
import { float16ToFloat32 } from '../onnx/float16';
import type { Constant, DataType, ElementArray } from '../graph/value';

/** Elements that are numbers. */
export type NumberArray = Exclude<ElementArray, readonly string[]>;
type NumberArrayConstructor = new (buffer: ArrayBuffer) => NumberArray;

/** The typed array that holds elements of each type, as {@link ElementArray} says. */
export const arrayOfType: Readonly<
  Record<Exclude<DataType, 'string'>, NumberArrayConstructor & { BYTES_PER_ELEMENT: number }>
> = {
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

/** Copies bytes of a file into elements of this machine's byte order. */
export function elementsFromBytes(
  bytes: Uint8Array,
  type: Exclude<DataType, 'string'>,
  order: 'little' | 'big',
): NumberArray {
  const copy = Buffer.from(Uint8Array.from(bytes).buffer);
  const size = arrayOfType[type].BYTES_PER_ELEMENT;
  if (order !== (endianness() === 'LE' ? 'little' : 'big')) {
    if (size === 2) copy.swap16();
    if (size === 4) copy.swap32();
    if (size === 8) copy.swap64();
  }
  return new arrayOfType[type](copy.buffer);
}

/** The elements as float32: float16 widened, integers and float64 rounded to the nearest. */
export function toFloat32({ type, data }: Constant): Float32Array {
  if (data instanceof Float32Array) return data;
  if (type === 'float16') return float16ToFloat32(data as Uint16Array);
  return Float32Array.from(data as Iterable<number | bigint>, Number);
}
