import type { StoredValue } from '../calibrate/live-store';
import { drawPixels, gatherChannels, patchPlaces } from '../calibrate/patches';
import { paddedMap } from '../gradient/convolution-weights';
import { walkOf, type WalkAttributes } from '../gradient/walk';
import type { Operation, ValueId } from '../program/operation';
import type { ProgramValue } from '../program/program';
import type { ProgramWriter } from '../program/program-writer';
import type { RandomStream } from '../robustness/random-stream';

/** A product of constant weights whose inputs and wanted outputs are stored. */
export interface MeasuredProduct {
  readonly operation: Operation<'convolution'> | Operation<'matmul'>;
  readonly groups: number;
  /** M */
  readonly outputs: number;
  /** K of each axis. */
  readonly kernel: readonly number[];
}

/** What a batch's maps are: in the quantized network what the product reads, in the dense one what it should give. */
export interface ProductMaps {
  readonly x: StoredValue;
  readonly y: StoredValue;
  /** Of the quantized network's program. */
  readonly values: readonly ProgramValue[];
}

/** (N, C, H, W), of the rows of a matrix too. */
function mapDims(dims: readonly number[]): readonly number[] {
  return dims.length === 4 ? dims : [...dims, 1, 1];
}

const pointwise: WalkAttributes = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };

function walkOfProduct({ operation }: MeasuredProduct) {
  return walkOf(operation.opcode === 'convolution' ? operation.attributes : pointwise);
}

/** Dims of the padded map of a product's input, and of its output. */
function planesOf(product: MeasuredProduct, { values }: ProductMaps) {
  const { operation, kernel } = product;
  const walk = walkOfProduct(product);
  const [, , height = 1, width = 1] = mapDims(values[operation.inputs[0]!]!.dims);
  const [, , outputHeight = 1, outputWidth = 1] = mapDims(values[operation.outputs[0]!]!.dims);
  const extent = (axis: number) => ((kernel[axis] ?? 1) - 1) * walk.dilations[axis]! + 1;
  return {
    walk,
    height: Math.max((outputHeight - 1) * walk.strides[0] + extent(0), height + walk.pads[0]),
    width: Math.max((outputWidth - 1) * walk.strides[1] + extent(1), width + walk.pads[1]),
    outputHeight,
    outputWidth,
  };
}

/** Output pixels of some batches of equal size, the same number of each, whose patches are read at once. */
export interface DrawnPatches {
  readonly batches: readonly ProductMaps[];
  /** Of each batch. */
  readonly pixels: readonly Int32Array[];
}

/** Patches that are read at once: so many that what is done once for all of them is a small part of the work. */
const patchesAtOnce = 4096;

/** Bytes of the maps that are read at once, where there are several: products with many unknowns read small maps. */
const bytesAtOnce = 2 ** 26;

/**
 * Draws patches of all batches.
 *
 * @param wanted how many, about
 */
export function drawPatches(
  product: MeasuredProduct,
  batches: readonly ProductMaps[],
  wanted: number,
  random: RandomStream,
): DrawnPatches[] {
  const share = Math.min(1, wanted / batches.reduce((sum, one) => sum + pixelsOf(product, one), 0));
  const groups: { batches: ProductMaps[]; pixels: Int32Array[]; key: string; most: number }[] = [];
  for (const batch of batches) {
    const pixels = pixelsOf(product, batch);
    const ofBatch = Math.max(1, Math.round(share * pixels));
    const parts = Math.ceil(ofBatch / patchesAtOnce);
    for (let part = 0; part < parts; ++part) {
      const first = Math.floor((part * pixels) / parts);
      const end = Math.floor(((part + 1) * pixels) / parts);
      const chosen = drawPixels(first, end - first, Math.ceil(ofBatch / parts), random);
      const key = `${pixels} ${chosen.length}`;
      const last = groups.at(-1);
      if (last?.key === key && last.pixels.length < last.most) {
        last.batches.push(batch);
        last.pixels.push(chosen);
      } else {
        const most = Math.min(patchesAtOnce / chosen.length, bytesAtOnce / (batch.x.bytes + batch.y.bytes));
        groups.push({ batches: [batch], pixels: [chosen], key, most: Math.floor(most) });
      }
    }
  }
  return groups;
}

