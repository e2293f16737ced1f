import { toFloat32 } from '../onnx/floats';
import type { Constant, DataType, ElementArray, ValueType } from '../onnx/value';
import { nativeTypes, type NativeType, type NativeArray, type NativeConstant } from './element-type';

/** The element type with which the engine holds tensors of a model's type; `undefined` where it has none. */
export function nativeTypeOf(type: DataType): NativeType | undefined {
  switch (type) {
    case 'float32':
    case 'float16':
    case 'bfloat16':
    case 'float64':
      return 'float32';
    case 'int64':
    case 'uint64':
    case 'uint32':
      return 'int64';
    case 'int16':
    case 'uint16':
    case 'int32':
      return 'int32';
    case 'int8':
    case 'uint8':
    case 'bool':
      return type;
    case 'string':
      return undefined;
  }
}

/** Elements in the type of the engine: floats as float32, integers widened; `onAllocated` is that of {@link toFloat32}. */
export function toNativeArray(
  type: DataType,
  data: ElementArray,
  onAllocated?: (memory: Uint8Array) => void,
): NativeArray {
  switch (type) {
    case 'float16':
    case 'bfloat16':
    case 'float64':
      return toFloat32({ type, data }, onAllocated);
    case 'uint64':
      return BigInt64Array.from(data as BigUint64Array);
    case 'uint32':
      return bigintsOf(data as Uint32Array);
    case 'int16':
    case 'uint16':
      return Int32Array.from(data as Int16Array);
    default:
      return data as NativeArray;
  }
}

/** A constant of floats, which may be of half precision, as float32. */
export function float32Of({ type, data }: Constant): Float32Array {
  return toNativeArray(type, data) as Float32Array;
}

/** A loop, since TypedArray.from with a function lists all elements on JavaScript's heap. */
function bigintsOf(data: Uint32Array): BigInt64Array {
  const bigints = new BigInt64Array(data.length);
  for (let i = 0; i < data.length; i++) bigints[i] = BigInt(data[i]!);
  return bigints;
}

interface Derived {
  readonly type: ValueType;
  readonly data: WeakRef<ElementArray>;
}

/**
 * The constants of a session, with the same numbers in all its programs, so that programs for different input shapes share
 * packed weights. A constant is identified by its element array.
 */
export class ConstantPool {
  private readonly numbers = new WeakMap<object, number>();
  private readonly derived = new Map<string, Derived>();
  private readonly derivedElements = new WeakSet<object>();
  private readonly collected = new FinalizationRegistry<string>((key) => {
    // The key may have a new constant.
    if (!this.derived.get(key)?.data.deref()) this.derived.delete(key);
  });
  private next = 0;

  /** The constant's number, the same for the same elements each time. */
  numberOf(constant: Constant): number {
    let number = this.numbers.get(constant.data);
    if (number === undefined) {
      number = this.next++;
      this.numbers.set(constant.data, number);
    }
    return number;
  }

  /** Whether the elements have a number. */
  knows({ data }: Constant): boolean {
    return this.numbers.has(data);
  }

  /** A constant computed from others: made once for each key, as long as its elements are referenced. */
  derive(key: string, make: () => Constant): Constant {
    const known = this.derived.get(key);
    const data = known?.data.deref();
    if (known && data) return { ...known.type, data };
    const constant = make();
    if (constant.type === 'string') return constant;
    const { type, dims } = constant;
    this.derived.set(key, { type: { type, dims }, data: new WeakRef(constant.data) });
    this.derivedElements.add(constant.data);
    this.collected.register(constant.data, key);
    return constant;
  }

  /** Elements of a program's constants that {@link derive} made; a reference to them must be kept with the program. */
  derivedAmong(constants: ReadonlyMap<number, { readonly data: object }>): object[] {
    return [...constants.values()].map(({ data }) => data).filter((data) => this.derivedElements.has(data));
  }
}

/** The constants of one program by number, as the engine holds them. */
export type NativeConstants = Map<number, NativeConstant>;

/** @param onAllocated that of {@link toFloat32} */
export function toNativeConstants(
  constants: ReadonlyMap<number, Constant>,
  onAllocated?: (memory: Uint8Array) => void,
): NativeConstants {
  const held: NativeConstants = new Map();
  for (const [number, constant] of constants) {
    const type = nativeTypeOf(constant.type);
    if (type === undefined) continue;
    held.set(number, {
      type: nativeTypes.indexOf(type),
      data: toNativeArray(constant.type, constant.data, onAllocated),
    });
  }
  return held;
}
