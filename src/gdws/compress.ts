import type { ModelProto } from '../onnx/onnx_pb';
import { checkOptions, only } from '../options';
import { compressOptions, goalOf, prepareOptions, type CompressOptions, type WriteOptions } from './options';
import { prepareCompression } from './prepare';
import type { CompressionSummary } from './summary';

/** A compressed network. */
export interface Compression {
  readonly model: ModelProto;
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

/**
 * Replaces the K×K convolutions of a trained network by generalized depthwise-separable ones (Dbouk and Shanbhag, NeurIPS
 * 2021), without training. What stays dense, and why, is in the summary. Operators that gdws cannot run are kept as they
 * are. Decompositions run off the JavaScript thread.
 *
 * @param source path or bytes of an ONNX model, or the model itself, which is not modified
 * @throws {GdwsError} ARGUMENT_INVALID for options that make no sense, BUDGET_OUT_OF_RANGE for a budget that cannot be met,
 *   SHAPE_UNKNOWN for `macs` where shapes are missing, MODEL_* for a bad model, ABORTED
 */
export async function compress(
  source: string | Uint8Array | ModelProto,
  options: CompressOptions = {},
): Promise<Compression> {
  checkOptions(options, compressOptions);
  const goal = goalOf(options);
  const prepared = await prepareCompression(source, only(prepareOptions, options));
  return prepared.compress(goal);
}
