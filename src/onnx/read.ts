import { fromBinary } from '@bufbuild/protobuf';
import { GdwsError } from '../base/errors';
import { checkLimit, defaultLimits, type Limits } from '../base/limits';
import { alignRawData } from './align';
import { loadExternalData, refuseExternalData, useGivenFiles, type GivenFiles } from './external-data';
import { formatOf } from './file-format';
import { ModelProtoSchema, type ModelProto } from './onnx_pb';
import { openRegular, readAndClose, type BeforeReading } from './regular-file';
import { scanModel } from './scan';

/**
 * Reads a model from a file, with the data that lies beside it, or from bytes, which are left as they are. Weights stay
 * where they are in the bytes: nothing is copied. Unknown fields are kept and written back.
 *
 * @param beforeReading called with the memory of each file
 * @param given files of weights that are not to be read
 * @throws GdwsError MODEL_UNREADABLE, MODEL_INVALID, EXTERNAL_DATA, LIMIT_EXCEEDED, OUT_OF_MEMORY
 */
export async function readModel(
  source: string | Uint8Array,
  limits: Limits = defaultLimits,
  beforeReading?: BeforeReading,
  given?: GivenFiles,
): Promise<ModelProto> {
  return (await readModelAndFiles(source, limits, beforeReading, given)).model;
}

/** As {@link readModel}, with the paths of all files that were read. */
export async function readModelAndFiles(
  source: string | Uint8Array,
  limits: Limits,
  beforeReading?: BeforeReading,
  given?: GivenFiles,
): Promise<{ model: ModelProto; files: string[] }> {
  if (typeof source !== 'string') {
    checkFileBytes(source.length, limits);
    const model = decodeModel(source, undefined, limits);
    refuseExternalData(model);
    return { model, files: [] };
  }
  const model = decodeModel(await readFile(source, limits, beforeReading), source, limits);
  alignRawData(model);
  if (given) useGivenFiles(model, given, limits, source);
  return { model, files: [source, ...(await loadExternalData(model, source, limits, beforeReading))] };
}

/**
 * What the makers of a model wrote into its file about it, by key. Weights beside the file are not read.
 *
 * @throws GdwsError MODEL_UNREADABLE, MODEL_INVALID, LIMIT_EXCEEDED, OUT_OF_MEMORY
 */
export async function readMetadata(file: string): Promise<Readonly<Record<string, string>>> {
  return customMetadataOf(decodeModel(await readFile(file, defaultLimits), file));
}

/** A model's metadata_props by key. */
export function customMetadataOf({ metadataProps }: ModelProto): Readonly<Record<string, string>> {
  return Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
}

async function readFile(file: string, limits: Limits, beforeReading?: BeforeReading): Promise<Uint8Array> {
  try {
    const handle = await openRegular(file);
    return await readAndClose(handle, (bytes) => checkFileBytes(bytes, limits, file), beforeReading);
  } catch (cause) {
    if (cause instanceof GdwsError) throw cause;
    if (cause instanceof RangeError)
      throw new GdwsError('OUT_OF_MEMORY', 'there is no room for the file.', { file, cause });
    throw new GdwsError('MODEL_UNREADABLE', `the file cannot be read: ${(cause as Error).message}.`, { file, cause });
  }
}

export function checkFileBytes(bytes: number, limits: Limits, file?: string): void {
  checkLimit(limits, 'fileBytes', bytes, 'the model has too many bytes', { file });
}

/** The messages in the bytes of a model. */
export function decodeModel(bytes: Uint8Array, file?: string, limits: Limits = defaultLimits): ModelProto {
  let model: ModelProto;
  try {
    scanModel(bytes, limits, file);
    model = fromBinary(ModelProtoSchema, bytes, { recursionLimit: limits.depth });
  } catch (cause) {
    if (cause instanceof GdwsError && cause.code !== 'LIMIT_EXCEEDED') throw cause;
    refuseFormat(bytes, file);
    if (cause instanceof GdwsError) throw cause;
    throw new GdwsError('MODEL_UNREADABLE', `this is not an ONNX model: ${(cause as Error).message}.`, {
      file,
      remedy: 'Is the file whole?',
      cause,
    });
  }
  if (!model.graph) {
    refuseFormat(bytes, file);
    throw new GdwsError('MODEL_INVALID', 'the model has no graph.', { file });
  }
  return model;
}

/** Refuses bytes of a known format other than ONNX. */
function refuseFormat(bytes: Uint8Array, file?: string): void {
  const format = formatOf(bytes);
  if (!format) return;
  const { name, remedy } = format;
  throw new GdwsError('MODEL_UNREADABLE', `this is not an ONNX model, but ${name}.`, { file, remedy });
}
