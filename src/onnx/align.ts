import type { ModelProto } from './onnx_pb';
import { dataTypeOf } from './tensor';
import { allTensors } from './tensors';
import { arrayOfType } from './value';

/** Bytes that were moved within their buffer. */
export interface Move {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/**
 * Moves the raw data of tensors, which protobuf does not align, down to multiples of their element size within the bytes that
 * they were decoded from, so that typed arrays can view them without a copy. The space before them has the field's tag and
 * length, which are not read again. Data with too little space stay.
 *
 * Nothing else may use the bytes.
 *
 * @returns all moves, in order
 */
export function alignRawData(model: ModelProto): Move[] {
  const moves: Move[] = [];
  for (const tensor of allTensors(model)) {
    const { rawData } = tensor;
    const type = dataTypeOf(tensor.dataType);
    if (type === undefined || type === 'string') continue;
    const shift = rawData.byteOffset % arrayOfType[type].BYTES_PER_ELEMENT;
    if (shift === 0 || shift > headerBytes(rawData.length)) continue;
    const aligned = new Uint8Array(rawData.buffer, rawData.byteOffset - shift, rawData.length);
    aligned.set(rawData);
    tensor.rawData = aligned;
    moves.push({ from: rawData.byteOffset, to: aligned.byteOffset, length: rawData.length });
  }
  return moves;
}

/** Least number of bytes before a field of a given length: its tag, and the length with 7 bits a byte. */
function headerBytes(length: number): number {
  return 1 + Math.max(1, Math.ceil(Math.log2(length + 1) / 7));
}
