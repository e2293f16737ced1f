import { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import type { InferenceSession } from '../engine/session';
import { fromFloat32, isFloat } from '../onnx/floats';
import { arrayOfType, elementCount, type DataType } from '../onnx/value';
import { exampleShape } from './shapes';

/**
 * Random feeds in [0, 1), the same at every call; zeros for integers, which are often indices.
 *
 * @param batch the leading dim of every input that leaves it open; 1 by default
 * @param shapes of inputs that leave other dims open
 * @throws GdwsError SHAPE_UNKNOWN, SHAPE_MISMATCH, INPUT_UNKNOWN, TYPE_MISMATCH
 */
export function randomFeeds(
  session: InferenceSession,
  file: string,
  batch: number | undefined,
  shapes: Record<string, number[]> = {},
): { feeds: Record<string, Tensor>; batch: number } {
  const unknown = Object.keys(shapes).find((name) => !session.inputNames.includes(name));
  if (unknown !== undefined) {
    throw new GdwsError('INPUT_UNKNOWN', 'the model has no input of this name.', {
      file,
      tensor: unknown,
      remedy: `Its inputs are: ${session.inputNames.join(', ')}.`,
    });
  }
  const feeds = session.inputMetadata.map((metadata): [string, Tensor] => {
    if (!metadata.isTensor) throw new GdwsError('TYPE_MISMATCH', 'this input is no tensor.', { tensor: metadata.name });
    const dims = shapeOf(metadata.name, metadata.shape, file, batch, shapes[metadata.name]);
    return [metadata.name, randomTensor(metadata.name, metadata.type as DataType, dims, file)];
  });
  return { feeds: Object.fromEntries(feeds), batch: feeds[0]?.[1].dims[0] ?? 1 };
}

function shapeOf(
  name: string,
  declared: readonly (number | string)[],
  file: string,
  batch: number | undefined,
  given: readonly number[] | undefined,
): number[] {
  const place = { file, tensor: name, shape: declared.map((dim) => dim || '?') };
  return (given ?? declared).map((dim, axis) => {
    if (axis === 0 && batch !== undefined) {
      if (typeof declared[0] !== 'number' || declared[0] === batch) return batch;
      throw new GdwsError('SHAPE_MISMATCH', `the model takes batches of ${declared[0]} only, not of ${batch}.`, place);
    }
    if (typeof dim === 'number') return dim;
    if (axis === 0) return 1;
    throw new GdwsError('SHAPE_UNKNOWN', 'the model leaves the shape of this input open.', {
      ...place,
      remedy: `Give it: --shape ${name}=${exampleShape(declared)} (with its own numbers).`,
    });
  });
}

function randomTensor(name: string, type: DataType, dims: readonly number[], file: string): Tensor {
  const count = elementCount(dims);
  if (type === 'string') throw new GdwsError('TYPE_MISMATCH', 'the engine takes no strings.', { file, tensor: name });
  // A plain object, since onnxruntime-common's class knows no bfloat16.
  if (isFloat(type)) return fromFloat32(type, dims, Float32Array.from(numbers(count))) as unknown as Tensor;
  const data =
    type === 'uint8' ? Uint8Array.from(numbers(count), (value) => 256 * value) : new arrayOfType[type](count);
  return new Tensor(type as 'uint8', data as Uint8Array, dims);
}

/** Park and Miller's generator: the same numbers on every machine. */
function* numbers(count: number): Generator<number> {
  let state = 1;
  for (let index = 0; index < count; ++index) {
    state = (state * 48271) % 2147483647;
    yield state / 2147483647;
  }
}
