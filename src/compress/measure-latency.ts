import { checkOptions, type OptionTable } from '../base/options';
import type { LatencyModel } from '../latency/latency-model';
import type { ModelProto } from '../onnx/onnx_pb';
import { prepareOptions, type PrepareOptions } from './options';
import { prepareCompression } from './prepare';

/** The options of {@link CompressOptions} that affect times. */
export type LatencyOptions = Pick<
  PrepareOptions,
  | 'include'
  | 'exclude'
  | 'firstLayer'
  | 'foldBatchNorm'
  | 'inputShapes'
  | 'batch'
  | 'runThreads'
  | 'remeasure'
  | 'onMeasured'
  | 'signal'
  | 'int8'
  | 'int8Exclude'
>;

const { include, exclude, firstLayer, foldBatchNorm, inputShapes } = prepareOptions;
const { batch, runThreads, remeasure, onMeasured, signal, int8, int8Exclude } = prepareOptions;
const latencyOptions: OptionTable<LatencyOptions> = {
  ...{ include, exclude, firstLayer, foldBatchNorm, inputShapes },
  ...{ batch, runThreads, remeasure, onMeasured, signal, int8, int8Exclude },
};

/**
 * Measures the times of the layers that `compress` with the same options may replace, for several compressions by one latency
 * model: `compress(source, { latency: 0.5, latencyModel })`.
 *
 * @throws {GdwsError} as `compress` with the goal `latency`
 */
export async function measureLatency(
  source: string | Uint8Array | ModelProto,
  options: LatencyOptions = {},
): Promise<LatencyModel> {
  checkOptions(options, latencyOptions);
  const prepared = await prepareCompression(source, options);
  return prepared.latency();
}
