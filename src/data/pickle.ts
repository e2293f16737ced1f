import { GdwsError } from '../base/errors';
import { elementCount } from '../onnx/value';

/** What a pickle of arrays and lists may hold: Python 2's `str` and Python 3's `bytes` are bytes, `unicode` is a string. */
export type PickleValue =
  null | boolean | number | string | Uint8Array | PickledArray | PickleValue[] | Map<string, PickleValue>;

/** An array of bytes (numpy's `uint8`). */
export class PickledArray {
  dims: readonly number[] = [0];
  /** Row-major. */
  data: Uint8Array = new Uint8Array(0);
}

/** Names that arrays of numpy, and bytes that Python 3 wrote for Python 2, refer to. Each has its meaning here; no code is looked up. */
const knownNames = [
  'numpy.core.multiarray._reconstruct',
  'numpy._core.multiarray._reconstruct',
  'numpy.ndarray',
  'numpy.dtype',
  '_codecs.encode',
] as const;

class Name {
  constructor(readonly text: (typeof knownNames)[number]) {}
}

/** numpy's type of bytes, the only one that is read. */
class ByteType {}

type StackValue = PickleValue | Name | ByteType | StackValue[] | Map<string, StackValue>;

/** Far more than the 300,000 of the largest file of CIFAR: no pickle makes more objects than it has operations. */
const mostOperations = 1 << 20;

/** More than the pixels of any file, which Python 3 may have written as text; and less than the longest string. */
const mostText = 2 ** 28;

/**
 * Reads a pickle of dictionaries, lists, numbers, text and numpy arrays of bytes: protocol 2, and the bytes of protocol 3. Nothing
 * in it is run: any name but those of numpy's arrays is refused, and so is any operation that such pickles do not need. Bytes
 * of the result are those of the file, not copies.
 *
 * @param file its name, for errors
 * @see https://github.com/python/cpython/blob/main/Lib/pickletools.py for the operations
 * @throws GdwsError DATA_UNREADABLE
 */
export function decodePickle(bytes: Uint8Array, file: string): PickleValue {
  return new Unpickler(bytes, file).run();
}

/** Whether bytes begin as a pickle of protocol 2 or later does. */
export function isPickle(bytes: Uint8Array): boolean {
  return bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5;
}

function isList(value: StackValue): value is StackValue[] {
  return Array.isArray(value);
}

class Unpickler {
  readonly #bytes: Buffer;
  #offset = 0;
  #stack: StackValue[] = [];
  /** The stacks below each mark. */
  readonly #below: StackValue[][] = [];
  readonly #memo = new Map<number, StackValue>();
  /** Bytes that text may still be encoded to: text that is referred to again and again does not fill the memory. */
  #encodable: number;

