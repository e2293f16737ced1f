import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './float16';
import type { Constant, DataType } from './value';

/** Whether elements of this type are floating-point numbers. */
export function isFloat(type: DataType): boolean {
  return type === 'float32' || type === 'float64' || type === 'float16' || type === 'bfloat16';
}

/**
 * The elements of a tensor of numbers, in single precision: rounded to the nearest.
 *
 * @param onAllocated gets the memory that half precision is widened to, before it is written
 */
export function toFloat32(
  { type, data }: Pick<Constant, 'type' | 'data'>,
  onAllocated?: (memory: Uint8Array) => void,
): Float32Array {
  if (type === 'float16' || type === 'bfloat16') {
    const values = new Float32Array(data.length);
    onAllocated?.(new Uint8Array(values.buffer));
    return (type === 'float16' ? float16ToFloat32 : bfloat16ToFloat32)(data as Uint16Array, values);
  }
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    // A loop, since TypedArray.from with a function lists all elements on JavaScript's heap.
    const floats = new Float32Array(data.length);
    for (let i = 0; i < data.length; i++) floats[i] = Number(data[i]);
    return floats;
  }
  return Float32Array.from(data as Float64Array);
}

/** A tensor of a floating-point type with these elements, rounded to it. */
export function fromFloat32(type: DataType, dims: readonly number[], data: Float32Array): Constant {
  if (type === 'float16') return { type, dims, data: float32ToFloat16(data) };
  if (type === 'bfloat16') return { type, dims, data: float32ToBfloat16(data) };
  return { type, dims, data: type === 'float64' ? Float64Array.from(data) : data };
}

/** The numbers rounded to a floating-point type. */
export function roundedTo(type: DataType, values: Float32Array): Float32Array {
  return type === 'float32' ? values : toFloat32(fromFloat32(type, [values.length], values));
}
