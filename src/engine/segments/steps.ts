import { create } from '@bufbuild/protobuf';
import type { Graph } from '../../graph/graph';
import { namesReadBy } from '../../graph/reads';
import { ValueInfoProtoSchema, type NodeProto, type ValueInfoProto } from '../../onnx/onnx_pb';

/** A part of a graph that programs run, or a node that is carried out between them. */
export interface Step {
  readonly nodes: readonly NodeProto[];
  readonly isHosted: boolean;
  /** Names that nothing reads after it. */
  readonly lastReads: readonly string[];
}

/**
 * Cuts a graph where it has nodes that programs cannot have. Of the parts between there are as few as the longest way through hosted
 * nodes allows.
 */
export function stepsOf(graph: Graph, hosted: ReadonlySet<NodeProto>): Step[] {
  /** Of each tensor, how many hosted nodes are on the longest way to it. */
  const depths = new Map<string, number>();
  const parts: { readonly nodes: NodeProto[]; readonly hosted: NodeProto[] }[] = [];
  for (const node of graph.nodes) {
    const depth = namesReadBy(node).reduce((most, name) => Math.max(most, depths.get(name) ?? 0), 0);
    while (parts.length <= depth) parts.push({ nodes: [], hosted: [] });
    const isHosted = hosted.has(node);
    (isHosted ? parts[depth]!.hosted : parts[depth]!.nodes).push(node);
    for (const name of node.output) depths.set(name, isHosted ? depth + 1 : depth);
  }
  const steps = parts.flatMap((part) => [
    ...(part.nodes.length > 0 ? [{ nodes: part.nodes, isHosted: false }] : []),
    ...part.hosted.map((node) => ({ nodes: [node], isHosted: true })),
  ]);
  const lastReader = new Map<string, number>();
  steps.forEach(({ nodes }, index) => {
    for (const name of nodes.flatMap(namesReadBy)) lastReader.set(name, index);
  });
  return steps.map((step, index) => ({
    ...step,
    lastReads: [...new Set(step.nodes.flatMap(namesReadBy))].filter(
      (name) => lastReader.get(name) === index && !graph.isOutput(name),
    ),
  }));
}

/** Some nodes as a graph, whose outputs are what others read of them. */
export function partOf(graph: Graph, nodes: readonly NodeProto[]): Graph {
  const own = new Set(nodes);
  const computed = new Set(nodes.flatMap(({ output }) => output.filter((name) => name !== '')));
  const read = new Set(nodes.flatMap(namesReadBy).filter((name) => !computed.has(name)));
  const declared = new Map(graph.inputs.map((input) => [input.name, input]));
  return graph.part(
    nodes,
    [...read].filter((name) => !graph.isInitializer(name)).map((name) => declared.get(name) ?? undeclared(name)),
    [...computed].filter((name) => graph.isOutput(name) || graph.consumers(name).some((reader) => !own.has(reader))),
  );
}

/** A tensor of which only the name is known. */
export function undeclared(name: string): ValueInfoProto {
  return create(ValueInfoProtoSchema, { name });
}
