import { elementCount, type ValueType } from '../../onnx/value';
import type { NativeArray } from '../../program/element-type';
import { RunValue } from './run-value';

// Values cut and put together along an axis.

/** Element `index` along an axis, which the result does not have. */
export function elementAt(value: RunValue, axis: number, index: number): RunValue {
  const { type, dims, native } = value;
  const outer = elementCount(dims.slice(0, axis));
  const inner = elementCount(dims.slice(axis + 1));
  const rest = dims.toSpliced(axis, 1);
  if (outer === 1) return new RunValue(type, rest, part(native, index * inner, inner), true);
  const elements = like(native, outer * inner);
  for (let o = 0; o < outer; o++) {
    elements.set(part(native, (o * dims[axis]! + index) * inner, inner) as never, o * inner);
  }
  return new RunValue(type, rest, elements);
}

/** Values of one type and shape along a new axis. */
export function stacked(values: readonly RunValue[], axis: number): RunValue {
  const [{ type, dims, native }] = values as [RunValue];
  const outer = elementCount(dims.slice(0, axis));
  const inner = elementCount(dims.slice(axis));
  const elements = like(native, values.length * outer * inner);
  values.forEach((value, i) => {
    for (let o = 0; o < outer; o++) {
      elements.set(part(value.native, o * inner, inner) as never, (o * values.length + i) * inner);
    }
  });
  return new RunValue(type, dims.toSpliced(axis, 0, values.length), elements);
}

/** No values of a type along a new axis. */
export function noneStacked({ type, dims }: ValueType, axis: number): RunValue {
  return RunValue.ofBytes({ type, dims: dims.toSpliced(axis, 0, 0) }, new ArrayBuffer(0));
}

function part(elements: NativeArray, from: number, count: number): NativeArray {
  return elements.subarray(from, from + count);
}

function like(elements: NativeArray, count: number): NativeArray {
  return new (elements.constructor as new (count: number) => NativeArray)(count);
}
