import { subgraphs } from '../onnx/attribute';
import type { GraphProto, NodeProto } from '../onnx/onnx_pb';

/** Names that a node reads, itself or from within its subgraphs. */
export function namesReadBy(node: NodeProto): readonly string[] {
  const own = node.input.includes('') ? node.input.filter((name) => name !== '') : node.input;
  const inner = subgraphs(node);
  return inner.length === 0 ? own : [...own, ...inner.flatMap(namesFromOutside)];
}

/** Names that a subgraph reads and does not define. */
function namesFromOutside(graph: GraphProto): string[] {
  const own = new Set(namesDefinedIn(graph));
  const read = [...graph.node.flatMap(namesReadBy), ...graph.output.map(({ name }) => name)];
  return read.filter((name) => !own.has(name));
}

/** Names of tensors that a graph defines, without those of its subgraphs. */
export function namesDefinedIn({ input, initializer, sparseInitializer, node }: GraphProto): string[] {
  return [
    ...input.map(({ name }) => name),
    ...initializer.map(({ name }) => name),
    ...sparseInitializer.flatMap(({ values }) => (values ? [values.name] : [])),
    ...node.flatMap(({ output }) => output),
  ];
}

/** The nodes of a node's subgraphs, at any depth. */
export function nodesWithin(node: NodeProto): NodeProto[] {
  return subgraphs(node).flatMap((graph) => graph.node.flatMap((inner) => [inner, ...nodesWithin(inner)]));
}

/** Every name in a graph and its subgraphs, of tensors and of nodes. */
export function allNames(graph: GraphProto): Set<string> {
  const names = new Set<string>();
  const pending = [graph];
  for (let one = pending.pop(); one; one = pending.pop()) {
    for (const name of namesDefinedIn(one)) names.add(name);
    for (const { name } of [...one.output, ...one.valueInfo]) names.add(name);
    for (const node of one.node) {
      names.add(node.name);
      for (const name of node.input) names.add(name);
      for (const inner of subgraphs(node)) pending.push(inner);
    }
  }
  return names;
}
