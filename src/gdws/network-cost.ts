import type { Graph } from '../graph/graph';
import { elementCount, type KnownValue } from '../graph/value';
import { intAttribute } from '../onnx/attribute';
import type { NodeProto } from '../onnx/onnx_pb';

/** What a network computes and holds, over all operators that multiply by weights. */
export interface NetworkCost {
  /** Multiply-accumulates of one run; `undefined` where a shape is not known. */
  readonly macs?: number;
  /** Weights, without biases; those that several nodes share count once. */
  readonly params: number;
  /** The first node whose shapes are not known. */
  readonly unknown?: NodeProto;
}

/** Cost of all Conv, ConvTranspose, Gemm and MatMul nodes. */
export function networkCost(graph: Graph, values: ReadonlyMap<string, KnownValue>): NetworkCost {
  let macs: number | undefined = 0;
  let unknown: NodeProto | undefined;
  const weights = new Map<string, number>();
  for (const node of graph.nodes) {
    if (node.domain !== '' && node.domain !== 'ai.onnx') continue;
    const operands = operandsOf(node);
    if (!operands) continue;
    const ofNode = nodeMacs(node, graph, values);
    if (ofNode === undefined) unknown ??= node;
    macs = macs === undefined || ofNode === undefined ? undefined : macs + ofNode;
    for (const operand of operands) {
      const constant = graph.constant(operand) ?? values.get(operand)?.constant;
      if (constant) weights.set(operand, elementCount(constant.dims));
    }
  }
  return { macs, params: [...weights.values()].reduce((sum, count) => sum + count, 0), unknown };
}

/** The inputs of a node that are multiplied by one another, if it is one that counts. */
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