  constructor(
    bytes: Uint8Array,
    private readonly file: string,
  ) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#encodable = bytes.length;
  }

  run(): PickleValue {
    if (!isPickle(this.#bytes)) throw this.#unreadable('this is not a pickle.');
    for (let count = 0; ; ++count) {
      if (count === mostOperations) throw this.#unreadable(`the pickle has more than ${mostOperations} operations.`);
      const code = this.#byte();
      if (code === '.'.charCodeAt(0)) return this.#result();
      this.#operate(code);
    }
  }

  #operate(code: number): void {
    switch (String.fromCharCode(code)) {
      case '\x80': // PROTO
        if (this.#byte() > 3)
          throw this.#unreadable('the pickle is of a protocol later than 3.', 'Save it with protocol=2.');
        return;
      case '(': // MARK
        this.#below.push(this.#stack);
        this.#stack = [];
        return;
      case 'N':
        return void this.#stack.push(null);
      case '\x88':
        return void this.#stack.push(true);
      case '\x89':
        return void this.#stack.push(false);
      case 'K':
        return void this.#stack.push(this.#byte());
      case 'M':
        return void this.#stack.push(this.#take(2).readUInt16LE());
      case 'J':
        return void this.#stack.push(this.#take(4).readInt32LE());
      case '\x8a': // LONG1
        return void this.#stack.push(this.#long(this.#byte()));
      case 'G':
        return void this.#stack.push(this.#take(8).readDoubleBE());
      case 'U': // SHORT_BINSTRING
      case 'C': // SHORT_BINBYTES
        return void this.#stack.push(this.#take(this.#byte()));
      case 'T': // BINSTRING
      case 'B': // BINBYTES
        return void this.#stack.push(this.#take(this.#take(4).readUInt32LE()));
      case 'X': // BINUNICODE
        return void this.#stack.push(this.#unicode(this.#take(4).readUInt32LE()));
      case ')':
        return void this.#stack.push([]);
      case '\x85':
      case '\x86':
      case '\x87': {
        // TUPLE1 to TUPLE3
        const items = Array.from({ length: code - 0x84 }, () => this.#pop()).reverse();
        return void this.#stack.push(items);
      }
      case 't': {
        const items = this.#popToMark();
        return void this.#stack.push(items);
      }
      case ']':
        return void this.#stack.push([]);
      case 'a': {
        const item = this.#pop();
        return void this.#list().push(item);
      }
      case 'e': {
        const items = this.#popToMark();
        const list = this.#list();
        for (const item of items) list.push(item);
        return;
      }
      case '}':
        return void this.#stack.push(new Map());
      case 's': {
        const value = this.#pop();
        return this.#setItems([this.#pop(), value]);
      }
      case 'u':
        return this.#setItems(this.#popToMark());
      case 'q': // BINPUT
        return void this.#memo.set(this.#byte(), this.#top());
      case 'r': // LONG_BINPUT
        return void this.#memo.set(this.#take(4).readUInt32LE(), this.#top());
      case 'h': // BINGET
        return this.#get(this.#byte());
      case 'j': // LONG_BINGET
        return this.#get(this.#take(4).readUInt32LE());
      case 'c': // GLOBAL
        return void this.#stack.push(this.#name());
      case 'R': {
        const given = this.#pop();
        return void this.#stack.push(this.#reduce(this.#pop(), given));
      }
      case 'b': {
        const state = this.#pop();
        return this.#build(this.#top(), state);
      }
      default:
        throw this.#unreadable(
          `the pickle has the operation 0x${code.toString(16).padStart(2, '0')}, which arrays and lists do not need.`,
          'Take the file as it was published.',
        );
    }
  }

  #name(): Name {
    const text = `${this.#line()}.${this.#line()}`;
    const known = knownNames.find((name) => name === text);
    if (known) return new Name(known);
    throw this.#unreadable(
      `the pickle refers to '${text.slice(0, 100)}', which arrays do not need; it is not run.`,
      'Take the file as it was published.',
    );
  }

  /** The call of a name. */
  #reduce(called: StackValue, given: StackValue): StackValue {
    if (called instanceof Name && isList(given)) {
      switch (called.text) {
        case 'numpy.core.multiarray._reconstruct':
        case 'numpy._core.multiarray._reconstruct':
          if (given[0] instanceof Name && given[0].text === 'numpy.ndarray') return new PickledArray();
          break;
        case 'numpy.dtype': {
          const type = this.#text(given[0]);
          if (/^[|<>=]?u1$/.test(type)) return new ByteType();
          throw this.#unreadable(`an array in it has elements of type '${type.slice(0, 20)}', not bytes.`);
        }
        case '_codecs.encode':
          if (typeof given[0] === 'string' && /^latin[-_]?1$/.test(this.#text(given[1])))
            return this.#encoded(given[0]);
          break;
        case 'numpy.ndarray':
      }
    }
    throw this.#unreadable('a call in the pickle is not one that makes an array.');
  }

  /** Gives an array its state: version, dims, type, whether column-major, bytes. */
  #build(target: StackValue, state: StackValue): void {
    // The state of a type of bytes says nothing: they have no order.
    if (target instanceof ByteType) return;
    if (!(target instanceof PickledArray) || !isList(state) || state.length !== 5) {
      throw this.#unreadable('a state in the pickle is not that of an array.');
    }
    const [, dims, type, isColumnMajor, data] = state;
    const isShape = (value: StackValue | undefined): value is number[] =>
      Array.isArray(value) && value.length <= 32 && value.every((dim) => Number.isSafeInteger(dim) && Number(dim) >= 0);
    if (
      !isShape(dims) ||
      !(type instanceof ByteType) ||
      !(data instanceof Uint8Array) ||
      elementCount(dims) !== data.length
    ) {
      throw this.#unreadable('the dims of an array in it do not fit its bytes.');
    }
    if (isColumnMajor && dims.length !== 2) throw this.#unreadable('an array in it is column-major, but no matrix.');
    target.dims = dims;
    target.data = isColumnMajor ? this.#transposed(data, dims[1]!, dims[0]!) : data;
  }

  #transposed(data: Uint8Array, rows: number, columns: number): Uint8Array {
    this.#spend(data.length);
    const result = new Uint8Array(data.length);
    for (let row = 0; row < rows; ++row) {
      for (let column = 0; column < columns; ++column) result[column * rows + row] = data[row * columns + column]!;
    }
    return result;
  }

  #encoded(text: string): Uint8Array {
    this.#spend(text.length);
    return Buffer.from(text, 'latin1');
  }

  #spend(length: number): void {
    this.#encodable -= length;
    if (this.#encodable < 0) throw this.#unreadable('the pickle makes more bytes than it has.');
  }

  #setItems(items: readonly StackValue[]): void {
    const target = this.#top();
    if (!(target instanceof Map) || items.length % 2 !== 0)
      throw this.#unreadable('items in it belong to no dictionary.');
    for (let index = 0; index < items.length; index += 2) {
      (target as Map<string, StackValue>).set(this.#text(items[index]), items[index + 1]!);
    }
  }

  #text(value: StackValue | undefined): string {
    if (typeof value === 'string') return value;
    if (value instanceof Uint8Array && value.length <= 1000) return Buffer.from(value).toString('latin1');
    throw this.#unreadable('a name in it is no text.');
  }

  #result(): PickleValue {
    const value = this.#pop();
    if (this.#stack.length > 0 || this.#below.length > 0) throw this.#unreadable('the pickle ends too early.');
    if (value instanceof Name || value instanceof ByteType) throw this.#unreadable('the pickle holds no values.');
    return value as PickleValue;
  }

  #list(): StackValue[] {
    const list = this.#top();
    if (!isList(list)) throw this.#unreadable('items in it belong to no list.');
    return list;
  }

  #get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#unreadable(`it refers to value ${index}, which it does not have.`);
    this.#stack.push(value);
  }

  #top(): StackValue {
    if (this.#stack.length === 0) throw this.#unreadable('an operation in it lacks its values.');
    return this.#stack.at(-1)!;
  }

  #pop(): StackValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popToMark(): StackValue[] {
    const items = this.#stack;
    const below = this.#below.pop();
    if (!below) throw this.#unreadable('an operation in it lacks its values.');
    this.#stack = below;
    return items;
  }

  #unicode(length: number): string {
    if (length > mostText) throw this.#unreadable('text in it is longer than any.');
    return this.#take(length).toString('utf8');
  }

  #long(length: number): number {
    if (length > 6) throw this.#unreadable('a number in it is larger than any size.');
    return length === 0 ? 0 : this.#take(length).readIntLE(0, length);
  }

  #line(): string {
    const end = this.#bytes.indexOf('\n', this.#offset);
    if (end < 0) throw this.#ended();
    const line = this.#bytes.toString('latin1', this.#offset, Math.min(end, this.#offset + 200));
    this.#offset = end + 1;
    return line;
  }

  #byte(): number {
    if (this.#offset >= this.#bytes.length) throw this.#ended();
    return this.#bytes[this.#offset++]!;
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#offset) throw this.#ended();
    const taken = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return taken;
  }

  #ended(): GdwsError {
    return this.#unreadable('the pickle is cut short.');
  }

  #unreadable(summary: string, remedy?: string): GdwsError {
    return new GdwsError('DATA_UNREADABLE', summary, { file: this.file, remedy });
  }
}
