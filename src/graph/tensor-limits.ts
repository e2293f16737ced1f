import { GdwsError, type ErrorDetails } from '../base/errors';
import { checkLimit, type Limits } from '../base/limits';
import { arrayOfType, elementCount, type ValueType } from '../onnx/value';

/** Limit of the dims of a tensor, the same as in NumPy. */
const maxDims = 64;

/** Least memory that V8 takes for a string. */
const stringBytes = 16;

/** Bytes of a tensor's elements; Infinity on overflow. */
export function tensorBytes({ type, dims }: ValueType): number {
  return elementCount(dims) * (type === 'string' ? stringBytes : arrayOfType[type].BYTES_PER_ELEMENT);
}

function isLength(dim: number): boolean {
  return Number.isSafeInteger(dim) && dim >= 0;
}

/** @throws GdwsError LIMIT_EXCEEDED for a tensor of too many bytes, OPERATOR_UNSUPPORTED for too many dims, SHAPE_MISMATCH for invalid ones */
export function checkTensor(limits: Limits, value: ValueType, place: ErrorDetails): void {
  const { dims } = value;
  const bytes = tensorBytes(value);
  if (dims.length <= maxDims && dims.every(isLength) && bytes <= limits.tensorBytes) return;
  const at = { ...place, shape: dims.slice(0, maxDims) };
  if (dims.length > maxDims) {
    throw new GdwsError('OPERATOR_UNSUPPORTED', `a tensor of ${dims.length} dimensions is not supported.`, at);
  }
  if (!dims.every(isLength)) throw new GdwsError('SHAPE_MISMATCH', 'the dimensions make no sense.', at);
  checkLimit(limits, 'tensorBytes', bytes, 'the tensor has too many bytes', at);
}
