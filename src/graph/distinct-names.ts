import { nameOf } from '../onnx/node-place';
import type { Graph } from './graph';

/**
 * Gives every node a name of its own: one without that of its first output, and one whose name another before it has the same with a
 * number. ONNX allows nodes of one name or none, but results are listed by names, also where outputs are renamed.
 */
export function distinguishNodes(graph: Graph): void {
  const seen = new Set<string>();
  for (const node of graph.nodes) {
    node.name = seen.has(nameOf(node)) ? graph.uniqueName(nameOf(node)) : nameOf(node);
    seen.add(node.name);
  }
}
