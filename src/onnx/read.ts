import { setImmediate } from 'node:timers/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { GdwsError } from '../errors';
import { checkLimit, defaultLimits, type Limits } from '../limits';
import { alignRawData } from './align';
import { loadExternalData, refuseExternalData } from './external-data';
import { formatOf } from './file-format';
import { FileMemory } from './file-memory';
import { ModelProtoSchema, type ModelProto } from './onnx_pb';
import { allocate, openRegular, readAndClose } from './regular-file';
import { scanModel } from './scan';

/**
 * Reads a model from a file, with the data that lies beside it, or from bytes, which are left as they are. Weights stay
 * where they are in the bytes: nothing is copied. What gdws does not know is kept and written back.
 *
 * @throws GdwsError MODEL_UNREADABLE, MODEL_INVALID, EXTERNAL_DATA, LIMIT_EXCEEDED, OUT_OF_MEMORY
 */
export async function readModel(source: string | Uint8Array, limits: Limits = defaultLimits): Promise<ModelProto> {
  return (await readModelAndFiles(source, limits)).model;
}

/** As {@link readModel}, with the paths of all files that were read. */
export async function readModelAndFiles(
  source: string | Uint8Array,
  limits: Limits,
): Promise<{ model: ModelProto; files: string[] }> {
  if (typeof source !== 'string') {
    checkFileBytes(source.length, limits);
    const model = decodeModel(source, undefined, limits);
    refuseExternalData(model);
    return { model, files: [] };
  }
  const model = decodeModel(await readFile(source, limits), source, limits);
  alignRawData(model);
  return { model, files: [source, ...(await loadExternalData(model, source, limits))] };
}

/**
 * As {@link readModel}, but bytes are copied, so that the caller may change or transfer them afterwards: in parts, between
 * which the event loop turns.
 *
 * @throws GdwsError MODEL_UNREADABLE, MODEL_INVALID, EXTERNAL_DATA, LIMIT_EXCEEDED, OUT_OF_MEMORY, ARGUMENT_INVALID
 */
export async function readModelCopy(source: string | Uint8Array, limits: Limits = defaultLimits): Promise<ModelProto> {
  if (typeof source === 'string') return readModel(source, limits);
  checkFileBytes(source.length, limits);
  const bytes = allocateForModel(source.length);
  for (let at = 0; at < bytes.length; at += copiedAtOnce) {
    if (at > 0) await setImmediate();
    if (source.length !== bytes.length) {
      throw new GdwsError('ARGUMENT_INVALID', 'the bytes were transferred before the model was read.');
    }
    bytes.set(source.subarray(at, at + copiedAtOnce), at);
  }
  const model = decodeModel(bytes, undefined, limits);
  refuseExternalData(model);
  alignRawData(model);
  return model;
}

/** What is copied in a few milliseconds even to fresh pages. */
const copiedAtOnce = 2 << 20;

function allocateForModel(bytes: number): Uint8Array {
  try {
    return allocate(bytes);
  } catch (cause) {
    throw new GdwsError('OUT_OF_MEMORY', 'there is no room for the model.', { cause });
  }
}

async function readFile(file: string, limits: Limits): Promise<Uint8Array> {
  try {
    return await readAndClose(await openRegular(file), (bytes) => checkFileBytes(bytes, limits, file));
  } catch (cause) {
    if (cause instanceof GdwsError) throw cause;
    if (cause instanceof RangeError)
      throw new GdwsError('OUT_OF_MEMORY', 'there is no room for the file.', { file, cause });
    throw new GdwsError('MODEL_UNREADABLE', `the file cannot be read: ${(cause as Error).message}.`, { file, cause });
  }
}

function checkFileBytes(bytes: number, limits: Limits, file?: string): void {
  checkLimit(limits, 'fileBytes', bytes, 'the model has too many bytes', { file });
}

/**
 * As {@link readModel}, for a session: the file's bytes, which are most of what it needs, can be given back to the system
 * while they are not needed. Without `memory` where the runtime does not allow that.
 *
 * @throws GdwsError MODEL_UNREADABLE, MODEL_INVALID, EXTERNAL_DATA, LIMIT_EXCEEDED, OUT_OF_MEMORY
 */
export async function readModelReleasably(
  file: string,
  limits: Limits = defaultLimits,
): Promise<{ model: ModelProto; memory: FileMemory | undefined }> {
  const memory = await FileMemory.read(file, (bytes) => checkFileBytes(bytes, limits, file));
  if (!memory) return { model: await readModel(file, limits), memory };
  try {
    const model = decodeModel(memory.bytes, file, limits);
    memory.moves = alignRawData(model);
    await loadExternalData(model, file, limits);
    return { model, memory };
  } catch (error) {
    memory.close();
    throw error;
  }
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

/** Names what bytes are that cannot be read as a model, where that can be told. */
function refuseFormat(bytes: Uint8Array, file?: string): void {
  const format = formatOf(bytes);
  if (!format) return;
  const { name, remedy } = format;
  throw new GdwsError('MODEL_UNREADABLE', `this is not an ONNX model, but ${name}.`, { file, remedy });
}
