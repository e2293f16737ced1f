import type { ModelProto } from '../onnx/onnx_pb';
import type { WriteOptions } from './options';
import type { CompressionSummary } from './summary';

/** A compressed network. */
export interface Compression {
  /** The model as a protobuf message of `@bufbuild/protobuf`. */
  readonly model: ModelProto;
  /** Changes and cost of each layer. */
  readonly summary: CompressionSummary;
  /** The model as the bytes of an ONNX file. */
  bytes(): Uint8Array;
  /**
   * Writes the model to a file: all of it or nothing. A file of that name is replaced, unless the model was read from it.
   *
   * @throws {GdwsError} OUTPUT_UNWRITABLE; ARGUMENT_INVALID for a file that the model was read from, or its weights
   */
  write(path: string, options?: WriteOptions): Promise<void>;
}
