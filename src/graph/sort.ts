import { GdwsError } from '../base/errors';
import { placeOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import { namesReadBy } from './reads';

/**
 * The nodes in topological order; unchanged where they are in such an order.
 *
 * @param known names that no node computes: inputs and initializers
 * @throws GdwsError MODEL_INVALID where a name is defined nowhere, or nodes depend on each other in a ring
 */
export function sortNodes(
  nodes: readonly NodeProto[],
  producers: ReadonlyMap<string, NodeProto>,
  known: ReadonlySet<string>,
): NodeProto[] {
  if (areSorted(nodes, known)) return [...nodes];
  const sources = new Map(nodes.map((node) => [node, sourcesOf(node, producers, known)]));
  const sorted: NodeProto[] = [];
  const done = new Set<NodeProto>();
  // Depth-first search with an explicit stack: a deep network must not exhaust JavaScript's.
  const open = new Set<NodeProto>();
  for (const root of nodes) {
    const stack = [root];
    for (let node = stack.at(-1); node; node = stack.at(-1)) {
      const missing = done.has(node) ? [] : sources.get(node)!.filter((source) => !done.has(source));
      if (missing.length === 0) {
        stack.pop();
        if (!done.has(node)) sorted.push(node);
        done.add(node);
        continue;
      }
      open.add(node);
      for (const source of missing.reverse()) {
        if (open.has(source)) throw fault('nodes depend on each other in a ring, of which this is one.', node);
        stack.push(source);
      }
    }
  }
  return sorted;
}

/** Whether each node reads only what is known or computed before it. */
function areSorted(nodes: readonly NodeProto[], known: ReadonlySet<string>): boolean {
  const defined = new Set(known);
  for (const node of nodes) {
    for (const name of namesReadBy(node)) if (!defined.has(name)) return false;
    for (const name of node.output) defined.add(name);
  }
  return true;
}

function sourcesOf(
  node: NodeProto,
  producers: ReadonlyMap<string, NodeProto>,
  known: ReadonlySet<string>,
): NodeProto[] {
  const sources = new Set<NodeProto>();
  for (const name of namesReadBy(node)) {
    const producer = producers.get(name);
    if (producer) sources.add(producer);
    else if (!known.has(name)) throw fault('this input is defined nowhere.', node, name);
  }
  return [...sources];
}

function fault(summary: string, node: NodeProto, tensor?: string): GdwsError {
  return new GdwsError('MODEL_INVALID', summary, { ...placeOf(node), tensor });
}
