import { create } from '@bufbuild/protobuf';
import { GdwsError, type ErrorDetails } from '../base/errors';
import {
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as Code,
  TensorProtoSchema,
  type TensorProto,
} from './onnx_pb';
import { arrayOfType, elementCount, type Constant, type DataType, type NumberArray } from './value';

const typeByCode = new Map<number, DataType>([
  [Code.FLOAT, 'float32'],
  [Code.DOUBLE, 'float64'],
  [Code.FLOAT16, 'float16'],
  [Code.BFLOAT16, 'bfloat16'],
  [Code.INT8, 'int8'],
  [Code.UINT8, 'uint8'],
  [Code.INT16, 'int16'],
  [Code.UINT16, 'uint16'],
  [Code.INT32, 'int32'],
  [Code.UINT32, 'uint32'],
  [Code.INT64, 'int64'],
  [Code.UINT64, 'uint64'],
  [Code.BOOL, 'bool'],
  [Code.STRING, 'string'],
]);
const codeByType = new Map([...typeByCode].map(([code, type]) => [type, code]));

/** The element type that ONNX numbers `code`; `undefined` for those that gdws does not know (complex, float8, int4). */
export function dataTypeOf(code: number): DataType | undefined {
  return typeByCode.get(code);
}

/** ONNX's number of an element type. */
export function dataTypeCode(type: DataType): number {
  return codeByType.get(type)!;
}

/** Whether the elements lie in another file. */
export function isExternal({ dataLocation }: TensorProto): boolean {
  return (dataLocation as DataLocation) === DataLocation.EXTERNAL;
}

/** Bytes of a tensor's elements as raw data; `undefined` for types that have no raw form or that gdws does not know. */
export function rawLength({ dataType, dims }: TensorProto): number | undefined {
  const type = dataTypeOf(dataType);
  if (type === undefined || type === 'string') return undefined;
  return elementCount(dims.map(Number)) * arrayOfType[type].BYTES_PER_ELEMENT;
}

/**
 * The elements of a tensor, however the file stores them: raw little-endian bytes, or the field of their type.
 * External data must have been loaded (see {@link readModel}).
 *
 * @see https://onnx.ai/onnx/repo-docs/IR.html#tensors
 * @throws GdwsError MODEL_INVALID where elements are missing or too many, OPERATOR_UNSUPPORTED for a type that gdws does
 *   not know, EXTERNAL_DATA
 */
export function decodeTensor(tensor: TensorProto, place: ErrorDetails = {}): Constant {
  const at: ErrorDetails = { tensor: tensor.name || undefined, ...place };
  const type = dataTypeOf(tensor.dataType);
  if (!type) throw unknownType(tensor.dataType, at);
  const dims = tensor.dims.map(Number);
  const count = elementCount(dims);
  if (!Number.isSafeInteger(count) || dims.some((dim) => dim < 0)) {
    throw new GdwsError('MODEL_INVALID', 'the dimensions make no sense.', { ...at, shape: dims });
  }
  if (isExternal(tensor)) {
    throw new GdwsError('EXTERNAL_DATA', 'the elements lie in a file beside the model, which was not read.', {
      ...at,
      remedy: 'Read the model from its path, not from its bytes.',
    });
  }
  const data = type === 'string' ? decodeStrings(tensor) : decodeNumbers(tensor, type, count, at);
  if (data.length !== count) {
    throw new GdwsError('MODEL_INVALID', `the tensor has ${data.length} elements where its shape has ${count}.`, {
      ...at,
      shape: dims,
    });
  }
  return { type, dims, data };
}

function unknownType(code: number, at: ErrorDetails): GdwsError {
  // All but UNDEFINED are types of ONNX: those that the schema here does not list came after it.
  return code > 0
    ? new GdwsError('OPERATOR_UNSUPPORTED', `tensors of ONNX's element type ${code} are not supported.`, at)
    : new GdwsError('MODEL_INVALID', `${code} is no element type.`, at);
}

function decodeStrings({ stringData }: TensorProto): readonly string[] {
  const decoder = new TextDecoder();
  return stringData.map((bytes) => decoder.decode(bytes));
}

function decodeNumbers(
  tensor: TensorProto,
  type: Exclude<DataType, 'string'>,
  count: number,
  at: ErrorDetails,
): NumberArray {
  const ElementArray = arrayOfType[type];
  const { rawData, floatData, int32Data, int64Data, doubleData, uint64Data } = tensor;
  if (rawData.length > 0) {
    const size = ElementArray.BYTES_PER_ELEMENT;
    if (rawData.length !== count * size) {
      const summary = `the tensor has ${rawData.length} bytes where its shape needs ${count * size}.`;
      throw new GdwsError('MODEL_INVALID', summary, { ...at, shape: tensor.dims.map(Number) });
    }
    // Typed arrays must be aligned, and protobuf does not align. (The bytes of a file are a Buffer, whose `slice` does not copy.)
    const bytes = rawData.byteOffset % size === 0 ? rawData : new Uint8Array(rawData);
    // Some writers store true as 255.
    if (type === 'bool' && bytes.some((byte) => byte > 1))
      return Uint8Array.from({ length: bytes.length }, (_, i) => +(bytes[i]! > 0));
    return new ElementArray(bytes.buffer as ArrayBuffer, bytes.byteOffset, count);
  }
  switch (type) {
    case 'float32':
      return Float32Array.from(floatData);
    case 'float64':
      return Float64Array.from(doubleData);
    case 'int64':
      return BigInt64Array.from(int64Data);
    case 'uint64':
      return BigUint64Array.from(uint64Data);
    case 'uint32':
      return Uint32Array.from(uint64Data, Number);
    case 'bool':
      return Uint8Array.from(int32Data, (element) => +(element !== 0));
    default:
      return (ElementArray as Int32ArrayConstructor).from(int32Data);
  }
}

/** A tensor message with raw bytes, as exporters write it. The bytes share the constant's memory. */
export function encodeTensor(name: string, { type, dims, data }: Constant): TensorProto {
  const message = create(TensorProtoSchema, { name, dataType: dataTypeCode(type), dims: dims.map(BigInt) });
  if (type === 'string') {
    const encoder = new TextEncoder();
    message.stringData = (data as readonly string[]).map((text) => encoder.encode(text));
  } else {
    const { buffer, byteOffset, byteLength } = data as Float32Array<ArrayBuffer>;
    message.rawData = new Uint8Array(buffer, byteOffset, byteLength);
  }
  return message;
}
