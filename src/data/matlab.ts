import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { GdwsError } from '../base/errors';
import { arrayOfType, elementCount, type DataType, type NumberArray } from '../onnx/value';
import { elementsFromBytes } from './elements';

/** A variable of a .mat file, elements column-major: the first index varies fastest. */
export type MatlabValue = MatlabArray | MatlabText | MatlabStruct;

/** Numbers. */
export interface MatlabArray {
  readonly kind: 'numbers';
  readonly dims: readonly number[];
  /** In the type they are stored in, which may be narrower than that of the variable. */
  readonly data: NumberArray;
}

/** One row of characters. */
export interface MatlabText {
  readonly kind: 'text';
  readonly text: string;
}

/** An array of structures. */
export interface MatlabStruct {
  readonly kind: 'struct';
  readonly dims: readonly number[];
  readonly elements: readonly ReadonlyMap<string, MatlabValue | undefined>[];
}

/** Numbers of data types (miINT8 and so on). */
const numberTypes: Readonly<Record<number, Exclude<DataType, 'string'>>> = {
  1: 'int8',
  2: 'uint8',
  3: 'int16',
  4: 'uint16',
  5: 'int32',
  6: 'uint32',
  7: 'float32',
  9: 'float64',
  12: 'int64',
  13: 'uint64',
};
const miMatrix = 14;
const miCompressed = 15;
/** Text in units of one and two bytes. */
const textEncodings: Readonly<Record<number, 'latin1' | 'utf8' | 'utf16le'>> = {
  1: 'latin1',
  2: 'latin1',
  4: 'utf16le',
  16: 'utf8',
  17: 'utf16le',
};

const classes = { struct: 2, char: 4, firstNumbers: 6, lastNumbers: 15 } as const;

const headerBytes = 128;
/** Deflate can make a thousandfold of a file; pictures, labels and text become less than a hundredth by nothing. */
const mostExpansion = 100;
const leastLimit = 1 << 20;
const mostBytes = 2 ** 31 - 1;
/** Structures within structures; each level costs stack. */
const mostDepth = 8;
/** Far more than any list of classes has. */
const mostValues = 1 << 18;
const mostDims = 32;
const mostFields = 1 << 10;
/** Bytes of a text, or of all names of fields. */
const mostText = 1 << 20;

/**
 * Reads variables of a MATLAB 5 file (`save -v6` and `-v7`), of either byte order, compressed or not. Variables of kinds that are
 * not read (cells, sparse arrays, objects, complex numbers) are left out.
 *
 * @param file its name, for errors
 * @see https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
 * @throws GdwsError DATA_UNREADABLE
 */
export async function decodeMatlab(bytes: Uint8Array, file: string): Promise<Map<string, MatlabValue>> {
  const text = Buffer.from(bytes.subarray(0, 20)).toString('latin1');
  if (text.startsWith('MATLAB 7.3') || text.startsWith('\x89HDF')) {
    throw new GdwsError('DATA_UNREADABLE', 'this is a MATLAB 7.3 file, an HDF5 container.', {
      file,
      remedy: "Save it with '-v7'.",
    });
  }
  const order = Buffer.from(bytes.subarray(126, 128)).toString('latin1');
  if (bytes.length < headerBytes || (order !== 'IM' && order !== 'MI')) {
    throw new GdwsError('DATA_UNREADABLE', 'this is not a MATLAB 5 file.', { file, remedy: "Save it with '-v7'." });
  }
  const reader = new Reader(file, order === 'IM' ? 'little' : 'big');
  const variables = new Map<string, MatlabValue>();
  let room = Math.min(mostBytes, Math.max(leastLimit, mostExpansion * bytes.length));
  for (let offset = headerBytes; offset < bytes.length;) {
    const element = reader.element(bytes, offset);
    offset = element.type === miCompressed ? element.unpaddedEnd : element.end;
    let content = element;
    if (element.type === miCompressed) {
      const unpacked = await unpack(element.data, room, file);
      room -= unpacked.length;
      content = reader.element(unpacked, 0);
    }
    if (content.type !== miMatrix) continue;
    const { name, value } = reader.matrix(content.data, 0);
    if (value) variables.set(name, value);
  }
  return variables;
}

async function unpack(bytes: Uint8Array, room: number, file: string): Promise<Uint8Array> {
  try {
    return await promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.inflate)(bytes, {
      maxOutputLength: Math.max(1, room),
    });
  } catch (cause) {
    const isTooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const summary = isTooLarge
      ? `a variable unpacks to more than ${mostExpansion} times the file.`
      : `a variable cannot be unpacked: ${(cause as Error).message}.`;
    throw new GdwsError('DATA_UNREADABLE', summary, { file, cause });
  }
}

interface Element {
  readonly type: number;
  readonly data: Uint8Array;
  /** Where the next element begins: elements lie at multiples of 8 bytes, but for compressed ones. */
  readonly end: number;
  readonly unpaddedEnd: number;
}

class Reader {
  #values = 0;

  constructor(
    private readonly file: string,
    private readonly order: 'little' | 'big',
  ) {}

