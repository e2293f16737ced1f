import type { NodeProto } from '../../onnx/onnx_pb';
import { subgraphs } from '../../onnx/attribute';
import type { Graph } from '../graph';

/**
 * Removes nodes that hand their input on: Identity, and Dropout at inference without a mask. One that computes a graph
 * output stays, so that outputs keep their names; so does one that a subgraph reads.
 */
export function removeIdentities(graph: Graph): void {
  const removed = new Set<NodeProto>();
  for (const node of graph.nodes) {
    const [source] = node.input;
    const [result] = node.output;
    if (!isIdentity(node) || !source || !result || graph.isOutput(result)) continue;
    const consumers = graph.consumers(result);
    if (consumers.some((consumer) => subgraphs(consumer).length > 0)) continue;
    for (const consumer of consumers) {
      consumer.input = consumer.input.map((name) => (name === result ? source : name));
    }
    removed.add(node);
  }
  if (removed.size > 0) graph.remove(removed);
}

function isIdentity({ opType, domain, input, output }: NodeProto): boolean {
  if (domain !== '' && domain !== 'ai.onnx') return false;
  if (opType === 'Identity') return true;
  // With a third input, training_mode may be on.
  return opType === 'Dropout' && (input[2] ?? '') === '' && (output[1] ?? '') === '';
}
