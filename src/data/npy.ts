import { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import { arrayOfType, elementCount, type Constant, type DataType, type NumberArray } from '../onnx/value';
import { writeWhole } from '../onnx/write';
import { elementsFromBytes } from './elements';
import { readBytes } from './read-file';

type NumberType = Exclude<DataType, 'string'>;

/** numpy's kind and size of each element type that gdws reads. */
const typeByCode: Readonly<Record<string, NumberType>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  u2: 'uint16',
  i4: 'int32',
  u4: 'uint32',
  i8: 'int64',
  u8: 'uint64',
  b1: 'bool',
};
const magic = Buffer.from('\x93NUMPY', 'latin1');

interface Header {
  readonly type: NumberType;
  readonly order: 'little' | 'big';
  readonly fortranOrder: boolean;
  readonly dims: readonly number[];
  /** Where the elements begin. */
  readonly offset: number;
}

/**
 * Reads an array that numpy saved: booleans, integers, and floats of 2 to 8 bytes, in either byte order. Fortran order
 * is turned into row-major order.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @throws GdwsError DATA_UNREADABLE
 */
export async function readNpy(file: string): Promise<Tensor> {
  const { type, dims, data } = decodeNpy(await readBytes(file), file);
  return new Tensor(type as 'float32', data as Float32Array, dims);
}

/**
 * Writes a tensor as numpy saves arrays, whole or not at all.
 *
 * @throws GdwsError OUTPUT_UNWRITABLE
 */
export async function writeNpy(file: string, tensor: Pick<Tensor, 'type' | 'dims' | 'data'>): Promise<void> {
  await writeWhole(file, encodeNpy(tensor as Constant));
}

/** The array in the bytes of an .npy file; `place` names them in errors. */
export function decodeNpy(bytes: Uint8Array, place: string): Constant {
  const { type, order, fortranOrder, dims, offset } = readHeader(bytes, place);
  const length = elementCount(dims) * arrayOfType[type].BYTES_PER_ELEMENT;
  if (bytes.length - offset < length) {
    throw unreadable(place, `the file ends after ${bytes.length - offset} of ${length} bytes of elements.`, dims);
  }
  const data = elementsFromBytes(bytes.subarray(offset, offset + length), type, order);
  return { type, dims, data: fortranOrder && dims.length > 1 ? toRowMajor(data, dims) : data };
}

/** The bytes of an .npy file (format 1.0, row-major). */
export function encodeNpy({ type, dims, data }: Constant): Uint8Array {
  const code = Object.keys(typeByCode).find((key) => typeByCode[key] === type);
  if (!code) throw new GdwsError('TYPE_MISMATCH', `numpy has no element type ${type}.`);
  const order = code.endsWith('1') ? '|' : new Uint8Array(new Uint16Array([1]).buffer)[0] ? '<' : '>';
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${shape}), }`;
  // Elements begin at a multiple of 64 bytes, as numpy writes them; the newline ends the header.
  const header = `${text.padEnd(Math.ceil((magic.length + 4 + text.length + 1) / 64) * 64 - magic.length - 5)}\n`;
  const preamble = Buffer.from([1, 0, header.length & 0xff, header.length >> 8]);
  const { buffer, byteOffset, byteLength } = data as NumberArray;
  return Buffer.concat([
    magic,
    preamble,
    Buffer.from(header, 'latin1'),
    new Uint8Array(buffer, byteOffset, byteLength),
  ]);
}

function readHeader(bytes: Uint8Array, place: string): Header {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 10 || !buffer.subarray(0, magic.length).equals(magic)) {
    throw unreadable(place, 'this is not a numpy array.', undefined, "Save it with numpy's save().");
  }
  const version = buffer[6]!;
  if (version < 1 || version > 3) throw unreadable(place, `version ${version} of the .npy format is not known.`);
  const begin = version === 1 ? 10 : 12;
  const length = version === 1 ? buffer.readUInt16LE(8) : buffer.length >= 12 ? buffer.readUInt32LE(8) : Infinity;
  if (begin + length > buffer.length) throw unreadable(place, 'the file ends within its header.');
  return { ...parseDictionary(buffer.toString('latin1', begin, begin + length), place), offset: begin + length };
}

function parseDictionary(text: string, place: string): Omit<Header, 'offset'> {
  const descr = /'descr'\s*:\s*'([<>=|])([a-zA-Z]\d+)'/.exec(text);
  const fortranOrder = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(text);
  const type = descr && typeByCode[descr[2]!];
  if (!type) {
    const found = /'descr'\s*:\s*('[^']*'|\[)/.exec(text)?.[1] ?? 'none';
    const remedy = 'Save booleans, integers or floats of 2 to 8 bytes.';
    throw unreadable(
      place,
      `element type ${found === '[' ? 'structured' : found} is not supported.`,
      undefined,
      remedy,
    );
  }
  const dims = shape?.[1]!
    .split(',')
    .map((dim) => dim.trim())
    .filter((dim) => dim !== '')
    .map((dim) => Number(dim.replace(/L$/, '')));
  if (!fortranOrder || !dims || dims.some((dim) => !Number.isSafeInteger(dim)) || dims.length > 64) {
    throw unreadable(place, 'the header of the array is damaged.');
  }
  if (!Number.isSafeInteger(elementCount(dims) * arrayOfType[type].BYTES_PER_ELEMENT)) {
    throw unreadable(place, 'the array is larger than any memory.', dims);
  }
  return { type, order: descr[1] === '>' ? 'big' : 'little', fortranOrder: fortranOrder[1] === 'True', dims };
}

/** Elements whose first index varies fastest, in the order where the last does. */
function toRowMajor(data: NumberArray, dims: readonly number[]): NumberArray {
  const result = data.slice();
  const strides = dims.map((_, axis) => elementCount(dims.slice(0, axis)));
  const index = dims.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; ++to) {
    result[to] = data[from]!;
    for (let axis = dims.length - 1; axis >= 0; --axis) {
      from += strides[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      from -= strides[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

function unreadable(file: string, summary: string, shape?: readonly number[], remedy?: string): GdwsError {
  return new GdwsError('DATA_UNREADABLE', summary, { file, shape, remedy });
}
