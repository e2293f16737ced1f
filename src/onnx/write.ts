import path from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { GdwsError } from '../base/errors';
import { externalize } from './externalize';
import { ModelProtoSchema, type ModelProto } from './onnx_pb';
import { isSameFile } from './same-file';
import { allTensors } from './tensors';
import { writeTogether } from './whole-file';

export { writeWhole } from './whole-file';

/** Limit of protobuf's readers. */
const maxBytes = 2 ** 31 - 1;

/**
 * The bytes of a model, with all its weights in it.
 *
 * @throws GdwsError OUTPUT_UNWRITABLE where they are more than the 2 GB that an ONNX file may have, OUT_OF_MEMORY
 */
export function encodeModel(model: ModelProto): Uint8Array {
  const bytes = encodeWithin(model, maxBytes);
  if (bytes) return bytes;
  throw new GdwsError('OUTPUT_UNWRITABLE', 'the model has more than the 2 GB that an ONNX file may have.', {
    remedy: 'Write it to a path: its weights then go to a file beside it.',
  });
}

/**
 * Writes a model file atomically. All weights are in it, also those that were read from other files; a model of 2 GB or more has
 * its weights in a file beside it, `<file>.data`.
 *
 * @param most bytes that the file may have, for tests
 * @param kept files that must not be replaced
 * @throws GdwsError OUTPUT_UNWRITABLE, OUT_OF_MEMORY; ARGUMENT_INVALID for a file that is to be kept
 */
export async function writeModel(
  model: ModelProto,
  file: string,
  most = maxBytes,
  kept: readonly string[] = [],
): Promise<void> {
  const whole = encodeWithin(model, most);
  const data = `${file}.data`;
  for (const target of whole ? [file] : [file, data]) await refuseReplacing(target, kept);
  if (whole) return writeTogether([{ file, parts: [whole] }]);
  const { bytes, parts } = externalize(model, path.basename(data));
  if (bytes.length > most) {
    throw new GdwsError('OUTPUT_UNWRITABLE', 'the model is too large even without its weights.', { file });
  }
  await writeTogether([
    { file: data, parts },
    { file, parts: [bytes] },
  ]);
}

async function refuseReplacing(file: string, kept: readonly string[]): Promise<void> {
  for (const source of kept) {
    if (!(await isSameFile(file, source))) continue;
    throw new GdwsError('ARGUMENT_INVALID', `the output is the model itself, which was read from ${source}.`, {
      file,
      remedy: 'Give another name; where networks are compressed, the option overwriteSource allows it.',
    });
  }
}

function encodeWithin(model: ModelProto, most: number): Uint8Array | undefined {
  let weights = 0;
  for (const { rawData } of allTensors(model)) weights += rawData.length;
  if (weights > most) return undefined;
  try {
    const bytes = toBinary(ModelProtoSchema, model);
    return bytes.length <= most ? bytes : undefined;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new GdwsError('OUT_OF_MEMORY', 'there is no room for the bytes of the model.', { cause });
  }
}
