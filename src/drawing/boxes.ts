import { GdwsError } from '../base/errors';
import type { OperationProfile } from '../engine/network';
import type { Graph } from '../graph/graph';
import { namesReadBy, nodesWithin } from '../graph/reads';
import { nameOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import type { KnownValue } from '../onnx/value';

/** What of a profile is needed to find the nodes of an operation. */
export type ProfiledOperation = Pick<OperationProfile, 'node' | 'operator' | 'tensors'>;

/** Nodes that one or several operations compute at once; with no operations, a node that none computes. */
export interface NodeGroup<Operation> {
  /** The node that gives the result. */
  readonly last: NodeProto;
  /** In the graph's order. */
  readonly nodes: readonly NodeProto[];
  readonly operations: readonly Operation[];
  /** Tensors that it reads from other groups, and inputs of the graph. */
  readonly reads: readonly string[];
}

/** Nodes of all groups together. */
const mostListed = 1_000_000;

export interface Grouping<Operation> {
  /** Each reads what earlier ones have computed. */
  readonly groups: readonly NodeGroup<Operation>[];
  /** Nodes whose results are known before a run. */
  readonly folded: readonly NodeProto[];
  /** Operations of nodes that are not the graph's own, such as those within If, Loop and Scan. */
  readonly others: readonly Operation[];
}

/**
 * Groups the nodes of a graph by the operations that compute them. An operation computes the nodes that lie between the tensors that it
 * gives and those that other operations give, so whatever was fused, folded or simplified belongs to the operation whose result
 * contains it.
 *
 * @param graph as it was read, before it was simplified
 * @param hosted nodes that no operation computes, but a run
 * @throws GdwsError LIMIT_EXCEEDED for a hostile graph, whose operations have many nodes in common
 */
export function groupNodes<Operation extends ProfiledOperation>(
  graph: Graph,
  values: ReadonlyMap<string, KnownValue>,
  operations: readonly Operation[],
  hosted: ReadonlySet<NodeProto>,
): Grouping<Operation> {
  const isKnown = (name: string) => graph.isInitializer(name) || values.get(name)?.constant !== undefined;
  const byLast = new Map<NodeProto, Operation[]>();
  const unplaced: Operation[] = [];
  /** Tensors at which an operation begins: what others give, and what runs compute themselves. */
  const ends = new Set([...hosted].flatMap(({ output }) => output));
  for (const operation of operations) {
    const producers = operation.tensors.flatMap((name) => graph.producer(name) ?? []);
    for (const name of operation.tensors) ends.add(name);
    const [last] = producers;
    if (last) byLast.set(last, [...(byLast.get(last) ?? []), operation]);
    else unplaced.push(operation);
  }
  const order = new Map(graph.nodes.map((node, index) => [node, index]));
  const sorted = (nodes: Iterable<NodeProto>) => [...nodes].sort((one, other) => order.get(one)! - order.get(other)!);

  let listed = 0;
  const groups = Array.from(byLast, ([last, own]): NodeGroup<Operation> => {
    const nodes = new Set([last]);
    const reads = new Set<string>();
    // Iteration of a set includes elements that are added during it.
    for (const node of nodes) {
      for (const name of namesReadBy(node)) {
        if (isKnown(name)) continue;
        const before = graph.producer(name);
        if (!before || ends.has(name)) reads.add(name);
        else nodes.add(before);
      }
      if (++listed > mostListed) {
        const summary = `operations share so many nodes that more than ${mostListed} would be drawn.`;
        throw new GdwsError('LIMIT_EXCEEDED', summary, { file: graph.file });
      }
    }
    return { last, nodes: sorted(nodes), operations: own, reads: [...reads] };
  });

  const grouped = new Set(groups.flatMap(({ nodes }) => nodes));
  const isFolded = ({ output }: NodeProto) => output.every((name) => name === '' || isKnown(name));
  const left = graph.nodes.filter((node) => !grouped.has(node));
  for (const node of left) {
    if (isFolded(node)) continue;
    const reads = [...new Set(namesReadBy(node))].filter((name) => !isKnown(name));
    groups.push({ last: node, nodes: [node], operations: [], reads });
  }
  groups.sort((one, other) => order.get(one.last)! - order.get(other.last)!);
  const { groups: filled, others } = placeByNode(inOrder(groups, graph), unplaced, graph, hosted);
  const turns = new Map(operations.map((operation, turn) => [operation, turn]));
  const inTurn = (own: readonly Operation[]) => [...own].sort((one, two) => turns.get(one)! - turns.get(two)!);
  return {
    groups: filled.map((group) => ({ ...group, operations: inTurn(group.operations) })),
    folded: left.filter(isFolded),
    others,
  };
}

/** Gives operations without a tensor of the graph to the first group that has their node. */
function placeByNode<Operation extends ProfiledOperation>(
  groups: readonly NodeGroup<Operation>[],
  unplaced: readonly Operation[],
  graph: Graph,
  hosted: ReadonlySet<NodeProto>,
): Pick<Grouping<Operation>, 'groups' | 'others'> {
  // A node within another one may have the name of one of the graph.
  const within = new Set(graph.nodes.flatMap(nodesWithin).map(nameOf));
  const groupOf = new Map<string, NodeGroup<Operation>>();
  for (const group of groups) {
    for (const node of group.nodes) {
      const name = nameOf(node);
      if (!groupOf.has(name) && !hosted.has(node) && !within.has(name)) groupOf.set(name, group);
    }
  }
  const added = new Map<NodeGroup<Operation>, Operation[]>();
  for (const operation of unplaced) {
    const group = groupOf.get(operation.node);
    if (group) added.set(group, [...(added.get(group) ?? []), operation]);
  }
  return {
    groups: groups.map((group) => ({ ...group, operations: [...group.operations, ...(added.get(group) ?? [])] })),
    others: unplaced.filter(({ node }) => !groupOf.has(node)),
  };
}

/** The place of the group that computes each node: the one that ends with it, or the first that has it. */
export function placesOf(groups: readonly Pick<NodeGroup<unknown>, 'last' | 'nodes'>[]): Map<NodeProto, number> {
  const places = new Map<NodeProto, number>();
  groups.forEach(({ nodes }, place) => {
    for (const node of nodes) if (!places.has(node)) places.set(node, place);
  });
  groups.forEach(({ last }, place) => places.set(last, place));
  return places;
}

/**
 * The groups in an order in which each reads from earlier ones. That of their last nodes is not always one: what nothing needs may read a
 * tensor within a group that ends later.
 */
function inOrder<Operation>(groups: readonly NodeGroup<Operation>[], graph: Graph): NodeGroup<Operation>[] {
  const places = placesOf(groups);
  const ordered: NodeGroup<Operation>[] = [];
  const seen = new Set<number>();
  for (const begin of groups.keys()) {
    const pending = seen.has(begin) ? [] : [{ place: begin, read: 0 }];
    seen.add(begin);
    for (let top = pending.at(-1); top; top = pending.at(-1)) {
      const { reads } = groups[top.place]!;
      if (top.read === reads.length) {
        ordered.push(groups[top.place]!);
        pending.pop();
        continue;
      }
      const producer = graph.producer(reads[top.read++]!);
      const place = producer && places.get(producer);
      if (place === undefined || seen.has(place)) continue;
      seen.add(place);
      pending.push({ place, read: 0 });
    }
  }
  return ordered;
}
