import path from 'node:path';
import { GdwsError, type ErrorDetails } from '../base/errors';
import { checkLimit, type Limits } from '../base/limits';
import { readWithin } from './folder';
import { TensorProto_DataLocation as DataLocation, type ModelProto, type TensorProto } from './onnx_pb';
import type { BeforeReading } from './regular-file';
import { isExternal, rawLength } from './tensor';
import { allTensors } from './tensors';

/** The bytes of files of weights, by their normalized paths from the folder of the model. */
export type GivenFiles = ReadonlyMap<string, Uint8Array>;

/**
 * Takes weights from files that are given rather than read. Those of other files stay external.
 *
 * @param file the model's path, for errors
 * @throws GdwsError EXTERNAL_DATA, LIMIT_EXCEEDED
 */
export function useGivenFiles(model: ModelProto, given: GivenFiles, limits: Limits, file?: string): void {
  if (given.size === 0) return;
  let used = 0;
  for (const tensor of externalTensors(model)) {
    const at: ErrorDetails = { file, tensor: tensor.name || undefined };
    const entries = entriesOf(tensor, at);
    const bytes = given.get(path.posix.normalize(entries.location));
    if (bytes) used = useBytes(tensor, bytes, entries, used, limits, at);
  }
}

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
    const entries = entriesOf(tensor, at);
    const { location } = entries;
    let bytes = files.get(location);
    if (!bytes) {
      const check = (size: number) => {
        checkLimit(limits, 'externalBytes', (read += size), 'the files beside the model have too many bytes', at);
      };
      bytes = await readWithin({ folder: path.dirname(file), location, at, check, beforeReading });
      files.set(location, bytes);
    }
    used = useBytes(tensor, bytes, entries, used, limits, at);
  }
  return [...files.keys()].map((location) => path.join(path.dirname(file), location));
}

/** Gives a tensor its part of a file's bytes; the bytes that all tensors have then, of which `used` were before. */
function useBytes(
  tensor: TensorProto,
  bytes: Uint8Array,
  { location, offset, length }: ReturnType<typeof entriesOf>,
  used: number,
  limits: Limits,
  at: ErrorDetails,
): number {
  const end = offset + (length ?? rawLength(tensor) ?? Math.max(0, bytes.length - offset));
  if (!(end <= bytes.length)) {
    throw new GdwsError('EXTERNAL_DATA', `'${location}' has ${bytes.length} bytes, and needs ${end}.`, at);
  }
  const all = used + end - offset;
  // Tensors may share bytes, but each may be copied.
  checkLimit(limits, 'externalBytes', all, 'the data beside the model have too many bytes', at);
  tensor.rawData = bytes.subarray(offset, end);
  tensor.dataLocation = DataLocation.DEFAULT;
  tensor.externalData = [];
  return all;
}

/** @throws GdwsError EXTERNAL_DATA where a model of which only the bytes are known has data in other files */
export function refuseExternalData(model: ModelProto): void {
  for (const { name } of externalTensors(model)) {
    throw new GdwsError('EXTERNAL_DATA', 'the elements lie in a file beside the model.', {
      tensor: name || undefined,
      remedy: 'Read the model from its path, not from its bytes; a session also takes the option externalData.',
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
