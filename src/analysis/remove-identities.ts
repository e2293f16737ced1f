import type { Graph } from '../graph/graph';
import { subgraphs } from '../onnx/attribute';
import { isStandardDomain } from '../onnx/domain';
import type { NodeProto } from '../onnx/onnx_pb';

/**
 * Removes nodes whose result is their input: Identity, and Dropout at inference without a mask. Inputs and outputs of the
 * graph keep their names: where the result is an output, the node before takes over its name, and the identity stays if
 * that is impossible. It also stays where the body of an If, Loop or Scan reads it.
 *
 * @returns how many were removed
 */
export function removeIdentities(graph: Graph): number {
  const sourceOf = new Map<string, string>();
  const outputOf = new Map<string, string>();
  const removed = new Set<NodeProto>();
  for (const node of graph.nodes) {
    const [given, result] = node.input[0] && node.output[0] ? [node.input[0], node.output[0]] : [];
    if (!given || !result || !isIdentity(graph, node) || isReadWithin(graph, result)) continue;
    const source = sourceOf.get(given) ?? given;
    if (graph.isOutput(result)) {
      const canRename = graph.producer(source) && !graph.isOutput(source) && !outputOf.has(source);
      if (!canRename || isReadWithin(graph, source)) continue;
      outputOf.set(source, result);
    }
    sourceOf.set(result, source);
    removed.add(node);
  }
  if (removed.size === 0) return 0;
  const renamed = (name: string) => {
    const source = sourceOf.get(name) ?? name;
    return outputOf.get(source) ?? source;
  };
  for (const node of graph.nodes) {
    if (removed.has(node)) continue;
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
  }
  graph.remove(removed);
  return removed.size;
}

/** Whether a node's result is its first input. */
export function isIdentity(graph: Graph, node: NodeProto): boolean {
  if (!isStandardDomain(node.domain)) return false;
  if (node.opType === 'Identity') return true;
  if (node.opType !== 'Dropout') return false;
  const [, mask = ''] = node.output;
  const maskIsRead = mask !== '' && (graph.consumers(mask).length > 0 || graph.isOutput(mask));
  // Before version 7 training was the default.
  return !maskIsRead && graph.opset >= 7 && !mayTrain(graph, node.input[2] ?? '');
}

/** Whether the training mode that a Dropout reads may be on. */
function mayTrain(graph: Graph, name: string): boolean {
  if (name === '') return false;
  const mode = graph.isOverridable(name) ? undefined : graph.constant(name);
  return mode?.type !== 'bool' || mode.data[0] !== 0;
}

/** Whether a node with subgraphs reads it, possibly within them. */
function isReadWithin(graph: Graph, name: string): boolean {
  return graph.consumers(name).some((consumer) => subgraphs(consumer).length > 0);
}
