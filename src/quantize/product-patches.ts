import type { StoredValue } from '../calibrate/live-store';
import { gatherChannels, patchPlaces } from '../calibrate/patches';
import { paddedMap } from '../gradient/convolution-weights';
import { walkOf, type WalkAttributes } from '../gradient/walk';
import type { Operation, ValueId } from '../program/operation';
import type { ProgramValue } from '../program/program';
import type { ProgramWriter } from '../program/program-writer';

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

/** The inputs of a program that begins with {@link readPatches}, for these pixels of a batch. */
export function patchInputs(
  product: MeasuredProduct,
  batch: ProductMaps,
  pixels: Int32Array,
): readonly (StoredValue | Int32Array)[] {
  const { walk, height, width, outputHeight, outputWidth } = planesOf(product, batch);
  const kernel = product.kernel.length === 2 ? product.kernel : [1, 1];
  const places = patchPlaces(pixels, kernel, walk, [height, width], [outputHeight, outputWidth]);
  return [batch.x, batch.y, places, pixels];
}

/** N: unknowns of an output. */
export function patchSize({ operation, groups, kernel }: MeasuredProduct, { values }: ProductMaps): number {
  const [, channels = 0] = mapDims(values[operation.inputs[0]!]!.dims);
  return kernel.reduce((size, taps) => size * taps, channels / groups);
}

/** Pixels that a product computes of a batch. */
export function pixelsOf({ operation }: MeasuredProduct, { values }: ProductMaps): number {
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
