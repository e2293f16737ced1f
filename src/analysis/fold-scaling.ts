import type { Graph } from '../graph/graph';
import { floatAttribute, makeAttribute } from '../onnx/attribute';
import { nameOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import type { Constant } from '../onnx/value';
import { constantOf, isFloat, numbersOf } from '../operators/elements';
import { outputChannels, type OutputChannels } from './output-channels';

/** A factor and a summand for each channel. */
export interface ScaleShift {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** The maps before a node that scales and shifts their channels. */
export interface ChannelMaps {
  /** Name of the tensor. */
  readonly source: string;
  readonly channels: number;
  /** Number of dims; channels are the second. */
  readonly rank: number;
}

/** What a node does to each channel of these maps, which it reads; `undefined` where it does anything else. */
export type ScalingOf = (graph: Graph, node: NodeProto, maps: ChannelMaps) => ScaleShift | undefined;

/**
 * Folds nodes that scale and shift channels by constants into the Conv, ConvTranspose or Gemm before them, where nothing else
 * reads the value between: weights w become w·s and bias b becomes b·s + t.
 *
 * @returns how many were folded
 */
export function foldScaling(graph: Graph, scalingOf: ScalingOf): number {
  const folded = new Set<NodeProto>();
  /** Nodes that have taken over the output of the one behind them. */
  const producers = new Map<string, NodeProto>();
  for (const node of graph.nodes) {
    const layer = node.input
      .slice(0, 2)
      .map((source) => ({ source, before: producers.get(source) ?? graph.producer(source) }))
      .find(({ source, before }) => before && graph.consumers(source).length === 1 && !graph.isOutput(source));
    if (!layer?.before || !foldInto(graph, layer.before, (maps) => scalingOf(graph, node, { ...layer, ...maps })))
      continue;
    // One without a name keeps that of its own output.
    layer.before.name = nameOf(layer.before);
    layer.before.output[0] = node.output[0]!;
    producers.set(node.output[0]!, layer.before);
    folded.add(node);
  }
  if (folded.size > 0) graph.remove(folded);
  return folded.size;
}

function foldInto(
  graph: Graph,
  node: NodeProto,
  scalingOf: (maps: Omit<ChannelMaps, 'source'>) => ScaleShift | undefined,
): boolean {
  const weights = fixed(graph, node.input[1]);
  const channels = weights && outputChannels(node, weights.dims);
  if (!weights || !channels) return false;
  const isGemm = node.opType === 'Gemm';
  const bias = node.input[2]
    ? biasOf(fixed(graph, node.input[2]), channels.count, isGemm)
    : new Float64Array(channels.count);
  if (!bias) return false;
  const scaling = scalingOf({ channels: channels.count, rank: weights.dims.length });
  if (!scaling) return false;
  const { scale, shift } = scaling;
  if (![...scale, ...shift].every(Number.isFinite)) return false;
  const factor = isGemm ? floatAttribute(node, 'beta', 1) : 1;
  setInput(graph, node, 1, 'weight', scaledWeights(weights, scale, channels));
  const shifted = bias.map((value, m) => factor * value * scale[m]! + shift[m]!);
  setInput(graph, node, 2, 'bias', constantOf(weights.type, [scale.length], shifted));
  if (factor !== 1) {
    node.attribute = node.attribute.map((one) => (one.name === 'beta' ? makeAttribute('beta', { float: 1 }) : one));
  }
  return true;
}

function scaledWeights(weights: Constant, scale: Float64Array, { run, of }: OutputChannels): Constant {
  const values = numbersOf(weights);
  const scaled = weights.type === 'float64' ? new Float64Array(values.length) : new Float32Array(values.length);
  for (let start = 0; start < values.length; start += run) {
    const factor = scale[of(start / run)]!;
    for (let at = start; at < start + run; at++) scaled[at] = values[at]! * factor;
  }
  // Most models have float32 weights, which need no conversion.
  const { type, dims } = weights;
  return type === 'float32' ? { type, dims, data: scaled } : constantOf(type, dims, scaled);
}

/** A bias with one element for each channel; that of a Gemm may be any shape that broadcasts to its result. */
function biasOf(constant: Constant | undefined, channels: number, broadcasts: boolean): Float64Array | undefined {
  if (!constant) return undefined;
  const { dims } = constant;
  const values = Float64Array.from(numbersOf(constant));
  if (dims.length === 1 && values.length === channels) return values;
  if (!broadcasts) return undefined;
  if (values.length === 1 && dims.length <= 2) return new Float64Array(channels).fill(values[0]!);
  return dims.length === 2 && dims[0] === 1 && dims[1] === channels ? values : undefined;
}

/** A floating-point constant that no run can change. */
export function fixed(graph: Graph, name: string | undefined): Constant | undefined {
  const constant = name && !graph.isOverridable(name) ? graph.constant(name) : undefined;
  return constant && isFloat(constant.type) ? constant : undefined;
}

/** Sets a constant input of a node: under its old name, unless something else reads that. */
function setInput(graph: Graph, node: NodeProto, index: number, kind: string, constant: Constant): void {
  const old = node.input[index] ?? '';
  const isOwn = graph.isInitializer(old) && graph.consumers(old).length <= 1 && !graph.isOutput(old);
  const name = isOwn ? old : graph.uniqueName(`${nameOf(node)}.${kind}`);
  graph.setInitializer(name, constant);
  node.input[index] = name;
}
