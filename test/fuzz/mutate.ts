import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from '../../src/onnx/onnx_pb';
import { mutateBytes } from './mutate-bytes';
import { mutateMessages } from './mutate-messages';
import type { Random } from './random';

/** A mutant of one of the files, with something of the others: its messages, its bytes, or both changed a little. */
export function mutate(random: Random, files: readonly Uint8Array[]): Uint8Array {
  const bytes = random.of(files);
  const structured = random.next() < 0.85 ? mutatedMessages(random, bytes, random.of(files)) : bytes;
  return structured === bytes || random.next() < 0.1 ? mutateBytes(random, structured) : structured;
}

function mutatedMessages(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  try {
    const model = fromBinary(ModelProtoSchema, bytes);
    // Mostly one change: models that are wrong in two ways are refused for the first.
    const changes = 1 + Math.floor(-Math.log(1 - random.next()) * 1.2);
    for (let i = 0; i < changes; i++) mutateMessages(random, model, fromBinary(ModelProtoSchema, other));
    return toBinary(ModelProtoSchema, model);
  } catch {
    // The bytes of an earlier finding may be no messages, and what was made of them none that can be written.
    return bytes;
  }
}
