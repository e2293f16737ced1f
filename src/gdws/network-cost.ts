import type { Graph } from '../graph/graph';
import { intAttribute } from '../onnx/attribute';
import { isStandardDomain } from '../onnx/domain';
import type { NodeProto } from '../onnx/onnx_pb';
import { elementCount, type KnownValue } from '../onnx/value';

/** Cost of one node that multiplies by weights. */
export interface NodeCost {
  readonly node: NodeProto;
  /** Multiply-accumulates of one run; `undefined` where a shape is not known. */
  readonly macs?: number;
  /** Shapes of its weights by name; none where they are computed. */
  readonly weights: ReadonlyMap<string, readonly number[]>;
}

/** Cost of a network, over all operators that multiply by weights. */
export interface NetworkCost {
  /** Multiply-accumulates of one run; `undefined` where a shape is not known. */
  readonly macs?: number;
  /** Weights, without biases; those that several nodes share count once. */
  readonly params: number;
  /** The first node whose shapes are not known. */
  readonly unknown?: NodeProto;
  /** Costs of the nodes that count, in the network's order. */
  readonly nodes: readonly NodeCost[];
}

/** Cost of all Conv, ConvTranspose, Gemm and MatMul nodes. */
export function networkCost(graph: Graph, values: ReadonlyMap<string, KnownValue>): NetworkCost {
  const nodes = graph.nodes.flatMap((node) => nodeCost(node, graph, values));
  const unknown = nodes.find(({ macs }) => macs === undefined)?.node;
  const weights = new Map(nodes.flatMap((cost) => [...cost.weights]));
  return {
    macs: unknown ? undefined : nodes.reduce((sum, cost) => sum + cost.macs!, 0),
    params: [...weights.values()].reduce((sum, dims) => sum + elementCount(dims), 0),
    unknown,
    nodes,
  };
}

function nodeCost(node: NodeProto, graph: Graph, values: ReadonlyMap<string, KnownValue>): NodeCost | [] {
  if (!isStandardDomain(node.domain)) return [];
  const operands = operandsOf(node);
  if (!operands) return [];
  const weights = operands.flatMap((name): [string, readonly number[]][] => {
    const constant = graph.constant(name) ?? values.get(name)?.constant;
    return constant ? [[name, constant.dims]] : [];
  });
  return { node, macs: nodeMacs(node, graph, values), weights: new Map(weights) };
}

/** The inputs of a node that may be weights; `undefined` for nodes that do not count. */
function operandsOf({ opType, input }: NodeProto): string[] | undefined {
  if (opType === 'Conv' || opType === 'ConvTranspose') return input.slice(1, 2);
  if (opType === 'Gemm' || opType === 'MatMul') return input.slice(0, 2);
  return undefined;
}

function nodeMacs(node: NodeProto, graph: Graph, values: ReadonlyMap<string, KnownValue>): number | undefined {
  const dimsOf = (name: string | undefined) => {
    if (name === undefined) return undefined;
    const declared = graph.declared(name)?.dims;
    const known = declared?.every((dim) => typeof dim === 'number') ? declared : undefined;
    return values.get(name)?.dims ?? graph.constant(name)?.dims ?? known;
  };
  const first = dimsOf(node.input[0]);
  const second = dimsOf(node.input[1]);
  const output = dimsOf(node.output[0]);
  switch (node.opType) {
    case 'Conv': // each output pixel and channel sums (C / groups)·K² products
      return second && output && elementCount(output) * elementCount(second.slice(1));
    case 'ConvTranspose': // each input pixel and channel is spread over (M / groups)·K² outputs
      return second && first && elementCount(first) * elementCount(second.slice(1));
    case 'Gemm':
      return first && output && elementCount(output) * (first[intAttribute(node, 'transA', 0) ? 0 : 1] ?? 1);
    default:
      return first && output && elementCount(output) * (first.at(-1) ?? 1);
  }
}
