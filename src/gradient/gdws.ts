import { elementCount } from '../onnx/value';
import type { ValueId } from '../program/operation';
import { addAddends, transposed, type Weights } from './convolution';
import { Unsupported, type Rule } from './rule';
import type { Tape } from './tape';
import { pointwiseAttributes, walkOf } from './walk';

/** Channels with the same number of kernels, and the rows of these kernels. */
interface Block {
  readonly kernels: number;
  readonly channels: number[];
  readonly rows: number[];
}

/**
 * The transpose of a GDWS convolution: the transposed pointwise stage, then the transposed depthwise stage, then a sum over the
 * kernels of each channel. Channels with the same number of kernels are processed together.
 */
export const gdws: Rule<'gdws'> = (tape, operation, gradient) => {
  const [x, d, p] = operation.inputs as [ValueId, ValueId, ValueId];
  if (tape.wants(d) || tape.wants(p)) throw new Unsupported('with respect to GDWS weights');
  const depthwise = tape.constantData(d) as Float32Array | undefined;
  const pointwise = tape.constantData(p) as Float32Array | undefined;
  if (!depthwise || !pointwise) throw new Unsupported('of a GDWS convolution whose weights are not constant');
  tape.add(x, () => {
    const { groups, kernels } = operation.attributes;
    const map = tape.dims(x);
    const key = [d, p].map((id) => tape.forward.values[id]!.index).join();
    const blocks = blocksOf(kernels);
    const parts = blocks.map((block) => {
      const back = pointwiseBack(tape, gradient, { pointwise, dims: tape.dims(p), groups, block, key });
      const taps = tape.dims(d).slice(2);
      const kernelDims = [block.rows.length, 1, ...taps];
      const data = rowsOf(depthwise, elementCount(taps), block.rows);
      const weights: Weights = {
        id: tape.floats(`kernels,${block.kernels},${key}`, kernelDims, () => data),
        dims: kernelDims,
        constant: { key: `kernels,${block.kernels},${key}`, data },
      };
      const [batch = 0, , height = 0, width = 0] = map;
      const count = block.channels.length;
      const partMap = [batch, count * block.kernels, height, width];
      const each = transposed(tape, back, {
        weights,
        groups: block.rows.length,
        walk: walkOf(operation.attributes),
        map: partMap,
      });
      if (block.kernels === 1) return each;
      const sum = tape.reduce('sum', tape.view(each, [batch, count, block.kernels, height, width]), [2]);
      return tape.view(sum, [batch, count, height, width]);
    });
    return joined(tape, parts, blocks, map);
  });
  addAddends(tape, operation, 3, gradient);
};

function blocksOf(counts: readonly number[]): Block[] {
  const blocks = new Map<number, Block>();
  let row = 0;
  counts.forEach((kernels, channel) => {
    if (kernels === 0) return;
    const block = blocks.get(kernels) ?? { kernels, channels: [], rows: [] };
    block.channels.push(channel);
    for (let i = 0; i < kernels; i++) block.rows.push(row++);
    blocks.set(kernels, block);
  });
  return [...blocks.values()];
}

/** The pointwise stage, and the block whose kernels it reads. */
interface PointwiseStage {
  /** (M, G / groups) */
  readonly pointwise: Float32Array;
  readonly dims: readonly number[];
  readonly groups: number;
  readonly block: Block;
  /** Tells these weights from those of other operations. */
  readonly key: string;
}

/** The gradient of the maps that the kernels of a block make. */
function pointwiseBack(
  tape: Tape,
  gradient: ValueId,
  { pointwise, dims, groups, block: { kernels, rows }, key }: PointwiseStage,
): ValueId {
  const [outputs = 0, perGroup = 0] = dims;
  const perGroupOutputs = outputs / groups;
  const weights = tape.floats(`columns,${kernels},${key}`, [rows.length, outputs, 1, 1], () =>
    Float32Array.from({ length: rows.length * outputs }, (_, at) => {
      const row = rows[Math.floor(at / outputs)]!;
      const m = at % outputs;
      const group = Math.floor(m / perGroupOutputs);
      const column = row - group * perGroup;
      return column >= 0 && column < perGroup ? pointwise[m * perGroup + column]! : 0;
    }),
  );
  const [batch = 0, , height = 0, width = 0] = tape.dimsOf(gradient);
  return tape.emit('convolution', [gradient, weights], [batch, rows.length, height, width], pointwiseAttributes);
}

/** The parts' channels in the order of the map; channels without a kernel are 0. */
function joined(tape: Tape, parts: readonly ValueId[], blocks: readonly Block[], map: readonly number[]): ValueId {
  const [batch = 0, channels = 0, height = 0, width = 0] = map;
  if (parts.length === 0) return tape.expand(tape.filled(0), map);
  const order = blocks.flatMap((block) => block.channels);
  const known = [batch, order.length, height, width];
  const all = parts.length === 1 ? parts[0]! : tape.emit('concat', parts, known, { axis: 1 });
  if (order.length === channels && order.every((channel, place) => channel === place)) return all;
  const padded = order.length === channels ? all : tape.emit('pad', [all], map, { begins: [0, 0, 0, 0], value: 0 });
  const place = Int32Array.from({ length: channels }, (_, channel) => {
    const at = order.indexOf(channel);
    return at < 0 ? channels - 1 : at;
  });
  const index = tape.integers(`places,${place.join()}`, [channels], () => place);
  return tape.emit('gather', [padded, index], map, { axis: 1 });
}

function rowsOf(data: Float32Array, width: number, rows: readonly number[]): Float32Array {
  const result = new Float32Array(rows.length * width);
  rows.forEach((row, place) => result.set(data.subarray(row * width, (row + 1) * width), place * width));
  return result;
}
