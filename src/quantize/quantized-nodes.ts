import type { Graph } from '../graph/graph';
import { matches } from '../gdws/layer-selection';
import { floatAttribute, intAttribute } from '../onnx/attribute';
import { isStandardDomain } from '../onnx/domain';
import { nameOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import { elementCount, type KnownValue } from '../onnx/value';

/** What becomes integers in a network. */
export interface QuantizedNodes {
  /** Conv, ConvTranspose, Gemm and MatMul with constant weights, in the network's order. */
  readonly products: readonly NodeProto[];
  /** All nodes that read bytes. */
  readonly nodes: ReadonlySet<NodeProto>;
  /** Tensors that become bytes; each with the tensor whose scale it has: itself, or one whose elements it has. */
  readonly tensors: ReadonlyMap<string, string>;
  /** Nodes that compute floats among these, with the reason. */
  readonly inFloats: readonly FloatNode[];
}

/** Why a node stays in floats. */
export type FloatReason = ChosenReason | 'weights are not constant' | 'not float32' | 'no integer form';

/** Why a node that has an integer form stays in floats. */
export type ChosenReason = 'excluded' | 'rounding loses too much' | 'the budget allows it';

/** Says of a node, by its name, why it is to stay in floats; `undefined` where it is not. */
export type FloatChoice = (name: string) => ChosenReason | undefined;

/** Nodes that stay in floats by their names, or patterns of these. */
export function excluding(patterns: readonly (string | RegExp)[] = []): FloatChoice {
  return (name) => (matches(name, patterns) ? 'excluded' : undefined);
}

export interface FloatNode {
  readonly node: NodeProto;
  readonly reason: FloatReason;
}

/** Operators whose results are elements of their first input. */
const passing = new Set([
  ...['MaxPool', 'GlobalMaxPool', 'Gather', 'Flatten', 'Reshape', 'Transpose', 'Identity', 'Slice', 'Split', 'Squeeze'],
  ...['Unsqueeze', 'DepthToSpace', 'SpaceToDepth', 'Expand', 'Tile', 'Pad'],
]);

/** Operators that compute on bytes, or as a table of them. */
const computing = new Set([
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Min', 'Max', 'PRelu', 'Concat'],
  ...['AveragePool', 'GlobalAveragePool', 'ReduceMean', 'BatchNormalization', 'Resize', 'Upsample'],
  ...['Abs', 'Celu', 'Elu', 'Erf', 'Exp', 'Gelu', 'HardSigmoid', 'HardSwish', 'LeakyRelu', 'Mish', 'Neg', 'Selu'],
  ...['Sigmoid', 'Softplus', 'Softsign', 'Sqrt', 'Swish', 'Tanh', 'ThresholdedRelu'],
]);

/** Operators that are part of what computes their input. */
const limiting = new Set(['Relu', 'Clip']);

const productOperators = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);

/**
 * Finds the products of a network, and what can stay in integers between them. A node that is no product reads bytes where all
 * its operands come from products, and products read what it gives: so nothing before the first product or after the last one is
 * quantized.
 *
 * @param choice of the nodes that stay in floats
 */
