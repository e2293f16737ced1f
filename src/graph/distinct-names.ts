import { nameOf } from '../onnx/node-place';
import type { Graph } from './graph';

/**
 * Gives a node whose name another one before it has a name of its own: the same with a number. ONNX allows nodes of one name, but
 * results are listed by names.
 */
export function distinguishNodes(graph: Graph): void {
  const seen = new Set<string>();
  for (const node of graph.nodes) {
    if (seen.has(nameOf(node))) node.name = graph.uniqueName(nameOf(node));
    seen.add(nameOf(node));
  }
}

/**
 * Gives every node a name of its own, one without that of its first output: so that it keeps the name by which it is listed where its
 * output is renamed.
 */
export function nameNodes(graph: Graph): void {
  distinguishNodes(graph);
  for (const node of graph.nodes) node.name = nameOf(node);
}
