import { elementCount, type Constant } from '../onnx/value';
import { newElements } from './elements';

/** Row-major strides of a dense tensor, in elements. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length);
  let stride = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= dims[axis]!;
  }
  return strides;
}

/** Source position of each element of a tensor of `dims` that is read with `strides` from `offset`. */
export function stridedPositions(dims: readonly number[], strides: readonly number[], offset = 0): Int32Array {
  const positions = new Int32Array(elementCount(dims));
  if (positions.length === 0) return positions;
  positions[0] = offset;
  let known = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    for (let i = 1; i < dims[axis]!; i++) {
      const shift = i * strides[axis]!;
      for (let j = 0; j < known; j++) positions[i * known + j] = positions[j]! + shift;
    }
    known *= dims[axis]!;
  }
  return positions;
}

/** A constant of `dims` whose i-th element is element `positions[i]` of `source`. */
export function pick(source: Constant, dims: readonly number[], positions: ArrayLike<number>): Constant {
  const data = newElements(source.type, positions.length);
  for (let i = 0; i < positions.length; i++) data[i] = source.data[positions[i]!]!;
  return { type: source.type, dims, data };
}

/** How a tensor of `dims` is read with every element repeated along the axes where `target` is longer. */
export function broadcastStrides(dims: readonly number[], target: readonly number[]): number[] {
  const strides = stridesOf(dims);
  const missing = target.length - dims.length;
  return target.map((_, axis) => (axis < missing || dims[axis - missing] === 1 ? 0 : strides[axis - missing]!));
}
