import type { StoredValue } from '../calibrate/live-store';
import { channelRows } from '../calibrate/maps';
import { paddedMap } from '../gradient/convolution-weights';
import { patchPlace, tapPlaces, walkOf, type WalkAttributes } from '../gradient/walk';
import type { Operation, ValueId } from '../program/operation';
import type { ProgramValue } from '../program/program';
import type { ProgramWriter } from '../program/program-writer';
import type { RandomStream } from '../robustness/random-stream';
import type { MeasuringPrograms } from './measuring-programs';

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

/** Means over patches; N = C / groups · K². */
export interface ProductMoments {
  /** (groups, N, N): of the patches' products; less the product of means, where `isCentered`. */
  readonly gram: Float64Array;
  /** (M, N): of outputs and patches; the same. */
  readonly cross: Float64Array;
  /** (groups, N) */
  readonly inputs: Float64Array;
  /** (M) */
  readonly outputs: Float64Array;
}

/** Patches that are multiplied at once. */
const patchesAtOnce = 4096;

/**
 * The moments that regress the wanted outputs of a product on what it reads.
 *
 * @param patches that are drawn at random, if there are more
 * @param isCentered where the product has a bias, which takes care of means
 */
export async function productMoments(
  product: MeasuredProduct,
  batches: readonly ProductMaps[],
  { patches, isCentered }: { readonly patches: number; readonly isCentered: boolean },
  programs: MeasuringPrograms,
  random: RandomStream,
): Promise<ProductMoments> {
  const { operation, groups, outputs, kernel } = product;
  const mapOf = ({ values }: ProductMaps) => mapDims(values[operation.inputs[0]!]!.dims);
  const [, channels = 0] = mapOf(batches[0]!);
  const size = (channels / groups) * kernel.reduce((taps, one) => taps * one, 1);
  const sums = {
    gram: new Float64Array(groups * size * size),
    cross: new Float64Array(outputs * size),
    inputs: new Float64Array(groups * size),
    outputs: new Float64Array(outputs),
  };
  const pixelsOf = ({ values }: ProductMaps) => {
    const [images = 0, , height = 0, width = 0] = mapDims(values[operation.outputs[0]!]!.dims);
    return images * height * width;
  };
  const share = Math.min(1, patches / batches.reduce((sum, one) => sum + pixelsOf(one), 0));
  let count = 0;
  for (const batch of batches) {
    const pixels = pixelsOf(batch);
    const wanted = Math.max(1, Math.round(share * pixels));
    const parts = Math.ceil(wanted / patchesAtOnce);
    const drawn = Math.ceil(wanted / parts);
    for (let part = 0; part < parts; ++part) {
      const first = Math.floor((part * pixels) / parts);
      const chosen = draw(first, Math.floor(((part + 1) * pixels) / parts) - first, drawn, random);
      const dims = mapOf(batch);
      const { places, outputPlaces } = placesOf(product, batch, chosen);
      const results = await programs.run(
        `moments ${dims.join()} ${chosen.length}`,
        operation.origin,
        [batch.x, batch.y, places, outputPlaces],
        (writer) => write(writer, product, batch, chosen.length, size),
      );
      const [gram, cross, sumOfInputs, sumOfOutputs] = results;
      addTo(sums.gram, gram!);
      addTo(sums.cross, cross!);
      addTo(sums.inputs, sumOfInputs!);
      addTo(sums.outputs, sumOfOutputs!);
      count += chosen.length;
    }
  }
  for (const sum of Object.values(sums)) for (let i = 0; i < sum.length; ++i) sum[i]! /= count;
  if (isCentered) center(sums, groups, size);
  return sums;
}

/** (N, C, H, W), of the rows of a matrix too. */
function mapDims(dims: readonly number[]): readonly number[] {
  return dims.length === 4 ? dims : [...dims, 1, 1];
}

const pointwise: WalkAttributes = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };

function walkOfProduct({ operation }: MeasuredProduct) {
  return walkOf(operation.opcode === 'convolution' ? operation.attributes : pointwise);
}

