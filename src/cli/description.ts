import { inferValues } from '../analysis/infer';
import { typesOfInputs } from '../analysis/input-types';
import { networkCost, type NodeCost } from '../gdws/network-cost';
import type { Graph } from '../graph/graph';
import { nodesWithin } from '../graph/reads';
import { nameOf } from '../onnx/node-place';
import { elementCount, type DataType, type KnownValue } from '../onnx/value';
import { newerVersion } from '../onnx/versions';
import { operatorOf } from '../operators';
import { describeQuantization, type QuantizationDescription } from './quantization-description';

/** Description of a model, as `gdws inspect --json` prints it. */
export interface ModelDescription {
  readonly irVersion: number;
  readonly producer: string;
  /** Operator set versions by domain; the standard one is `ai.onnx`. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  /** Of all nodes, those within If, Loop and Scan included. */
  readonly operators: readonly OperatorDescription[];
  /** Nodes that multiply by weights, in the network's order, without those within If, Loop and Scan. */
  readonly layers: readonly LayerDescription[];
  /** How many nodes are within If, Loop and Scan, and in none of the counts below. */
  readonly nodesWithin: number;
  /** Multiply-accumulates of one run; absent where shapes are not known. */
  readonly macs?: number;
  /** Weights of the layers, without biases; shared ones count once. */
  readonly params: number;
  /** Absent where the model is not quantized, or its shapes are not known. */
  readonly quantization?: QuantizationDescription;
  /** Whether the engine knows every operator, and the versions of the model. */
  readonly runs: boolean;
}

export interface ValueDescription {
  readonly name: string;
  readonly type?: DataType;
  /** A free dim is its name, or null. */
  readonly dims?: readonly (number | string | null)[];
}

export interface OperatorDescription {
  /** Empty for the standard operators. */
  readonly domain: string;
  readonly type: string;
  /** How many nodes. */
  readonly count: number;
  /** Whether the engine knows it. */
  readonly runs: boolean;
}

export interface LayerDescription {
  readonly name: string;
  readonly operator: string;
  /** Shape of the weights. */
  readonly weights?: readonly number[];
  /** Shape of the output. */
  readonly output?: readonly number[];
  readonly macs?: number;
  readonly params: number;
}

/** Describes the content and the cost of a model, and whether the engine runs it. */
export function describeModel(graph: Graph, shapes: Record<string, number[]> = {}): ModelDescription {
  const { model } = graph;
  const values = inferValues(graph, typesOfInputs(graph, shapes), { lenient: true });
  const { macs, params, nodes } = networkCost(graph, values);
  const operators = describeOperators(graph);
  return {
    irVersion: Number(model.irVersion),
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    opsets: Object.fromEntries(model.opsetImport.map(({ domain, version }) => [domain || 'ai.onnx', Number(version)])),
    inputs: graph.inputs.map(({ name }) => describeValue(graph, name)),
    outputs: graph.outputs.map(({ name }) => describeValue(graph, name)),
    operators,
    layers: nodes.map((cost) => describeLayer(cost, values)),
    nodesWithin: graph.nodes.flatMap(nodesWithin).length,
    macs,
    params,
    quantization: describeQuantization(graph, values),
    runs: newerVersion(model) === undefined && operators.every(({ runs }) => runs),
  };
}

function describeValue(graph: Graph, name: string): ValueDescription {
  const declared = graph.declared(name);
  return { name, type: declared?.type, dims: declared?.dims?.map((dim) => dim ?? null) };
}

function describeOperators(graph: Graph): OperatorDescription[] {
  const found = new Map<string, { domain: string; type: string; count: number; runs: boolean }>();
  for (const { domain, opType: type } of graph.nodes.flatMap((node) => [node, ...nodesWithin(node)])) {
    const key = `${domain} ${type}`;
    const same = found.get(key);
    if (same) ++same.count;
    else found.set(key, { domain, type, count: 1, runs: operatorOf(domain, type) !== undefined });
  }
  return [...found.values()].sort((one, other) => other.count - one.count || (one.type < other.type ? -1 : 1));
}

function describeLayer({ node, macs, weights }: NodeCost, values: ReadonlyMap<string, KnownValue>): LayerDescription {
  const shapes = [...weights.values()];
  return {
    name: nameOf(node),
    operator: node.opType,
    weights: shapes[0],
    output: values.get(node.output[0]!)?.dims,
    macs,
    params: shapes.reduce((sum, dims) => sum + elementCount(dims), 0),
  };
}
