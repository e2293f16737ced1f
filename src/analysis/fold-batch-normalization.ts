import type { Graph } from '../graph/graph';
import { floatAttribute, intAttribute } from '../onnx/attribute';
import { isStandardDomain } from '../onnx/domain';
import type { Constant } from '../onnx/value';
import { numbersOf } from '../operators/elements';
import { fixed, foldScaling, type ScalingOf } from './fold-scaling';

/**
 * Folds each BatchNormalization into the Conv, ConvTranspose or Gemm before it, where nothing else reads the value
 * between: weights w become w·s and bias b becomes (b - mean)·s + B, with s = scale / sqrt(variance + epsilon).
 *
 * @see https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
 * @returns how many were folded
 */
export function foldBatchNormalization(graph: Graph): number {
  return foldScaling(graph, normalizationOf);
}

/** `undefined` where the node is no batch normalisation with fixed statistics. */
export const normalizationOf: ScalingOf = (graph, node, { source, channels }) => {
  if (node.opType !== 'BatchNormalization' || !isStandardDomain(node.domain) || graph.opset < 7) return undefined;
  if (node.input[0] !== source) return undefined;
  if (node.output.slice(1).some((name) => name !== '') || intAttribute(node, 'training_mode', 0) !== 0)
    return undefined;
  if (intAttribute(node, 'spatial', 1) !== 1) return undefined;
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => vector(fixed(graph, node.input[index])));
  if ([gamma, beta, mean, variance].some((one) => one?.length !== channels)) return undefined;
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const scale = gamma!.map((value, m) => value / Math.sqrt(variance![m]! + epsilon));
  return { scale, shift: beta!.map((value, m) => value - mean![m]! * scale[m]!) };
};

function vector(constant: Constant | undefined): Float64Array | undefined {
  return constant?.dims.length === 1 ? Float64Array.from(numbersOf(constant)) : undefined;
}
