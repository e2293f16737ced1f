import type { Tensor } from 'onnxruntime-common';
import { elementsOf, makeTensor } from '../engine/feeds';
import type { DataType, NumberArray } from '../onnx/value';

/** Tensors by name; each has the same rows, along its leading dim. */
export type Rows = Readonly<Record<string, Tensor>>;

/** The rows of several, one after the other, in memory of their own. They have the same names, types, and dims beyond the leading one. */
export function joinRows(parts: readonly Rows[], names: readonly string[]): Rows {
  return named(names, (name) => {
    const { type, dims } = parts[0]![name]!;
    const elements = parts.map((part) => elementsOf(part[name]!) as NumberArray);
    const length = elements.reduce((sum, one) => sum + one.length, 0);
    // Of its own class, without the pool of a Buffer.
    const data = new (arrayClassOf(elements[0]!))(length);
    let at = 0;
    for (const one of elements) {
      (data as Float32Array).set(one as Float32Array, at);
      at += one.length;
    }
    const rows = parts.reduce((sum, part) => sum + part[name]!.dims[0]!, 0);
    return { type, dims: [rows, ...dims.slice(1)], data } as unknown as Tensor;
  });
}

/** Rows `begin` to before `end`, in memory of their own: whoever gets them may transfer it. */
export function sliceRows(tensors: Rows, names: readonly string[], begin: number, end: number): Rows {
  return named(names, (name) => {
    const tensor = tensors[name]!;
    const [rows, ...rest] = tensor.dims as [number, ...number[]];
    const data = elementsOf(tensor) as NumberArray;
    const length = rows === 0 ? 0 : data.length / rows;
    return makeTensor(tensor.type as DataType, data.slice(begin * length, end * length), [end - begin, ...rest]);
  });
}

/** Some of the tensors. */
export function pickRows(tensors: Rows, names: readonly string[]): Rows {
  return named(names, (name) => tensors[name]!);
}

/** Also where a name is `__proto__`. */
function named(names: readonly string[], tensorOf: (name: string) => Tensor): Rows {
  return Object.fromEntries(names.map((name) => [name, tensorOf(name)]));
}

function arrayClassOf(elements: NumberArray): new (length: number) => NumberArray {
  const { constructor } = elements;
  return (constructor === Buffer ? Uint8Array : constructor) as new (length: number) => NumberArray;
}
