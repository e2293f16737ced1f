import { Tensor } from 'onnxruntime-common';
import { native, type HeldMemory } from '../addon/native';
import { GdwsError } from '../base/errors';
import type { Graph } from '../graph/graph';
import { float32ToBfloat16, float32ToFloat16 } from '../onnx/float16';
import { fromFloat32, isFloat } from '../onnx/floats';
import { arrayOfType, elementCount, type DataType, type ElementArray, type ValueType } from '../onnx/value';
import { nativeTypeOf, toNativeArray } from '../program/constant-pool';
import { nativeTypes, type NativeArray } from '../program/element-type';

/**
 * Types and shapes of the feeds, once they fit the graph's inputs. Feeds of other names are not looked at.
 *
 * @throws GdwsError INPUT_MISSING, TYPE_MISMATCH, SHAPE_MISMATCH, ARGUMENT_INVALID
 */
export function checkFeeds(graph: Graph, feeds: Readonly<Record<string, unknown>>): Map<string, ValueType> {
  if (typeof feeds !== 'object' || feeds === null || Array.isArray(feeds) || isTensor(feeds)) {
    throw new GdwsError('ARGUMENT_INVALID', 'feeds are given as an object with a Tensor for the name of each input.', {
      file: graph.file,
    });
  }
  const types = new Map<string, ValueType>();
  for (const { name } of graph.inputs) {
    const declared = graph.declared(name);
    const feed = feeds[name];
    if (feed === undefined || feed === null) {
      const others = unknownNames(graph, feeds).map((other) => `'${other}'`);
      const misspelt = others.length === 0 ? '' : ` The model has no input ${others.join(', ')}: is this one meant?`;
      throw new GdwsError('INPUT_MISSING', 'the model needs this input.', {
        file: graph.file,
        tensor: name,
        shape: declared?.dims?.map((dim) => dim ?? '?'),
        remedy: `Feed it as a ${declared?.type ?? 'float32'} Tensor.${misspelt}`,
      });
    }
    types.set(name, checkFeed(graph, name, feed));
  }
  return types;
}

/** @throws GdwsError INPUT_UNKNOWN where there are feeds for inputs that the graph does not have */
export function refuseUnknownFeeds(graph: Graph, feeds: Readonly<Record<string, unknown>>): void {
  const [unknown] = unknownNames(graph, feeds);
  if (unknown === undefined) return;
  throw new GdwsError('INPUT_UNKNOWN', 'the model has no input of this name.', {
    file: graph.file,
    tensor: unknown,
    remedy: `Its inputs are: ${graph.inputs.map(({ name }) => name).join(', ')}.`,
  });
}

function unknownNames(graph: Graph, feeds: object): string[] {
  const known = new Set(graph.inputs.map(({ name }) => name));
  return Object.keys(feeds).filter((name) => !known.has(name));
}

function checkFeed(graph: Graph, name: string, feed: unknown): ValueType {
  if (!isTensor(feed)) {
    throw new GdwsError('TYPE_MISMATCH', 'a feed must be a Tensor in main memory.', { file: graph.file, tensor: name });
  }
  const declared = graph.declared(name);
  if (declared?.type && declared.type !== feed.type) {
    throw new GdwsError('TYPE_MISMATCH', `the model takes ${declared.type}, and was fed ${feed.type}.`, {
      file: graph.file,
      tensor: name,
    });
  }
  const wanted = declared?.dims;
  // Many programs feed a number as an array of one, which onnxruntime takes.
  const isNumber = wanted?.length === 0 && elementCount(feed.dims) === 1;
  if (
    wanted &&
    !isNumber &&
    (wanted.length !== feed.dims.length ||
      wanted.some((dim, axis) => typeof dim === 'number' && dim !== feed.dims[axis]))
  ) {
    throw new GdwsError('SHAPE_MISMATCH', `the model takes [${wanted.map((dim) => dim ?? '?').join(', ')}].`, {
      file: graph.file,
      tensor: name,
      shape: feed.dims,
    });
  }
  checkElements(graph, name, feed);
  return { type: feed.type as DataType, dims: isNumber ? [] : [...feed.dims] };
}

/** Checks what a Tensor's constructor checks: a feed may be of another class, or its dims and data may have changed. */
function checkElements(graph: Graph, tensor: string, { type, dims, data }: Tensor): void {
  const place = { file: graph.file, tensor, shape: dims };
  const arrays = arraysOf(type as DataType);
  const given = Array.isArray(data) ? 'Array' : (data as Partial<Float32Array> | undefined)?.[Symbol.toStringTag];
  if (!arrays) {
    const code = type === 'string' ? 'OPERATOR_UNSUPPORTED' : 'TYPE_MISMATCH';
    throw new GdwsError(code, `the engine has no tensors of type ${type}.`, place);
  }
  if (given === undefined || !arrays.includes(given)) {
    const summary = `the elements of a ${type} tensor are a ${arrays.join(' or ')}, not a ${given ?? typeof data}.`;
    throw new GdwsError('TYPE_MISMATCH', summary, place);
  }
  if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0) || elementCount(dims) !== data.length) {
    throw new GdwsError('SHAPE_MISMATCH', `the tensor has ${data.length} elements.`, {
      ...place,
      remedy: 'Feed as many as its shape says, in memory that was not transferred.',
    });
  }
}

