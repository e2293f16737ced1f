import type { Graph } from '../graph/graph';
import { intAttribute } from '../onnx/attribute';
import { isStandardDomain } from '../onnx/domain';
import type { NodeProto } from '../onnx/onnx_pb';
import type { KnownValue } from '../onnx/value';
import { boundsOf } from './byte-tensors';

/** A product that reads what another one gives, by channel. */
export interface ChannelReader {
  readonly node: NodeProto;
  /** The tensor that it reads. */
  readonly tensor: string;
  /** Axis of the tensor's channels. */
  readonly axis: number;
  /** For each of the tensor's channels, that of the other product which it holds. */
  readonly channels: Int32Array;
}

interface ChannelTensor extends Omit<ChannelReader, 'node'> {
  /** What it holds of the product: all, or what is above 0. */
  readonly holds: 'all' | 'positive';
}

/** Products by rows: the channels that they read are along the last axis. Others read those along axis 1. */
const byRows = new Set(['Gemm', 'MatMul']);

const maxPooling = new Set(['MaxPool', 'GlobalMaxPool']);

const reshaping = new Set(['Flatten', 'Reshape', 'Squeeze', 'Unsqueeze']);

/**
 * The products that read what a product gives, with only functions between that are positively homogeneous by channel, f(s·x) = s·f(x)
 * for s > 0: each of its channels may be divided by a positive number, if the weights that read it are multiplied by that number.
 *
 * All tensors on the way that become bytes have the same range in each channel, so that what suits the reader suits all: Relu only directly
 * behind the product, which it is part of, and maxima only behind Relu. A mean, or a slope below 0, would leave a range far smaller than that
 * of the bytes before it.
 *
 * @param values of all tensors: shapes
 * @param products that may be among the readers
 * @returns `undefined` where something else reads it, too
 */
export function channelReaders(
  graph: Graph,
  values: ReadonlyMap<string, KnownValue>,
  products: ReadonlySet<NodeProto>,
  producer: NodeProto,
): readonly ChannelReader[] | undefined {
  const [output = ''] = producer.output;
  const dims = values.get(output)?.dims;
  if (!dims) return undefined;
  const axis = channelAxis(producer, dims);
  const pending: ChannelTensor[] = [
    { tensor: output, axis, channels: Int32Array.from({ length: dims[axis]! }, (_, channel) => channel), holds: 'all' },
  ];
  const readers: ChannelReader[] = [];
  for (const read of pending) {
    if (graph.isOutput(read.tensor)) return undefined;
    for (const node of graph.consumers(read.tensor)) {
      if (node.input.lastIndexOf(read.tensor) !== 0) return undefined;
      if (products.has(node)) {
        if (read.axis !== channelAxis(node, values.get(read.tensor)!.dims)) return undefined;
        const { tensor, axis, channels } = read;
        readers.push({ node, tensor, axis, channels });
        continue;
      }
      if (isLimiting(graph, node)) {
        if (read.tensor !== output) return undefined;
        pending.push({ ...read, tensor: node.output[0]!, holds: 'positive' });
        continue;
      }
      const passed = passedBy(graph, values, node, read);
      if (!passed) return undefined;
      pending.push(passed);
    }
  }
  return readers.length > 0 ? readers : undefined;
}

/** Axis of the channels that a product reads or gives. */
function channelAxis({ opType }: NodeProto, dims: readonly number[]): number {
  return byRows.has(opType) ? dims.length - 1 : 1;
}

/** Whether a node is Relu, or Clip as such. */
function isLimiting(graph: Graph, node: NodeProto): boolean {
  const bounds = boundsOf(graph, node);
  return bounds?.[0] === 0 && bounds[1] === Infinity;
}

/** What a node makes of channels; `undefined` where it is no positively homogeneous function of each. */
function passedBy(
  graph: Graph,
  values: ReadonlyMap<string, KnownValue>,
  node: NodeProto,
  { tensor, axis, channels, holds }: ChannelTensor,
): ChannelTensor | undefined {
  const { opType } = node;
  const [output = '', ...others] = node.output;
  const [from, to] = [values.get(tensor)?.dims, values.get(output)?.dims];
  if (!isStandardDomain(node.domain) || others.some((name) => name !== '') || !from || !to) return undefined;
  const same = { tensor: output, axis, channels, holds };
  if (opType === 'Identity') return same;
  if (axis !== 1) return undefined;
  if (maxPooling.has(opType)) return holds === 'positive' ? same : undefined;
  if (opType === 'Gather') {
    const places = graph.constant(node.input[1]!);
    const along = intAttribute(node, 'axis', 0);
    if (places?.dims.length !== 1 || (along !== 1 && along !== 1 - from.length)) return undefined;
    const chosen = Int32Array.from(places.data as ArrayLike<number | bigint>, (place) => channels.at(Number(place))!);
    return { tensor: output, axis, channels: chosen, holds };
  }
  if (!reshaping.has(opType) || to.length < 2 || to[0] !== from[0]) return undefined;
  // Each of the new channels must be of one.
  const [before, after] = [from, to].map((dims) => dims.slice(2).reduce((size, dim) => size * dim, 1)) as [
    number,
    number,
  ];
  if (before % after !== 0) return undefined;
  const channelOf = (place: number) => channels[Math.floor((place * after) / before)]!;
  const places = Int32Array.from({ length: to[1]! }, (_, place) => channelOf(place));
  return { tensor: output, axis, channels: places, holds };
}