/** Names the programs that begin with {@link readPatches}, of one product, for drawn patches. */
export function keyOf(product: MeasuredProduct, { batches, pixels }: DrawnPatches): string {
  return `${batches.length} ${pixelsOf(product, batches[0]!)} ${pixels[0]!.length}`;
}

/** Number of the patches. */
export function countOf({ pixels }: DrawnPatches): number {
  return pixels.length * pixels[0]!.length;
}

/** The inputs of a program that begins with {@link readPatches}. */
export function patchInputs(
  product: MeasuredProduct,
  { batches, pixels }: DrawnPatches,
): readonly (StoredValue | Int32Array)[] {
  return batches.flatMap((batch, index) => {
    const { walk, height, width, outputHeight, outputWidth } = planesOf(product, batch);
    const kernel = product.kernel.length === 2 ? product.kernel : [1, 1];
    const chosen = pixels[index]!;
    return [batch.x, batch.y, patchPlaces(chosen, kernel, walk, [height, width], [outputHeight, outputWidth]), chosen];
  });
}

/** N: unknowns of an output. */
export function patchSize({ operation, groups, kernel }: MeasuredProduct, { values }: ProductMaps): number {
  const [, channels = 0] = mapDims(values[operation.inputs[0]!]!.dims);
  return kernel.reduce((size, taps) => size * taps, channels / groups);
}

/** Pixels that a product computes of a batch. */
function pixelsOf({ operation }: MeasuredProduct, { values }: ProductMaps): number {
  const [images = 0, , height = 0, width = 0] = mapDims(values[operation.outputs[0]!]!.dims);
  return images * height * width;
}

/**
 * Reads patches and the outputs wanted for them: (groups, N, drawn) and (groups, M / groups, drawn). The program's inputs are those of
 * {@link patchInputs}.
 */
export function readPatches(
  writer: ProgramWriter,
  product: MeasuredProduct,
  drawn: DrawnPatches,
): { readonly patches: ValueId; readonly wanted: ValueId } {
  const read = drawn.batches.map((batch) => readBatch(writer, product, batch, drawn.pixels[0]!.length));
  const all = (parts: readonly ValueId[]) => {
    if (parts.length === 1) return parts[0]!;
    const [first = 0, second = 0] = writer.dimsOf(parts[0]!);
    return writer.emit('concat', parts, [first, second, countOf(drawn)], { axis: 2 });
  };
  return { patches: all(read.map(({ patches }) => patches)), wanted: all(read.map(({ wanted }) => wanted)) };
}

function readBatch(
  writer: ProgramWriter,
  product: MeasuredProduct,
  batch: ProductMaps,
  drawn: number,
): { readonly patches: ValueId; readonly wanted: ValueId } {
  const { operation, groups, outputs, kernel } = product;
  const xDims = batch.values[operation.inputs[0]!]!.dims;
  const yDims = batch.values[operation.outputs[0]!]!.dims;
  const [x, y] = [writer.input('float32', xDims), writer.input('float32', yDims)];
  const taps = kernel.reduce((product, one) => product * one, 1);
  const [places, outputPlaces] = [writer.input('int32', [taps * drawn]), writer.input('int32', [drawn])];
  const map = writer.view(x, mapDims(xDims));
  const output = mapDims(yDims).slice(2);
  const { walk } = planesOf(product, batch);
  const weights = [outputs, writer.dimsOf(map)[1]! / groups, ...(kernel.length === 2 ? kernel : [1, 1])];
  const padded = paddedMap(writer, map, output, walk, weights);
  const read = (from: ValueId, at: ValueId, count: number, dims: readonly number[]) =>
    writer.view(gatherChannels(writer, from, at, count), dims);
  return {
    patches: read(padded, places, taps * drawn, [groups, patchSize(product, batch), drawn]),
    wanted: read(writer.view(y, mapDims(yDims)), outputPlaces, drawn, [groups, outputs / groups, drawn]),
  };
}
