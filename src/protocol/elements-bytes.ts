import { GdwsError } from '../base/errors';
import type { NumberArray } from '../onnx/value';
import { datatypes, type Datatype } from './datatypes';

/**
 * The elements of a tensor from their bytes, row-major and little-endian.
 *
 * @param mayShare whether they may lie in the memory of the bytes, where the address is a multiple of their size; else they have their own
 * @throws GdwsError SHAPE_MISMATCH where there are not as many bytes as the shape says; ARGUMENT_INVALID
 */
export function elementsFromBytes(
  datatype: Datatype,
  shape: readonly number[],
  bytes: Uint8Array,
  name: string,
  mayShare = false,
): NumberArray {
  const { array, bytes: size } = datatypes[datatype];
  const wanted = shape.reduce((product, dim) => product * dim, size);
  if (bytes.length !== wanted) {
    throw new GdwsError('SHAPE_MISMATCH', `${bytes.length} bytes of ${datatype} are given, and ${wanted} needed.`, {
      tensor: name,
      shape,
    });
  }
  const shares = mayShare && bytes.byteOffset % size === 0;
  const { buffer, byteOffset } = shares ? bytes : new Uint8Array(bytes);
  const elements = new array(buffer as ArrayBuffer, byteOffset, wanted / size);
  if (datatype === 'BOOL' && (elements as Uint8Array).some((element) => element > 1)) {
    throw new GdwsError('ARGUMENT_INVALID', 'bytes of BOOL are 0 or 1.', { tensor: name });
  }
  return elements;
}

/** The bytes of elements, in the memory that these have. */
export function bytesOfElements(elements: ArrayBufferView): Uint8Array {
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
}
