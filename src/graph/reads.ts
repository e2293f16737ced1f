import { subgraphs } from '../onnx/attribute';
import type { GraphProto, NodeProto } from '../onnx/onnx_pb';

/** Names that a node reads, itself or from within its subgraphs. */
export function namesReadBy(node: NodeProto): string[] {
  return [...node.input.filter((name) => name !== ''), ...subgraphs(node).flatMap(namesFromOutside)];
}

/** Names that a subgraph reads and does not define. */
function namesFromOutside(graph: GraphProto): string[] {
  const own = new Set([
    ...graph.input.map(({ name }) => name),
    ...graph.initializer.map(({ name }) => name),
    ...graph.node.flatMap(({ output }) => output),
  ]);
  const read = [...graph.node.flatMap(namesReadBy), ...graph.output.map(({ name }) => name)];
  return read.filter((name) => !own.has(name));
}
