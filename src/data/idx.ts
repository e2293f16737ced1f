import { gunzipSync } from 'node:zlib';
import { GdwsError } from '../base/errors';
import { arrayOfType, elementCount, type Constant, type DataType } from '../onnx/value';
import { elementsFromBytes } from './elements';
import { readBytes } from './read-file';

const typeByCode: Readonly<Record<number, Exclude<DataType, 'string'>>> = {
  0x08: 'uint8',
  0x09: 'int8',
  0x0b: 'int16',
  0x0c: 'int32',
  0x0d: 'float32',
  0x0e: 'float64',
};

/** Limit of unpacked data, larger than any data set in this format: against gzip bombs. */
const maxBytes = 1 << 30;

/**
 * Reads an array in IDX format, that of MNIST, plain or compressed by gzip.
 *
 * @see http://yann.lecun.com/exdb/mnist/
 * @throws GdwsError DATA_UNREADABLE
 */
export async function readIdx(file: string): Promise<Constant> {
  let bytes = await readBytes(file);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      bytes = gunzipSync(bytes, { maxOutputLength: maxBytes });
    } catch (cause) {
      throw new GdwsError('DATA_UNREADABLE', `the file cannot be unpacked: ${(cause as Error).message}.`, {
        file,
        cause,
      });
    }
  }
  return decodeIdx(bytes, file);
}

function decodeIdx(bytes: Uint8Array, file: string): Constant {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = bytes.length >= 4 && view.getUint16(0) === 0 ? typeByCode[bytes[2]!] : undefined;
  const rank = bytes[3]!;
  if (!type) throw new GdwsError('DATA_UNREADABLE', 'this is not a file in IDX format.', { file });
  const begin = 4 + 4 * rank;
  if (bytes.length < begin) throw new GdwsError('DATA_UNREADABLE', 'the file ends within its header.', { file });
  const dims = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const expected = elementCount(dims) * arrayOfType[type].BYTES_PER_ELEMENT;
  if (bytes.length - begin !== expected) {
    const summary = `the file has ${bytes.length - begin} bytes of elements where its header says ${expected}.`;
    throw new GdwsError('DATA_UNREADABLE', summary, { file, shape: dims });
  }
  return { type, dims, data: elementsFromBytes(bytes.subarray(begin), type, 'big') };
}
