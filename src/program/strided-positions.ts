import { elementCount } from '../onnx/value';

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
