import { GdwsError } from '../errors';
import type { NodeProto } from '../onnx/onnx_pb';
import { namesReadBy } from './reads';

/**
 * The nodes in an order in which each follows those it reads from; as they are where they are in such an order already.
 *
 * @param known names that no node computes: inputs and initializers
 * @throws GdwsError MODEL_INVALID where a name is defined nowhere, or nodes depend on each other in a ring
 */
export function sortNodes(
  nodes: readonly NodeProto[],
  producers: ReadonlyMap<string, NodeProto>,
  known: ReadonlySet<string>,
): NodeProto[] {
  const waiting = new Map<NodeProto, number>();
  const dependents = new Map<NodeProto, NodeProto[]>();
  for (const node of nodes) {
    const sources = new Set<NodeProto>();
    for (const name of namesReadBy(node)) {
      const producer = producers.get(name);
      if (producer) sources.add(producer);
      else if (!known.has(name)) throw fault('this input is defined nowhere.', node, name);
    }
    waiting.set(node, sources.size);
    for (const source of sources) {
      const list = dependents.get(source);
      if (list) list.push(node);
      else dependents.set(source, [node]);
    }
  }
  const sorted: NodeProto[] = [];
  // The file's order is kept where it is right: each pass takes what is ready, in that order.
  let rest = [...nodes];
  while (rest.length > 0) {
    const later: NodeProto[] = [];
    for (const node of rest) {
      if (waiting.get(node)! > 0) {
        later.push(node);
        continue;
      }
      sorted.push(node);
      for (const dependent of dependents.get(node) ?? []) waiting.set(dependent, waiting.get(dependent)! - 1);
    }
    if (later.length === rest.length) throw fault('these nodes depend on each other in a ring.', later[0]!);
    rest = later;
  }
  return sorted;
}

function fault(summary: string, node: NodeProto, tensor?: string): GdwsError {
  return new GdwsError('MODEL_INVALID', summary, { node: node.name || node.output[0], operator: node.opType, tensor });
}
