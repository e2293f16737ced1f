import type { CalibrationImages } from '../calibrate/images';
import type { Graph } from '../graph/graph';
import type { NodeProto } from '../onnx/onnx_pb';
import type { KnownValue } from '../onnx/value';
import { channelReaders, type ChannelReader } from './channel-readers';
import { channelScales } from './channel-scales';
import { channelStatistics, type MeasuringOptions } from './channel-statistics';
import { floatBias, setFloatBias, setFloatWeights } from './float-weights';
import { pointwiseStageOf } from './pointwise-stage';
import { weightRowsOf } from './product-weights';

/** A network and what is known of it. */
export interface EqualizedNetwork {
  readonly graph: Graph;
  /** Shapes of all tensors. */
  readonly values: ReadonlyMap<string, KnownValue>;
  /** Products that may be changed. */
  readonly products: readonly NodeProto[];
}

/**
 * Divides channels between products by powers of two, and multiplies the weights that read them, where one scale for all of a tensor's
 * bytes fits them better then. In floats, the networks give what they gave before.
 *
 * @param measured the network whose channels are measured
 * @param others networks with the same tensors between the same layers
 * @returns the outputs of the products whose channels were scaled
 */
export async function equalizeChannels(
  measured: EqualizedNetwork,
  others: readonly EqualizedNetwork[],
  images: CalibrationImages,
  options: MeasuringOptions,
): Promise<readonly string[]> {
  const networks = [measured, ...others];
  const paths = measured.products.flatMap((producer) => {
    const [tensor = ''] = producer.output;
    const found = networks.map((network) => pathFrom(network, tensor));
    return found.every((path) => path !== undefined) ? [{ tensor, found }] : [];
  });
  const read = paths.flatMap(({ found }) => found[0]!.readers);
  const statistics = await channelStatistics(
    measured.graph,
    new Map(read.map((one) => [one.tensor, one])),
    images,
    options,
  );
  const scaled: string[] = [];
  for (const { tensor, found } of paths) {
    const [{ producer, readers }] = found as [Path];
    const known = readers.flatMap(({ node, tensor, channels }) => {
      const own = statistics.get(tensor);
      return own ? [{ ...own, channels, weights: weightRowsOf(measured.graph, node) }] : [];
    });
    if (known.length < readers.length) continue;
    const scales = channelScales(weightRowsOf(measured.graph, producer).outputs, known);
    if (!scales) continue;
    networks.forEach(({ graph }, i) => scaleChannels(graph, found[i]!, scales));
    scaled.push(tensor);
  }
  return scaled;
}

/** A product, and those that read its channels. */
export interface Path {
  readonly producer: NodeProto;
  readonly readers: readonly ChannelReader[];
}

export function pathFrom({ graph, values, products }: EqualizedNetwork, tensor: string): Path | undefined {
  const producer = graph.producer(tensor);
  const own = new Set(products);
  // The features between the stages of a GDWS convolution have scales of their own.
  if (!producer || !own.has(producer) || pointwiseStageOf(graph, own, producer)) return undefined;
  const readers = channelReaders(graph, values, own, producer);
  return readers && { producer, readers };
}

/** Divides what a product gives, channel by channel, and multiplies the weights that read it. */
export function scaleChannels(graph: Graph, { producer, readers }: Path, scales: Float64Array): void {
  const own = weightRowsOf(graph, producer);
  const size = own.rows.length / own.outputs;
  setFloatWeights(
    graph,
    producer,
    own,
    own.rows.map((weight, i) => weight / scales[Math.floor(i / size)]!),
  );
  if (producer.input[2]) {
    setFloatBias(
      graph,
      producer,
      floatBias(graph, producer, own.outputs).map((bias, m) => bias / scales[m]!),
    );
  }
  for (const { node, channels } of readers) {
    const rows = weightRowsOf(graph, node);
    const perOutput = rows.rows.length / rows.outputs;
    const perGroup = channels.length / rows.groups;
    const channelOf = (i: number) => {
      const group = Math.floor((Math.floor(i / perOutput) * rows.groups) / rows.outputs);
      return channels[group * perGroup + Math.floor(((i % perOutput) / perOutput) * perGroup)]!;
    };
    setFloatWeights(
      graph,
      node,
      rows,
      rows.rows.map((weight, i) => weight * scales[channelOf(i)]!),
    );
  }
}
