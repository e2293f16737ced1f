import type { Graph } from '../graph/graph';
import { fromFloat32 } from '../onnx/floats';
import { makeNode } from '../onnx/make';
import { nameOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import type { Layer } from './layers';
import type { Stages } from './stages';

/** The attributes of a convolution that belong to the depthwise stage. */
const spatialAttributes = new Set(['auto_pad', 'dilations', 'pads', 'strides']);

/** Replaces the nodes of layers by {@link rewriteLayer}. */
export function rewrite(graph: Graph, layers: ReadonlyMap<Layer, Stages>): void {
  const replacements = new Map<NodeProto, readonly NodeProto[]>();
  for (const [layer, stages] of layers) {
    for (const [node, own] of rewriteLayer(graph, layer, stages)) replacements.set(node, own);
  }
  graph.replace(replacements);
}

/**
 * Replaces each node of a layer by Gather → depthwise Conv → pointwise Conv. There is no Gather where every channel has one
 * kernel; a channel without kernels is not gathered. The output keeps its name.
 */
function* rewriteLayer(
  graph: Graph,
  layer: Layer,
  { counts, kernels, pointwise }: Stages,
): Generator<[NodeProto, NodeProto[]]> {
  const { shape, name, type } = layer;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const ones = shape.kernel.map(() => 1);

  const depthwiseName = graph.uniqueName(`${name}.depthwise`);
  graph.setInitializer(depthwiseName, fromFloat32(type, [total, 1, ...shape.kernel], kernels));
  const pointwiseName = graph.uniqueName(`${name}.pointwise`);
  graph.setInitializer(
    pointwiseName,
    fromFloat32(type, [shape.outputChannels, total / shape.groups, ...ones], pointwise),
  );
  let channelsName: string | undefined;
  if (counts.some((count) => count !== 1)) {
    channelsName = graph.uniqueName(`${name}.channels`);
    const channels = BigInt64Array.from(
      [...counts].flatMap((count, channel) => new Array<bigint>(count).fill(BigInt(channel))),
    );
    graph.setInitializer(channelsName, { type: 'int64', dims: [total], data: channels });
  }

  for (const node of layer.nodes) {
    const own = nameOf(node);
    const replacement: NodeProto[] = [];
    let features = node.input[0]!;
    if (channelsName !== undefined) {
      const gathered = graph.uniqueName(`${own}/gathered`);
      replacement.push(
        makeNode({
          opType: 'Gather',
          name: graph.uniqueName(`${own}/gather`),
          input: [features, channelsName],
          output: [gathered],
          attributes: { axis: 1 },
        }),
      );
      features = gathered;
    }
    const filtered = graph.uniqueName(`${own}/filtered`);
    const depthwiseNode = makeNode({
      opType: 'Conv',
      name: graph.uniqueName(`${own}/depthwise`),
      input: [features, depthwiseName],
      output: [filtered],
      attributes: { group: total, kernel_shape: shape.kernel },
    });
    depthwiseNode.attribute.push(...node.attribute.filter((attribute) => spatialAttributes.has(attribute.name)));
    const pointwiseNode = makeNode({
      opType: 'Conv',
      name: graph.uniqueName(`${own}/pointwise`),
      input: [filtered, pointwiseName, ...node.input.slice(2)],
      output: node.output,
      attributes: { group: shape.groups, kernel_shape: ones },
    });
    replacement.push(depthwiseNode, pointwiseNode);
    yield [node, replacement];
  }
}
