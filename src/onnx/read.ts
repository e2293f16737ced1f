import fs from 'node:fs/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { GdwsError } from '../errors';
import { alignRawData } from './align';
import { loadExternalData, refuseExternalData } from './external-data';
import { FileMemory } from './file-memory';
import { ModelProtoSchema, type ModelProto } from './onnx_pb';

/**
 * Reads a model from a file, with the data that lies beside it, or from bytes, which are left as they are. Weights stay
 * where they are in the bytes: nothing is copied. What gdws does not know is kept and written back.
 *
 * @throws GdwsError MODEL_UNREADABLE, MODEL_INVALID, EXTERNAL_DATA
 */
export async function readModel(source: string | Uint8Array): Promise<ModelProto> {
  if (typeof source !== 'string') {
    const model = decodeModel(source);
    refuseExternalData(model);
    return model;
  }
  let bytes: Uint8Array;
  try {
    bytes = await fs.readFile(source);
  } catch (cause) {
    throw new GdwsError('MODEL_UNREADABLE', `the file cannot be read: ${(cause as Error).message}.`, {
      file: source,
      cause,
    });
  }
  const model = decodeModel(bytes, source);
  alignRawData(model);
  await loadExternalData(model, source);
  return model;
}

/**
 * As {@link readModel}, for a session: the file's bytes, which are most of what it needs, can be given back to the system
 * while they are not needed.
 *
 * @throws GdwsError MODEL_UNREADABLE, MODEL_INVALID, EXTERNAL_DATA
 */
export async function readModelReleasably(file: string): Promise<{ model: ModelProto; memory: FileMemory }> {
  const memory = await FileMemory.read(file);
  try {
    const model = decodeModel(memory.bytes, file);
    memory.moves = alignRawData(model);
    await loadExternalData(model, file);
    return { model, memory };
  } catch (error) {
    memory.close();
    throw error;
  }
}

/** The messages in the bytes of a model. */
export function decodeModel(bytes: Uint8Array, file?: string): ModelProto {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new GdwsError('MODEL_UNREADABLE', `this is not an ONNX model: ${(cause as Error).message}.`, {
      file,
      remedy: 'Is the file whole, and not a Git LFS pointer?',
      cause,
    });
  }
  if (!model.graph) {
    throw new GdwsError(bytes.length === 0 ? 'MODEL_UNREADABLE' : 'MODEL_INVALID', 'the model has no graph.', { file });
  }
  return model;
}