/** Names of the classes that may hold the elements of a type; `undefined` for types that the engine does not know. */
function arraysOf(type: DataType): readonly string[] | undefined {
  if (type === 'string' || !Object.hasOwn(arrayOfType, type)) return undefined;
  const array = arrayOfType[type];
  return type === 'float16' ? [array.name, 'Float16Array'] : [array.name];
}

/**
 * Rounds a float32 tensor to the input's floating-point type, if it has another one. Other feeds stay as they are;
 * {@link checkFeeds} refuses those that do not fit.
 *
 * @param type that the model declares for the input
 */
export function roundFeed<Feed>(feed: Feed, type: DataType | undefined): Feed | Tensor {
  if (type === undefined || type === 'float32' || !isFloat(type)) return feed;
  if (!isTensor(feed) || feed.type !== 'float32') return feed;
  // A plain object, since onnxruntime-common's class knows no bfloat16.
  return fromFloat32(type, feed.dims, feed.data as Float32Array) as unknown as Tensor;
}

/** By its properties, not by its class: a program may contain several copies of onnxruntime-common. */
export function isTensor(feed: unknown): feed is Tensor {
  const tensor = feed as Partial<Tensor>;
  return (
    typeof feed === 'object' &&
    feed !== null &&
    Array.isArray(tensor.dims) &&
    typeof tensor.type === 'string' &&
    (tensor.location === undefined || tensor.location === 'cpu')
  );
}

/** The elements of a feed as {@link ElementArray} has them. */
export function elementsOf({ type, data }: Tensor): ElementArray {
  if (type !== 'float16') return data;
  // In newer versions of Node, onnxruntime-common uses Float16Array, whose elements are numbers, not bits.
  const { buffer, byteOffset, length } = data as Uint16Array;
  return new Uint16Array(buffer, byteOffset, length);
}

/** The elements of a feed as the engine takes them. */
export function toNativeFeed(feed: Tensor): NativeArray {
  return toNativeArray(feed.type as DataType, elementsOf(feed));
}

/** Elements in memory of their own. (A Buffer's own `slice` shares its memory.) */
export function copyElements<T extends ElementArray>(data: T): T {
  return (ArrayBuffer.isView(data) ? Uint8Array.prototype.slice.call(data) : data.slice()) as T;
}

/** As {@link toNativeFeed}, in memory of its own, for a program that is not compiled yet or for several runs. */
export function holdFeed(feed: Tensor): NativeArray | HeldMemory {
  const elements = toNativeFeed(feed);
  if (elements !== feed.data) return elements;
  return native().holdCopy(elements, nativeTypes.indexOf(nativeTypeOf(feed.type as DataType)!));
}

/** The tensor of an output from its bytes in the engine. */
export function toTensor({ type, dims }: ValueType, bytes: ArrayBuffer): Tensor {
  return makeTensor(type, fromNative(type, bytes), dims);
}

/** A tensor of elements as {@link elementsOf} gives them. */
export function makeTensor(type: DataType, data: ElementArray, dims: readonly number[]): Tensor {
  if (type !== 'bfloat16') return new Tensor(type, data, dims.slice());
  // onnxruntime-common's class knows no bfloat16: its bits, under the type's own name.
  return Object.defineProperty(new Tensor('uint16', data as Uint16Array, dims.slice()), 'type', { value: type });
}

/** Elements of a type from their bytes in the engine. */
export function fromNative(type: DataType, bytes: ArrayBuffer): ElementArray {
  switch (type) {
    case 'float16':
      return float32ToFloat16(new Float32Array(bytes));
    case 'bfloat16':
      return float32ToBfloat16(new Float32Array(bytes));
    case 'float64':
      return Float64Array.from(new Float32Array(bytes));
    case 'uint64':
      return new BigUint64Array(bytes);
    case 'uint32':
      return uint32sOf(new BigInt64Array(bytes));
    case 'int8':
      return new Int8Array(bytes);
    case 'int16':
      return Int16Array.from(new Int32Array(bytes));
    case 'uint16':
      return Uint16Array.from(new Int32Array(bytes));
    default:
      switch (nativeTypeOf(type)) {
        case 'int64':
          return new BigInt64Array(bytes);
        case 'int32':
          return new Int32Array(bytes);
        case 'uint8':
        case 'bool':
          return new Uint8Array(bytes);
        default:
          return new Float32Array(bytes);
      }
  }
}

function uint32sOf(integers: BigInt64Array): Uint32Array {
  return Uint32Array.from({ length: integers.length }, (_, i) => Number(integers[i]));
}
