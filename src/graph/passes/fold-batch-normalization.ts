import { floatAttribute, intAttribute, makeAttribute } from '../../onnx/attribute';
import type { NodeProto } from '../../onnx/onnx_pb';
import type { Graph } from '../graph';
import type { Constant } from '../value';

/** Batch normalisation at inference as a scale and a shift a channel. */
interface ScaleShift {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/**
 * Folds each BatchNormalization into the Conv, ConvTranspose or Gemm before it, where nothing else reads what lies
 * between: weights w become w·s and bias b becomes (b - mean)·s + B, with s = scale / sqrt(variance + epsilon).
 *
 * @see https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
 * @returns how many were folded
 */
export function foldBatchNormalization(graph: Graph): number {
  const folded = new Set<NodeProto>();
  for (const node of graph.nodes) {
    if (node.opType !== 'BatchNormalization' || node.output.slice(1).some((name) => name !== '')) continue;
    const source = node.input[0]!;
    const before = graph.producer(source);
    if (!before || folded.has(before) || graph.consumers(source).length !== 1 || graph.isOutput(source)) continue;
    const normalization = scaleShiftOf(graph, node);
    if (!normalization || !foldInto(graph, before, normalization)) continue;
    before.output[0] = node.output[0]!;
    folded.add(node);
  }
  if (folded.size > 0) graph.remove(folded);
  return folded.size;
}

function scaleShiftOf(graph: Graph, node: NodeProto): ScaleShift | undefined {
  if (intAttribute(node, 'training_mode', 0) !== 0 || intAttribute(node, 'spatial', 1) !== 1) return undefined;
  const parameters = node.input.slice(1, 5).map((name) => floats(graph, name));
  const [gamma, beta, mean, variance] = parameters;
  if (!gamma || !beta || !mean || !variance) return undefined;
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const scale = Float64Array.from(gamma, (value, m) => value / Math.sqrt(variance[m]! + epsilon));
  return { scale, shift: Float64Array.from(beta, (value, m) => value - mean[m]! * scale[m]!) };
}

/** The elements of a float32 constant that no run can change. */
function floats(graph: Graph, name: string | undefined): Float32Array | undefined {
  const constant = name && !graph.isOverridable(name) ? graph.constant(name) : undefined;
  return constant?.type === 'float32' ? (constant.data as Float32Array) : undefined;
}

function foldInto(graph: Graph, node: NodeProto, { scale, shift }: ScaleShift): boolean {
  const channelOf = outputChannelOf(graph, node);
  const weights = floats(graph, node.input[1]);
  const biasName = node.input[2];
  const bias = biasName ? floats(graph, biasName) : undefined;
  if (!channelOf || !weights || (biasName && bias?.length !== scale.length)) return false;
  const factor = node.opType === 'Gemm' ? floatAttribute(node, 'beta', 1) : 1;
  setInput(graph, node, 1, 'weight', {
    type: 'float32',
    dims: graph.constant(node.input[1]!)!.dims,
    data: weights.map((weight, at) => weight * scale[channelOf(at)]!),
  });
  setInput(graph, node, 2, 'bias', {
    type: 'float32',
    dims: [scale.length],
    data: Float32Array.from(scale, (value, m) => (bias ? factor * bias[m]! * value : 0) + shift[m]!),
  });
  if (factor !== 1) {
    node.attribute = node.attribute.map((one) => (one.name === 'beta' ? makeAttribute('beta', { float: 1 }) : one));
  }
  return true;
}

/** Which output channel each element of a node's weights belongs to. */
function outputChannelOf(graph: Graph, node: NodeProto): ((at: number) => number) | undefined {
  if (node.domain !== '' && node.domain !== 'ai.onnx') return undefined;
  const dims = graph.constant(node.input[1] ?? '')?.dims;
  if (!dims) return undefined;
  switch (node.opType) {
    case 'Conv': {
      const each = dims.slice(1).reduce((product, dim) => product * dim, 1);
      return (at) => Math.floor(at / each);
    }
    case 'ConvTranspose': {
      // (C, M / groups, …): the input channel says which group.
      const [channels = 1, outputsPerGroup = 1] = dims;
      const area = dims.slice(2).reduce((product, dim) => product * dim, 1);
      const channelsPerGroup = channels / intAttribute(node, 'group', 1);
      return (at) => {
        const row = Math.floor(at / area);
        const group = Math.floor(Math.floor(row / outputsPerGroup) / channelsPerGroup);
        return group * outputsPerGroup + (row % outputsPerGroup);
      };
    }
    case 'Gemm': {
      const width = dims[1]!;
      return intAttribute(node, 'transB', 0) ? (at) => Math.floor(at / width) : (at) => at % width;
    }
    default:
      return undefined;
  }
}

/** Gives the node a new initializer: the old one may have other readers. */
function setInput(graph: Graph, node: NodeProto, index: number, kind: string, constant: Constant): void {
  const name = graph.uniqueName(`${node.name || node.output[0]}_folded_${kind}`);
  graph.setInitializer(name, constant);
  node.input[index] = name;
}
