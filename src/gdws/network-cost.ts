import type { Graph } from '../graph/graph';
import { intAttribute } from '../onnx/attribute';
import { isStandardDomain } from '../onnx/domain';
import type { NodeProto } from '../onnx/onnx_pb';
import { elementCount, type KnownValue, type ValueType } from '../onnx/value';

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

/** Where a node has what it multiplies, and how: a convolution, a transposed one, or a product of matrices. */
interface Product {
  readonly x: number;
  readonly w: number;
  readonly kind: 'convolution' | 'transposed' | 'matrices';
}

const products: ReadonlyMap<string, Product> = new Map([
  ['Conv', { x: 0, w: 1, kind: 'convolution' }],
  ['ConvInteger', { x: 0, w: 1, kind: 'convolution' }],
  ['QLinearConv', { x: 0, w: 3, kind: 'convolution' }],
  ['ConvTranspose', { x: 0, w: 1, kind: 'transposed' }],
  ['Gemm', { x: 0, w: 1, kind: 'matrices' }],
  ['MatMul', { x: 0, w: 1, kind: 'matrices' }],
  ['MatMulInteger', { x: 0, w: 1, kind: 'matrices' }],
  ['QLinearMatMul', { x: 0, w: 3, kind: 'matrices' }],
  ['com.microsoft.QGemm', { x: 0, w: 3, kind: 'matrices' }],
]);

function productOf({ domain, opType }: NodeProto): Product | undefined {
  return products.get(isStandardDomain(domain) ? opType : `${domain}.${opType}`);
}

/** Cost of all nodes that multiply by weights: convolutions and products of matrices, in floats and in integers. */
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
  const product = productOf(node);
  if (!product) return [];
  const { x, w, kind } = product;
  const operands = [node.input[w], ...(kind === 'matrices' ? [node.input[x]] : [])];
  const weights = operands.flatMap((name): [string, readonly number[]][] => {
    const constant = name === undefined ? undefined : weightsOf(name, graph, values);
    return constant ? [[name!, constant.dims]] : [];
  });
  return { node, macs: nodeMacs(node, product, graph, values), weights: new Map(weights) };
}

/** The elements of a constant, or of the one that a tensor is dequantized from. */
function weightsOf(name: string, graph: Graph, values: ReadonlyMap<string, KnownValue>): ValueType | undefined {
  const before = graph.producer(name);
  const source = before?.opType === 'DequantizeLinear' ? before.input[0]! : name;
  return graph.constant(source) ?? values.get(source)?.constant;
}

function nodeMacs(
  node: NodeProto,
  { x, w, kind }: Product,
  graph: Graph,
  values: ReadonlyMap<string, KnownValue>,
): number | undefined {
  const dimsOf = (name: string | undefined) => {
    if (name === undefined) return undefined;
    const declared = graph.declared(name)?.dims;
    const known = declared?.every((dim) => typeof dim === 'number') ? declared : undefined;
    return values.get(name)?.dims ?? graph.constant(name)?.dims ?? known;
  };
  const first = dimsOf(node.input[x]);
  const second = dimsOf(node.input[w]);
  const output = dimsOf(node.output[0]);
  switch (kind) {
    case 'convolution': // each output pixel and channel sums (C / groups)·K² products
      return second && output && elementCount(output) * elementCount(second.slice(1));
    case 'transposed': // each input pixel and channel is spread over (M / groups)·K² outputs
      return second && first && elementCount(first) * elementCount(second.slice(1));
    default: {
      const isTransposed = node.opType.endsWith('Gemm') && intAttribute(node, 'transA', 0) !== 0;
      return first && output && elementCount(output) * (first.at(isTransposed ? 0 : -1) ?? 1);
    }
  }
}
