import type { Operation, ProgramOperation } from '../operation';
import type { ProgramRewriter } from '../program-rewriter';

/** How the rows of a depthwise convolution follow from the channels of the maps before it. */
export interface SeparableStages {
  /** g_c: number of depthwise kernels of each channel. */
  readonly kernels: readonly number[];
  /** The rows in the order of their channels. */
  readonly order: readonly number[];
  readonly isSorted: boolean;
}

/** Limit of kernels and channels, since these are listed. */
const mostRows = 2 ** 20;

/**
 * Undefined where there are very many.
 * @param rows number of depthwise kernels
 * @param groups those of the depthwise convolution: its channels
 * @param gathered the channel of the maps that each of them is, where they are gathered; negative ones count from the end
 */
export function separableStages(
  rows: number,
  groups: number,
  channels: number,
  gathered: ArrayLike<number | bigint> | undefined,
): SeparableStages | undefined {
  if (Math.max(rows, channels) > mostRows) return undefined;
  const multiplier = rows / groups;
  const channelOfRow = Array.from({ length: rows }, (_, row) => {
    const channel = Math.floor(row / multiplier);
    const index = gathered ? Number(gathered[channel]) : channel;
    return index < 0 ? index + channels : index;
  });
  const kernels = new Array<number>(channels).fill(0);
  for (const channel of channelOfRow) kernels[channel]!++;
  const order = channelOfRow.map((_, row) => row).sort((a, b) => channelOfRow[a]! - channelOfRow[b]! || a - b);
  return { kernels, order, isSorted: order.every((row, place) => row === place) };
}

/** A typed array of numbers. */
type Elements = Float32Array | Int8Array | Int32Array;

/** Rows of (G, …) in the given order. */
export function permuteRows<Data extends Elements>(from: Data, order: readonly number[]): Data {
  const width = from.length / order.length;
  const data = from.slice() as Data;
  order.forEach((row, place) => data.set(from.subarray(row * width, (row + 1) * width), place * width));
  return data;
}

/** Columns of (M, G, 1, 1) in the given order. */
export function permuteColumns<Data extends Elements>(from: Data, order: readonly number[]): Data {
  const width = order.length;
  return from.map((_, at) => from[at - (at % width) + order[at % width]!]!) as Data;
}

/** Whether it gathers channels of maps. Indices of two axes make maps of something else. */
export function isChannelGather(
  operation: ProgramOperation,
  rewriter: ProgramRewriter,
): operation is Operation<'gather'> {
  return (
    operation.opcode === 'gather' &&
    operation.attributes.axis === 1 &&
    rewriter.valueOf(operation.inputs[1]!).dims.length === 1
  );
}
