import { setImmediate } from 'node:timers/promises';
import { native } from '../addon/native';
import { GdwsError } from '../base/errors';
import { defaultLimits, type Limits } from '../base/limits';
import { alignRawData } from '../onnx/align';
import { loadExternalData, refuseExternalData, useGivenFiles, type GivenFiles } from '../onnx/external-data';
import type { ModelProto } from '../onnx/onnx_pb';
import { checkFileBytes, decodeModel, readModel, readModelAndFiles } from '../onnx/read';
import { FileMemory } from './file-memory';

/**
 * As {@link readModel}, but bytes are copied, so that the caller may change or transfer them afterwards; in parts, between which
 * the event loop runs.
 *
 * @param given files of weights that are not to be read
 * @throws GdwsError MODEL_UNREADABLE, MODEL_INVALID, EXTERNAL_DATA, LIMIT_EXCEEDED, OUT_OF_MEMORY, ARGUMENT_INVALID
 */
export async function readModelCopy(
  source: string | Uint8Array,
  limits: Limits = defaultLimits,
  given?: GivenFiles,
): Promise<ModelProto> {
  if (typeof source === 'string') return readModel(source, limits, preferHugePages, given);
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
  alignRawData(model);
  if (given) useGivenFiles(model, given, limits);
  refuseExternalData(model);
  return model;
}

/** Bytes that are copied in a few milliseconds even to fresh pages. */
const copiedAtOnce = 2 << 20;

function allocateForModel(bytes: number): Uint8Array {
  let memory;
  try {
    memory = new Uint8Array(bytes);
  } catch (cause) {
    throw new GdwsError('OUT_OF_MEMORY', 'there is no room for the model.', { cause });
  }
  preferHugePages(memory);
  return memory;
}

/** Asks the system for huge pages for untouched memory: page faults of small pages take longer than the copy. */
export function preferHugePages(memory: Uint8Array): void {
  native().preferHugePages(memory);
}

/** A model for a session. */
export interface ReadModel {
  readonly model: ModelProto;
  /** The bytes of its file, where they can be given back to the system. */
  readonly memory: FileMemory | undefined;
  /** Paths of all files that were read. */
  readonly files: readonly string[];
}

/** As {@link readModelCopy}, with the paths of all files that were read. */
export async function readModelForSession(
  source: string | Uint8Array,
  limits: Limits,
  given?: GivenFiles,
): Promise<ReadModel> {
  if (typeof source === 'string') {
    return { ...(await readModelAndFiles(source, limits, preferHugePages, given)), memory: undefined };
  }
  return { model: await readModelCopy(source, limits, given), memory: undefined, files: [] };
}

/**
 * As {@link readModel}, for a session: the file's bytes, most of its memory, can be given back to the system while they are not
 * needed. `memory` is undefined where the runtime does not support that.
 *
 * @throws GdwsError MODEL_UNREADABLE, MODEL_INVALID, EXTERNAL_DATA, LIMIT_EXCEEDED, OUT_OF_MEMORY
 */
export async function readModelReleasably(
  file: string,
  limits: Limits = defaultLimits,
  given?: GivenFiles,
): Promise<ReadModel> {
  const memory = await FileMemory.read(file, (bytes) => checkFileBytes(bytes, limits, file));
  if (!memory) return { ...(await readModelAndFiles(file, limits, preferHugePages, given)), memory };
  try {
    const model = decodeModel(memory.bytes, file, limits);
    memory.moves = alignRawData(model);
    if (given) useGivenFiles(model, given, limits, file);
    const beside = await loadExternalData(model, file, limits, preferHugePages);
    return { model, memory, files: [file, ...beside] };
  } catch (error) {
    memory.close();
    throw error;
  }
}
