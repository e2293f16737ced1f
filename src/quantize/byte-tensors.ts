import type { Graph } from '../graph/graph';
import { isStandardDomain } from '../onnx/domain';
import type { NodeProto } from '../onnx/onnx_pb';
import { byteLimits, isByteType, quantizedByte, type UniformQuantization } from '../program/byte-quantization';

/** Names of a tensor of bytes, its scale and its zero point. */
export interface ByteTensor {
  readonly bytes: string;
  readonly scale: string;
  readonly zeroPoint: string;
}

/** Bytes that a result becomes. */
export interface ByteResult extends ByteTensor {
  /** The nodes that make them of the result: QuantizeLinear, and before it those that its limits stand for. */
  readonly behind: readonly NodeProto[];
}

function isStandard(node: NodeProto, opType: string): boolean {
  return node.opType === opType && isStandardDomain(node.domain);
}

/** What DequantizeLinear makes a tensor of; `undefined` where it does not. */
export function bytesOf(graph: Graph, tensor: string | undefined): ByteTensor | undefined {
  const node = graph.producer(tensor ?? '');
  if (!node || !isStandard(node, 'DequantizeLinear')) return undefined;
  const [bytes = '', scale = '', zeroPoint = ''] = node.input;
  return { bytes, scale, zeroPoint };
}

/**
 * The bytes that a result becomes by one QuantizeLinear; `undefined` where something else reads it, or a Relu or Clip before changes
 * bytes.
 */
export function bytesBehind(graph: Graph, result: string): ByteResult | undefined {
  const behind: NodeProto[] = [];
  const limits: (readonly [number, number])[] = [];
  let tensor = result;
  for (;;) {
    const readers = graph.consumers(tensor);
    const [reader] = readers;
    if (!reader || readers.length > 1 || graph.isOutput(tensor)) return undefined;
    behind.push(reader);
    if (isStandard(reader, 'QuantizeLinear')) {
      const [, scale = '', zeroPoint = ''] = reader.input;
      const quantization = uniformOf(graph, scale, zeroPoint);
      if (!quantization || !limits.every((bounds) => isImplied(bounds, quantization))) return undefined;
      return { bytes: reader.output[0]!, scale, zeroPoint, behind };
    }
    const bounds = boundsOf(graph, reader);
    if (!bounds) return undefined;
    limits.push(bounds);
    tensor = reader.output[0]!;
  }
}

function uniformOf(graph: Graph, scale: string, zeroPoint: string): UniformQuantization | undefined {
  const [steps, zero] = [graph.constant(scale), graph.constant(zeroPoint)];
  if (steps?.data.length !== 1 || !zero || !isByteType(zero.type)) return undefined;
  return { type: zero.type, scale: Number(steps.data[0]), zeroPoint: Number(zero.data[0]) };
}

/** Bounds of a Relu or Clip; `undefined` of another node, and where only a run knows them. */
export function boundsOf(graph: Graph, node: NodeProto): readonly [number, number] | undefined {
  if (isStandard(node, 'Relu')) return [0, Infinity];
  if (!isStandard(node, 'Clip')) return undefined;
  const bound = (index: number, absent: number) =>
    node.input[index] ? Number(graph.constant(node.input[index])?.data[0] ?? NaN) : absent;
  const bounds = [bound(1, -Infinity), bound(2, Infinity)] as const;
  return bounds.some(Number.isNaN) ? undefined : bounds;
}

/** Whether bounds are those of the bytes anyway: rounding keeps the order. */
function isImplied([least, most]: readonly [number, number], quantization: UniformQuantization): boolean {
  const limits = byteLimits[quantization.type];
  return quantizedByte(least, quantization) === limits.least && quantizedByte(most, quantization) === limits.most;
}
