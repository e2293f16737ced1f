import { endianness } from 'node:os';
import { arrayOfType, type DataType, type NumberArray } from '../onnx/value';

/** Converts bytes of a file to elements in this machine's byte order; copies them. */
export function elementsFromBytes(
  bytes: Uint8Array,
  type: Exclude<DataType, 'string'>,
  order: 'little' | 'big',
): NumberArray {
  const copy = Buffer.from(Uint8Array.from(bytes).buffer);
  const size = arrayOfType[type].BYTES_PER_ELEMENT;
  if (order !== (endianness() === 'LE' ? 'little' : 'big')) {
    if (size === 2) copy.swap16();
    if (size === 4) copy.swap32();
    if (size === 8) copy.swap64();
  }
  return new arrayOfType[type](copy.buffer);
}
