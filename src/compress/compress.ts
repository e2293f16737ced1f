import { checkOptions, pickOptions } from '../base/options';
import type { ModelProto } from '../onnx/onnx_pb';
import type { Compression } from './compression';
import { checkIntegerOptions, compressOptions, goalOf, prepareOptions, type CompressOptions } from './options';
import { prepareCompression } from './prepare';

/**
 * Replaces the K×K convolutions of a trained network by generalized depthwise-separable ones (Dbouk and Shanbhag, NeurIPS
 * 2021), or quantizes it to 8 bits, or both, without training. The summary says which convolutions stay dense, and why. Operators that gdws cannot run are kept as
 * they are. Decompositions run off the JavaScript thread.
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
  checkIntegerOptions(options, options.int8 === true);
  const prepared = await prepareCompression(source, pickOptions(prepareOptions, options));
  return prepared.compress(goal);
}