  element(bytes: Uint8Array, offset: number): Element {
    if (offset + 8 > bytes.length) throw this.#unreadable('the file is cut short.');
    const first = this.#uint32(bytes, offset);
    const isSmall = first >>> 16 !== 0;
    const length = isSmall ? first >>> 16 : this.#uint32(bytes, offset + 4);
    const begin = offset + (isSmall ? 4 : 8);
    if (isSmall && length > 4) throw this.#unreadable('an element of four bytes says that it has more.');
    if (length > bytes.length - begin) throw this.#unreadable('the file is cut short.');
    const unpaddedEnd = begin + length;
    return {
      type: isSmall ? first & 0xffff : first,
      data: bytes.subarray(begin, unpaddedEnd),
      end: isSmall ? offset + 8 : Math.min(bytes.length, offset + 8 + Math.ceil(length / 8) * 8),
      unpaddedEnd,
    };
  }

  /** A variable, or a value within one, which has no name; a value of a kind that is not read is left out. */
  matrix(bytes: Uint8Array, depth: number): { name: string; value: MatlabValue | undefined } {
    if (++this.#values > mostValues) throw this.#unreadable(`the file has more than ${mostValues} values.`);
    if (depth > mostDepth) throw this.#unreadable('structures lie too deep within one another.');
    if (bytes.length === 0) return { name: '', value: { kind: 'numbers', dims: [0, 0], data: new Float64Array(0) } };
    const flags = this.element(bytes, 0);
    if (flags.data.length !== 8) throw this.#unreadable('a variable in it has no class.');
    const flag = this.#uint32(flags.data, 0);
    const dimensions = this.element(bytes, flags.end);
    const sizes = this.#numbers(dimensions);
    const dims = sizes.length > mostDims ? [] : Array.from(sizes, Number);
    const isShape = dims.length >= 2 && dims.every((dim) => Number.isInteger(dim) && dim >= 0);
    if (!isShape || !Number.isSafeInteger(elementCount(dims)))
      throw this.#unreadable('the dims of a variable in it make no sense.');
    const named = this.element(bytes, dimensions.end);
    const name = this.#string(named.data, 'latin1');
    const kind = flag & 0xff;
    const isComplex = (flag & 0x800) !== 0;
    const begin = named.end;
    if (kind === classes.struct) return { name, value: this.#struct(bytes, begin, dims, depth) };
    if (kind === classes.char) return { name, value: this.#text(this.element(bytes, begin)) };
    if (kind < classes.firstNumbers || kind > classes.lastNumbers || isComplex) return { name, value: undefined };
    const data = this.#numbers(this.element(bytes, begin));
    if (data.length !== elementCount(dims)) {
      throw new GdwsError('DATA_UNREADABLE', `variable '${name}' has ${data.length} elements.`, {
        file: this.file,
        shape: dims,
      });
    }
    return { name, value: { kind: 'numbers', dims, data } };
  }

  #struct(bytes: Uint8Array, begin: number, dims: readonly number[], depth: number): MatlabStruct {
    const lengthElement = this.element(bytes, begin);
    const length = Number(this.#numbers(lengthElement)[0] ?? 0);
    const fields = this.element(bytes, lengthElement.end);
    const count = fields.data.length / length;
    if (!Number.isInteger(length) || !Number.isInteger(count) || count > mostFields) {
      throw this.#unreadable('the names of fields in it make no sense.');
    }
    const names = Array.from({ length: count }, (_, index) =>
      this.#string(fields.data.subarray(index * length, (index + 1) * length), 'latin1').replace(/\0.*$/s, ''),
    );
    // A structure without fields would take no bytes for any number of elements.
    if (names.length === 0) return { kind: 'struct', dims, elements: [] };
    const elements: Map<string, MatlabValue | undefined>[] = [];
    let offset = fields.end;
    for (let index = 0; index < elementCount(dims); ++index) {
      const values = new Map<string, MatlabValue | undefined>();
      for (const name of names) {
        const element = this.element(bytes, offset);
        if (element.type !== miMatrix) throw this.#unreadable('a field in it has no value.');
        values.set(name, this.matrix(element.data, depth + 1).value);
        offset = element.end;
      }
      elements.push(values);
    }
    return { kind: 'struct', dims, elements };
  }

  #text({ type, data }: Element): MatlabText {
    const encoding = textEncodings[type];
    if (!encoding) throw this.#unreadable('text in it has no known encoding.');
    return { kind: 'text', text: this.#string(data, encoding) };
  }

  #string(data: Uint8Array, encoding: 'latin1' | 'utf8' | 'utf16le'): string {
    if (data.length > mostText) throw this.#unreadable('text in it is longer than any.');
    const bytes = Buffer.from(data);
    if (encoding === 'utf16le' && this.order === 'big') bytes.subarray(0, bytes.length & ~1).swap16();
    return bytes.toString(encoding);
  }

  #numbers({ type, data }: Element): NumberArray {
    const name = numberTypes[type];
    if (!name) throw this.#unreadable(`numbers in it are of the unknown type ${type}.`);
    if (data.length % arrayOfType[name].BYTES_PER_ELEMENT !== 0) throw this.#unreadable('numbers in it are cut short.');
    return elementsFromBytes(data, name, this.order);
  }

  #uint32(bytes: Uint8Array, offset: number): number {
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, this.order === 'little');
  }

  #unreadable(summary: string): GdwsError {
    return new GdwsError('DATA_UNREADABLE', summary, { file: this.file });
  }
}
