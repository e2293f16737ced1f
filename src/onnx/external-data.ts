import path from 'node:path';
import { GdwsError, type ErrorDetails } from '../base/errors';
import { checkLimit, type Limits } from '../base/limits';
import { readWithin } from './folder';
import { TensorProto_DataLocation as DataLocation, type ModelProto, type TensorProto } from './onnx_pb';
import type { BeforeReading } from './regular-file';
import { isExternal, rawLength } from './tensor';
import { allTensors } from './tensors';

/**
 * Loads the weights in files beside a model into its messages. Each file is read once, and its bytes are shared.
 *
 * @returns the paths of the files
 * @param file the model's path; no data may lie outside its folder, not even through a link
 * @see https://onnx.ai/onnx/repo-docs/ExternalData.html
 * @throws GdwsError EXTERNAL_DATA, LIMIT_EXCEEDED, OUT_OF_MEMORY
 */
export async function loadExternalData(
  model: ModelProto,
  file: string,
  limits: Limits,
  beforeReading?: BeforeReading,
): Promise<string[]> {
  const files = new Map<string, Uint8Array>();
  let read = 0;
  let used = 0;
  for (const tensor of externalTensors(model)) {
    const at: ErrorDetails = { file, tensor: tensor.name || undefined };
    const { location, offset, length } = entriesOf(tensor, at);
    let bytes = files.get(location);
    if (!bytes) {
      const check = (size: number) => {
        checkLimit(limits, 'externalBytes', (read += size), 'the files beside the model have too many bytes', at);
      };
      bytes = await readWithin({ folder: path.dirname(file), location, at, check, beforeReading });
      files.set(location, bytes);
    }
    const end = offset + (length ?? rawLength(tensor) ?? Math.max(0, bytes.length - offset));
    if (!(end <= bytes.length)) {
      throw new GdwsError('EXTERNAL_DATA', `'${location}' has ${bytes.length} bytes, and needs ${end}.`, at);
    }
    // Tensors may share bytes, but each may be copied.
    checkLimit(limits, 'externalBytes', (used += end - offset), 'the data beside the model have too many bytes', at);
    tensor.rawData = bytes.subarray(offset, end);
    tensor.dataLocation = DataLocation.DEFAULT;
    tensor.externalData = [];
  }
  return [...files.keys()].map((location) => path.join(path.dirname(file), location));
}

/** @throws GdwsError EXTERNAL_DATA where a model of which only the bytes are known has data in other files */
export function refuseExternalData(model: ModelProto): void {
  for (const { name } of externalTensors(model)) {
    throw new GdwsError('EXTERNAL_DATA', 'the elements lie in a file beside the model.', {
      tensor: name || undefined,
      remedy: 'Read the model from its path, not from its bytes.',
    });
  }
}

function* externalTensors(model: ModelProto): Generator<TensorProto> {
  for (const tensor of allTensors(model)) if (isExternal(tensor)) yield tensor;
}

function entriesOf({ externalData }: TensorProto, at: ErrorDetails) {
  const entries = new Map(externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location');
  if (!location) throw new GdwsError('EXTERNAL_DATA', 'the tensor does not say where its data lies.', at);
  const whole = (key: string): number | undefined => {
    const text = entries.get(key);
    if (text === undefined) return undefined;
    const number = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) {
      throw new GdwsError('EXTERNAL_DATA', `its ${key} is '${text}'.`, at);
    }
    return number;
  };
  return { location, offset: whole('offset') ?? 0, length: whole('length') };
}
