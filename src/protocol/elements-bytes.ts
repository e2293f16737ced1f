import { GdwsError } from '../base/errors';
import type { NumberArray } from '../onnx/value';
import { datatypes, type Datatype } from './datatypes';

/**
 * The elements of a tensor from their bytes, row-major and little-endian, in memory of their own.
 *
 * @throws GdwsError SHAPE_MISMATCH where there are not as many bytes as the shape says; ARGUMENT_INVALID
 */
export function elementsFromBytes(
  datatype: Datatype,
  shape: readonly number[],
  bytes: Uint8Array,
  name: string,
): NumberArray {
  const { array, bytes: size } = datatypes[datatype];
  const wanted = shape.reduce((product, dim) => product * dim, size);
  if (bytes.length !== wanted) {
    throw new GdwsError('SHAPE_MISMATCH', `${bytes.length} bytes of ${datatype} are given, and ${wanted} needed.`, {
      tensor: name,
      shape,
    });
  }
  // A copy: bytes of a request lie at any address, and keep the whole request in memory.
  const elements = new array(new Uint8Array(bytes).buffer);
  if (datatype === 'BOOL' && (elements as Uint8Array).some((element) => element > 1)) {
    throw new GdwsError('ARGUMENT_INVALID', 'bytes of BOOL are 0 or 1.', { tensor: name });
  }
  return elements;
}

/** The bytes of elements, in the memory that these have. */
export function bytesOfElements(elements: ArrayBufferView): Uint8Array {
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
}
