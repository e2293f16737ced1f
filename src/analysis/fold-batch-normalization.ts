import type { Graph } from '../graph/graph';
import { floatAttribute, intAttribute, makeAttribute } from '../onnx/attribute';
import { isStandardDomain } from '../onnx/domain';
import { nameOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import type { Constant } from '../onnx/value';
import { constantOf, isFloat, numbersOf } from '../operators/elements';
import { outputChannels, type OutputChannels } from './output-channels';

/** Batch normalisation at inference as a scale and a shift a channel. */
interface ScaleShift {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/**
 * Folds each BatchNormalization into the Conv, ConvTranspose or Gemm before it, where nothing else reads the value
 * between: weights w become w·s and bias b becomes (b - mean)·s + B, with s = scale / sqrt(variance + epsilon).
 *
 * @see https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
 * @returns how many were folded
 */
export function foldBatchNormalization(graph: Graph): number {
  const folded = new Set<NodeProto>();
  /** Nodes that have taken over the output of the normalisation behind them. */
  const producers = new Map<string, NodeProto>();
  for (const node of graph.nodes) {
    const [source = ''] = node.input;
    const before = producers.get(source) ?? graph.producer(source);
    if (!before || graph.consumers(source).length !== 1 || graph.isOutput(source)) continue;
    const normalization = scaleShiftOf(graph, node);
    if (!normalization || !foldInto(graph, before, normalization)) continue;
    // One without a name keeps that of its own output.
    before.name = nameOf(before);
    before.output[0] = node.output[0]!;
    producers.set(node.output[0]!, before);
    folded.add(node);
  }
  if (folded.size > 0) graph.remove(folded);
  return folded.size;
}

/** Scale and shift of each channel; `undefined` where the node is no batch normalisation with fixed statistics. */
function scaleShiftOf(graph: Graph, node: NodeProto): ScaleShift | undefined {
  if (node.opType !== 'BatchNormalization' || !isStandardDomain(node.domain) || graph.opset < 7) return undefined;
  if (node.output.slice(1).some((name) => name !== '') || intAttribute(node, 'training_mode', 0) !== 0)
    return undefined;
  if (intAttribute(node, 'spatial', 1) !== 1) return undefined;
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => vector(fixed(graph, node.input[index])));
  if (!gamma || beta?.length !== gamma.length || mean?.length !== gamma.length || variance?.length !== gamma.length) {
    return undefined;
  }
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const scale = gamma.map((value, m) => value / Math.sqrt(variance[m]! + epsilon));
  const shift = beta.map((value, m) => value - mean[m]! * scale[m]!);
  return [...scale, ...shift].every(Number.isFinite) ? { scale, shift } : undefined;
}

function foldInto(graph: Graph, node: NodeProto, { scale, shift }: ScaleShift): boolean {
  const weights = fixed(graph, node.input[1]);
  const channels = weights && outputChannels(node, weights.dims);
  if (!weights || channels?.count !== scale.length) return false;
  const isGemm = node.opType === 'Gemm';
  const bias = node.input[2]
    ? biasOf(fixed(graph, node.input[2]), scale.length, isGemm)
    : new Float64Array(scale.length);
  if (!bias) return false;
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
function fixed(graph: Graph, name: string | undefined): Constant | undefined {
  const constant = name && !graph.isOverridable(name) ? graph.constant(name) : undefined;
  return constant && isFloat(constant.type) ? constant : undefined;
}

function vector(constant: Constant | undefined): Float64Array | undefined {
  return constant?.dims.length === 1 ? Float64Array.from(numbersOf(constant)) : undefined;
}

/** Sets a constant input of a node: under its old name, unless something else reads that. */
function setInput(graph: Graph, node: NodeProto, index: number, kind: string, constant: Constant): void {
  const old = node.input[index] ?? '';
  const isOwn = graph.isInitializer(old) && graph.consumers(old).length <= 1 && !graph.isOutput(old);
  const name = isOwn ? old : graph.uniqueName(`${nameOf(node)}.${kind}`);
  graph.setInitializer(name, constant);
  node.input[index] = name;
}
