import { GdwsError } from '../base/errors';
import { fromFloat32, isFloat, toFloat32 } from '../onnx/floats';
import {
  arrayOfType,
  elementCount,
  type Constant,
  type DataType,
  type ElementArray,
  type NumberArray,
} from '../onnx/value';

export { isFloat };

/** Whether elements of this type are bigints in JavaScript. */
export function isBigInteger(type: DataType): boolean {
  return type === 'int64' || type === 'uint64';
}

/** Whether the elements are integers of any width; bool is none. */
export function isInteger(type: DataType): boolean {
  return !isFloat(type) && type !== 'bool' && type !== 'string';
}

/** A new array of zeros (or empty strings) of a type. */
export function newElements(type: DataType, count: number): NumberArray | string[] {
  return type === 'string' ? new Array<string>(count).fill('') : new arrayOfType[type](count);
}

/** Elements as numbers: half-precision floats decoded, 64-bit integers rounded beyond 2^53. Not for strings. */
export function numbersOf({ type, data }: Constant): ArrayLike<number> {
  switch (type) {
    case 'float16':
    case 'bfloat16':
      return toFloat32({ type, data });
    case 'int64':
    case 'uint64':
      return toFloat64(data as BigInt64Array | BigUint64Array);
    case 'string':
      throw new GdwsError('TYPE_MISMATCH', 'the operator takes numbers, and meets a tensor of strings.');
    default:
      return data as ArrayLike<number>;
  }
}

/** Elements as bigints; for integers and bool. */
export function bigintsOf({ type, data }: Constant): ArrayLike<bigint> {
  return isBigInteger(type) ? (data as BigInt64Array) : toBigInt64(data as Int32Array);
}

// Loops, since Array.from and TypedArray.from allocate every element on JavaScript's heap.

function toFloat64(data: BigInt64Array | BigUint64Array): Float64Array {
  const numbers = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) numbers[i] = Number(data[i]);
  return numbers;
}

function toFloats(values: ArrayLike<number | bigint>): Float32Array {
  const floats = new Float32Array(values.length);
  for (let i = 0; i < floats.length; i++) floats[i] = Number(values[i]);
  return floats;
}

function toBigInt64(data: Int32Array): BigInt64Array {
  const integers = new BigInt64Array(data.length);
  for (let i = 0; i < data.length; i++) integers[i] = BigInt(data[i]!);
  return integers;
}

/** A constant of `type` from numbers or bigints: rounded to narrow floats, truncated and wrapped to integers. */
export function constantOf(type: DataType, dims: readonly number[], values: ArrayLike<number | bigint>): Constant {
  return { type, dims, data: encode(type, values) };
}

function encode(type: DataType, values: ArrayLike<number | bigint>): ElementArray {
  const count = values.length;
  if (type === 'float16' || type === 'bfloat16') {
    const floats = values instanceof Float32Array ? values : toFloats(values);
    return fromFloat32(type, [count], floats).data;
  }
  if (type === 'float32' && values instanceof Float32Array) return values;
  const elements = newElements(type, count);
  if (isBigInteger(type)) {
    for (let i = 0; i < count; i++) elements[i] = toBigInt(values[i]!);
  } else if (type === 'bool') {
    for (let i = 0; i < count; i++) elements[i] = values[i] ? 1 : 0;
  } else if (type === 'float32' || type === 'float64') {
    for (let i = 0; i < count; i++) elements[i] = Number(values[i]);
  } else {
    // A typed array wraps modulo its width, but only exact below 2^53: larger integers are wrapped as bigints first.
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      elements[i] = typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value;
    }
  }
  return elements;
}

/** An integer modulo 2^64: larger ones would need unlimited memory and time. */
export function wrapped(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

function toBigInt(value: number | bigint): bigint {
  if (typeof value === 'bigint') return value;
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}

/** A constant with the same elements under other dims. */
export function reshaped(constant: Constant, dims: readonly number[]): Constant {
  return { type: constant.type, dims, data: constant.data };
}

/** A float32 constant with one value everywhere. */
export function filled(dims: readonly number[], value: number): Constant {
  return { type: 'float32', dims, data: new Float32Array(elementCount(dims)).fill(value) };
}
