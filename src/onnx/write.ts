import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { GdwsError } from '../errors';
import { ModelProtoSchema, type ModelProto } from './onnx_pb';

/** Protobuf's readers refuse a message that is larger. */
const mostBytes = 2 ** 31 - 1;

/** The bytes of a model, with all its weights in it. */
export function encodeModel(model: ModelProto): Uint8Array {
  const bytes = toBinary(ModelProtoSchema, model);
  if (bytes.length > mostBytes) {
    throw new GdwsError('OUTPUT_UNWRITABLE', `the model has ${bytes.length} bytes, more than an ONNX file may have.`);
  }
  return bytes;
}

/**
 * Writes a model file, whole or not at all: beside its place first, then moved there.
 *
 * @throws GdwsError OUTPUT_UNWRITABLE
 */
export async function writeModel(model: ModelProto, file: string): Promise<void> {
  await writeWhole(file, encodeModel(model));
}

/** Writes a file beside its place, then moves it there; on failure nothing is left behind. */
export async function writeWhole(file: string, bytes: Uint8Array | string): Promise<void> {
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}.tmp`);
  try {
    await fs.writeFile(beside, bytes, { flag: 'wx' });
    await fs.rename(beside, file);
  } catch (cause) {
    await fs.rm(beside, { force: true }).catch(() => undefined);
    throw new GdwsError('OUTPUT_UNWRITABLE', `the file cannot be written: ${(cause as Error).message}.`, {
      file,
      remedy: 'Does the folder exist, and may you write there?',
      cause,
    });
  }
}
