import type { Graph } from '../graph/graph';
import { toFloat32 } from '../onnx/floats';
import type { NodeProto } from '../onnx/onnx_pb';
import { weightRowsOf } from './product-weights';

/**
 * The pointwise convolution that alone reads what a depthwise one gives, which has no bias: the second stage of a GDWS convolution.
 *
 * @param products among which it must be
 */
export function pointwiseStageOf(
  graph: Graph,
  products: ReadonlySet<NodeProto>,
  node: NodeProto,
): NodeProto | undefined {
  if (node.opType !== 'Conv') return undefined;
  const { groups, kernel, outputs } = weightRowsOf(graph, node);
  const [features = ''] = node.output;
  const readers = graph.consumers(features);
  const [reader] = readers;
  if (groups !== outputs || kernel.length !== 2 || readers.length !== 1 || graph.isOutput(features)) return undefined;
  if (!reader || reader.opType !== 'Conv' || !products.has(reader)) return undefined;
  const bias = node.input[2] ? toFloat32(graph.constant(node.input[2])!) : [];
  if (weightRowsOf(graph, reader).kernel.some((size) => size !== 1) || bias.some((one) => one !== 0)) return undefined;
  return reader;
}
