import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto } from './onnx_pb';

/** Every tensor of a model: initializers and attributes, in its graph, its functions and the bodies of its control flow. */
export function* allTensors(model: ModelProto): Generator<TensorProto> {
  if (model.graph) yield* ofGraph(model.graph);
  for (const { node } of model.functions) yield* ofNodes(node);
}

function* ofGraph(graph: GraphProto): Generator<TensorProto> {
  yield* graph.initializer;
  for (const { values, indices } of graph.sparseInitializer) {
    if (values) yield values;
    if (indices) yield indices;
  }
  yield* ofNodes(graph.node);
}

function* ofNodes(nodes: readonly NodeProto[]): Generator<TensorProto> {
  for (const { attribute } of nodes) for (const one of attribute) yield* ofAttribute(one);
}

function* ofAttribute({ t, tensors, g, graphs }: AttributeProto): Generator<TensorProto> {
  if (t) yield t;
  yield* tensors;
  if (g) yield* ofGraph(g);
  for (const graph of graphs) yield* ofGraph(graph);
}
