import { Tensor } from 'onnxruntime-common';
import type { NumberArray } from '../onnx/value';
import { datatypes, type Datatype } from './datatypes';

/** A tensor of elements as {@link datatypes} has them. */
export function tensorOf(datatype: Datatype, shape: readonly number[], elements: NumberArray): Tensor {
  const { type } = datatypes[datatype];
  if (type !== 'bfloat16') return new Tensor(type as 'float32', elements as Float32Array, shape);
  // onnxruntime-common's class knows no bfloat16: its bits, under the type's own name.
  return Object.defineProperty(new Tensor('uint16', elements as Uint16Array, shape), 'type', { value: type });
}

/** The elements of a tensor as {@link datatypes} has them. */
export function elementsOfTensor({ type, data }: Tensor): NumberArray {
  if (type !== 'float16') return data as NumberArray;
  // In newer versions of Node, onnxruntime-common uses Float16Array, whose elements are numbers, not bits.
  const { buffer, byteOffset, length } = data as Uint16Array;
  return new Uint16Array(buffer, byteOffset, length);
}
