import type { Graph } from '../graph/graph';
import { isStandardDomain } from '../onnx/domain';
import type { Constant } from '../onnx/value';
import { numbersOf } from '../operators/elements';
import { fixed, foldScaling, type ChannelMaps, type ScalingOf } from './fold-scaling';

/**
 * Folds Mul, Div, Add and Sub by constants, one for all channels or one for each, into the Conv, ConvTranspose or Gemm before
 * them, where nothing else reads the value between. PaddlePaddle exports a scale and a shift behind each convolution so.
 *
 * @returns how many were folded
 */
export function foldChannelArithmetic(graph: Graph): number {
  return foldScaling(graph, arithmeticOf);
}

const arithmeticOf: ScalingOf = (graph, node, maps) => {
  // Before operator set 7 an attribute said along which axis to broadcast.
  if (!isStandardDomain(node.domain) || graph.opset < 7 || node.input.length !== 2) return undefined;
  const place = node.input.indexOf(maps.source);
  const constant = fixed(graph, node.input[1 - place]);
  // Weights of half precision would be rounded again.
  const operand = constant?.type === 'float32' ? perChannel(constant, maps) : undefined;
  if (!operand) return undefined;
  const filled = (value: number) => new Float64Array(maps.channels).fill(value);
  switch (node.opType) {
    case 'Mul':
      return { scale: operand, shift: filled(0) };
    case 'Div':
      return place === 0 ? { scale: operand.map((value) => 1 / value), shift: filled(0) } : undefined;
    case 'Add':
      return { scale: filled(1), shift: operand };
    case 'Sub':
      return place === 0
        ? { scale: filled(1), shift: operand.map((value) => -value) }
        : { scale: filled(-1), shift: operand };
    default:
      return undefined;
  }
};

/** The constant's value for each channel of maps over which it is broadcast; `undefined` where it differs within a channel. */
function perChannel(constant: Constant, { channels, rank }: ChannelMaps): Float64Array | undefined {
  const { dims } = constant;
  const axis = 1 - (rank - dims.length);
  if (dims.length > rank || dims.some((dim, at) => dim !== 1 && (at !== axis || dim !== channels))) return undefined;
  const values = numbersOf(constant);
  return Float64Array.from({ length: channels }, (_, m) => values[values.length === 1 ? 0 : m]!);
}
