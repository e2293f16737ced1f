import fs from 'node:fs/promises';
import path from 'node:path';
import { GdwsError, type ErrorDetails } from '../errors';
import { TensorProto_DataLocation as DataLocation, type ModelProto, type TensorProto } from './onnx_pb';
import { allTensors } from './tensors';

/**
 * Brings the weights that lie in files beside a model into its messages. Each file is read once.
 *
 * @param folder the model's folder, which no file may lie outside of, not even through a link
 * @see https://onnx.ai/onnx/repo-docs/ExternalData.html
 * @throws GdwsError EXTERNAL_DATA
 */
export async function loadExternalData(model: ModelProto, folder: string, file: string): Promise<void> {
  const files = new Map<string, Uint8Array>();
  for (const tensor of allTensors(model)) {
    if (tensor.dataLocation !== DataLocation.EXTERNAL) continue;
    const at: ErrorDetails = { file, tensor: tensor.name || undefined };
    const { location, offset, length } = entriesOf(tensor, at);
    let bytes = files.get(location);
    if (!bytes) {
      bytes = await readWithin(folder, location, at);
      files.set(location, bytes);
    }
    const end = length === undefined ? bytes.length : offset + length;
    if (offset > bytes.length || end > bytes.length) {
      throw new GdwsError('EXTERNAL_DATA', `'${location}' has ${bytes.length} bytes, and byte ${end} is needed.`, at);
    }
    tensor.rawData = bytes.subarray(offset, end);
    tensor.dataLocation = DataLocation.DEFAULT;
    tensor.externalData = [];
  }
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

async function readWithin(folder: string, location: string, at: ErrorDetails): Promise<Uint8Array> {
  const refuse = (summary: string, cause?: unknown) => {
    const remedy = 'Put the data in the folder of the model.';
    return new GdwsError('EXTERNAL_DATA', summary, { ...at, remedy, cause });
  };
  if (path.isAbsolute(location) || path.win32.isAbsolute(location) || location.includes('\0')) {
    throw refuse(`'${location}' is not a path relative to the model.`);
  }
  try {
    // Links are resolved before the comparison, so that none leads out.
    const root = await fs.realpath(folder);
    const target = await fs.realpath(path.join(root, location));
    const relative = path.relative(root, target);
    if (relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) {
      throw refuse(`'${location}' lies outside the folder of the model.`);
    }
    return await fs.readFile(target);
  } catch (error) {
    throw error instanceof GdwsError
      ? error
      : refuse(`'${location}' cannot be read: ${(error as Error).message}.`, error);
  }
}