/** Pixels from `first` on, one of each of as many equal stretches. */
function draw(first: number, pixels: number, wanted: number, random: RandomStream): Int32Array {
  const count = Math.min(wanted, pixels);
  const stretch = pixels / count;
  return Int32Array.from({ length: count }, (_, index) =>
    Math.min(first + pixels - 1, first + Math.floor((index + (count === pixels ? 0 : random.uniform())) * stretch)),
  );
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

/** Where the patches of pixels lie in a channel of the padded maps of all images, and where the pixels do in one of the outputs. */
function placesOf(product: MeasuredProduct, batch: ProductMaps, pixels: Int32Array) {
  const { walk, height, width, outputHeight, outputWidth } = planesOf(product, batch);
  const taps = tapPlaces(product.kernel.length === 2 ? product.kernel : [1, 1], walk, width);
  const places = new Int32Array(taps.length * pixels.length);
  pixels.forEach((pixel, index) => {
    const image = Math.floor(pixel / (outputHeight * outputWidth));
    const row = Math.floor(pixel / outputWidth) % outputHeight;
    const first = image * height * width + patchPlace(row, pixel % outputWidth, walk, width);
    taps.forEach((place, tap) => (places[tap * pixels.length + index] = first + place));
  });
  return { places, outputPlaces: pixels };
}

function write(writer: ProgramWriter, product: MeasuredProduct, batch: ProductMaps, drawn: number, size: number): void {
  const { operation, groups, outputs, kernel } = product;
  const xDims = batch.values[operation.inputs[0]!]!.dims;
  const yDims = batch.values[operation.outputs[0]!]!.dims;
  const [x, y] = [writer.input('float32', xDims), writer.input('float32', yDims)];
  const taps = kernel.reduce((product, one) => product * one, 1);
  const [places, outputPlaces] = [writer.input('int32', [taps * drawn]), writer.input('int32', [drawn])];
  const map = writer.view(x, mapDims(xDims));
  const outputMap = writer.view(y, mapDims(yDims));
  const output = mapDims(yDims).slice(2);
  const { walk } = planesOf(product, batch);
  const weights = [outputs, writer.dimsOf(map)[1]! / groups, ...(kernel.length === 2 ? kernel : [1, 1])];
  const padded = paddedMap(writer, map, output, walk, weights);
  const read = (from: ValueId, at: ValueId, count: number, dims: readonly number[]) => {
    const [images = 0, channels = 0, height = 0, width = 0] = writer.dimsOf(from);
    const rows = writer.view(channelRows(writer, from, 1), [channels, images * height * width]);
    return writer.view(writer.emit('gather', [rows, at], [channels, count], { axis: 1 }), dims);
  };
  const patches = read(padded, places, taps * drawn, [groups, size, drawn]);
  const wanted = read(outputMap, outputPlaces, drawn, [groups, outputs / groups, drawn]);
  const total = (rows: ValueId) => {
    const [first = 0, second = 0] = writer.dimsOf(rows);
    return writer.emit('reduce', [rows], [first, second, 1], { function: 'sum', axes: [2] });
  };
  writer.program.outputs.push(
    writer.productOfRows(patches, patches),
    writer.productOfRows(wanted, patches),
    total(patches),
    total(wanted),
  );
}

/** E[(f - μ)(f - μ)ᵀ] and E[(y - ν)(f - μ)ᵀ]. Features that do not vary beyond rounding get zeros. */
function center({ gram, cross, inputs, outputs }: ProductMoments, groups: number, size: number): void {
  const rounding = 1e-6;
  for (let group = 0; group < groups; ++group) {
    const means = inputs.subarray(group * size, (group + 1) * size);
    const own = gram.subarray(group * size * size, (group + 1) * size * size);
    const varies = means.map((mean, i) => (own[i * size + i]! - mean * mean > rounding * own[i * size + i]! ? 1 : 0));
    for (let i = 0; i < size; ++i) {
      for (let j = 0; j < size; ++j) {
        const at = i * size + j;
        own[at] = varies[i]! && varies[j]! ? own[at]! - means[i]! * means[j]! : 0;
      }
    }
    const perGroup = outputs.length / groups;
    for (let m = group * perGroup; m < (group + 1) * perGroup; ++m) {
      for (let j = 0; j < size; ++j)
        cross[m * size + j] = varies[j] ? cross[m * size + j]! - outputs[m]! * means[j]! : 0;
    }
  }
}

function addTo(sums: Float64Array, terms: Float32Array): void {
  for (let index = 0; index < sums.length; ++index) sums[index]! += terms[index]!;
}