export function findQuantizedNodes(
  graph: Graph,
  values: ReadonlyMap<string, KnownValue>,
  choice: FloatChoice = () => undefined,
): QuantizedNodes {
  const inFloats: FloatNode[] = [];
  const products: NodeProto[] = [];
  const isConstant = (name: string) =>
    name === '' || values.get(name)?.constant !== undefined || !!graph.constant(name);
  // Weights that only shapes make known have no elements in the model that could be rounded.
  const isFixed = (name: string) => name === '' || (!!graph.constant(name) && !graph.isOverridable(name));
  const dataOf = (node: NodeProto) => node.input.filter((name) => !isConstant(name));
  const isFloat32 = (name: string) => values.get(name)?.type === 'float32';
  const refusalOf = (node: NodeProto): FloatReason | undefined => {
    const chosen = choice(nameOf(node));
    if (chosen) return chosen;
    if (![...dataOf(node), ...node.output].every((name) => name === '' || isFloat32(name))) return 'not float32';
    return undefined;
  };

  const live = liveNodes(graph, isConstant);
  for (const node of live) {
    if (!productOperators.has(node.opType) || !isStandardDomain(node.domain)) continue;
    const [, weights = '', bias = ''] = node.input;
    const reason =
      refusalOf(node) ??
      (isFixed(weights) && isFixed(bias) ? undefined : ('weights are not constant' as const)) ??
      (isPlainProduct(graph, node) ? undefined : ('no integer form' as const));
    if (reason) inFloats.push({ node, reason });
    else if (dataOf(node).length === 1) products.push(node);
  }

  const isProduct = new Set(products);
  /** Tensors that come from products, by nodes with an integer form. */
  const integer = new Set<string>();
  const candidates = new Set<NodeProto>();
  for (const node of live) {
    const data = dataOf(node);
    const known = isStandardDomain(node.domain) && [passing, computing, limiting].some((set) => set.has(node.opType));
    const follows = !isProduct.has(node) && data.length > 0 && data.every((name) => integer.has(name));
    if (!isProduct.has(node) && !(known && follows)) continue;
    if (!isProduct.has(node) && refusalOf(node)) {
      inFloats.push({ node, reason: refusalOf(node)! });
      continue;
    }
    candidates.add(node);
    for (const output of node.output) integer.add(output);
  }
  /** Of the candidates, those that a product reads from, by others of them. */
  const needed = new Set<NodeProto>();
  for (const node of graph.nodes.toReversed()) {
    const isRead = node.output.some((output) => graph.consumers(output).some((reader) => needed.has(reader)));
    if (isProduct.has(node) || (candidates.has(node) && isRead)) needed.add(node);
  }

  const nodes = new Set(graph.nodes.filter((node) => needed.has(node) && !limiting.has(node.opType)));
  const tensors = new Map<string, string>();
  for (const node of nodes) {
    for (const name of dataOf(node)) {
      if (!isFloat32(name)) continue;
      const producer = graph.producer(name);
      const source = producer && nodes.has(producer) && isPassing(graph, producer) ? producer.input[0]! : name;
      tensors.set(name, tensors.get(source) ?? name);
    }
  }
  const between = live.filter((node) => !candidates.has(node) && isBetween(node, integer));
  const known = new Set(inFloats.map(({ node }) => node));
  for (const node of between) if (!known.has(node)) inFloats.push({ node, reason: 'no integer form' });
  return { products, nodes, tensors, inFloats };
}

/** Nodes that compute what an output depends on: others only give shapes, which are known. In the network's order. */
function liveNodes(graph: Graph, isConstant: (name: string) => boolean): readonly NodeProto[] {
  const read = new Set(graph.outputs.map(({ name }) => name));
  const live: NodeProto[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.output.some((name) => read.has(name) && !isConstant(name))) continue;
    for (const name of node.input) read.add(name);
    live.push(node);
  }
  return live.reverse();
}

function isPassing(graph: Graph, node: NodeProto): boolean {
  if (node.opType !== 'Pad') return passing.has(node.opType);
  // Zeros have a byte in every scale.
  const value = node.input[2] ? graph.constant(node.input[2])?.data[0] : 0;
  return Number(value) === 0;
}

/** Whether a node reads what comes from products. */
function isBetween(node: NodeProto, integer: ReadonlySet<string>): boolean {
  return node.input.some((name) => integer.has(name));
}

/** Whether a product has a form that integers and a scale compute. */
function isPlainProduct(graph: Graph, node: NodeProto): boolean {
  const dims = graph.constant(node.input[1]!)?.dims;
  switch (node.opType) {
    case 'Gemm':
      return (
        intAttribute(node, 'transA', 0) === 0 &&
        floatAttribute(node, 'alpha', 1) === 1 &&
        floatAttribute(node, 'beta', 1) === 1 &&
        (node.input[2] ? isBiasOfOutputs(graph, node) : true)
      );
    case 'MatMul':
      return dims?.length === 2;
    case 'ConvTranspose':
      return intAttribute(node, 'group', 1) === 1;
    default:
      return true;
  }
}

/** Whether the bias of a Gemm is one number for each output, or one for all. */
function isBiasOfOutputs(graph: Graph, node: NodeProto): boolean {
  const [weights, bias] = [node.input[1]!, node.input[2]!].map((name) => graph.constant(name)!.dims);
  const outputs = weights![intAttribute(node, 'transB', 0) === 0 ? 1 : 0]!;
  const count = elementCount(bias!);
  return count === 1 || (count === outputs && bias!.at(-1) === outputs);
}
