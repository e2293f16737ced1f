import { drawPixels } from '../calibrate/patches';
import type { ValueId } from '../program/operation';
import type { ProgramWriter } from '../program/program-writer';
import type { RandomStream } from '../robustness/random-stream';
import type { MeasuringPrograms } from './measuring-programs';
import {
  patchSize,
  pixelsOf,
  patchInputs,
  readPatches,
  type MeasuredProduct,
  type ProductMaps,
} from './product-patches';

/** Means and covariances of patches; N = C / groups · K². */
export interface ProductMoments {
  /** (groups, N, N): covariances of the patches. */
  readonly gram: Float64Array;
  /** (M, N): of outputs and patches. */
  readonly cross: Float64Array;
  /** (groups, N): means. */
  readonly inputs: Float64Array;
  /** (M): means. */
  readonly outputs: Float64Array;
}

/** Patches that are multiplied at once. */
const patchesAtOnce = 4096;

/**
 * The moments that regress the wanted outputs of a product on what it reads.
 *
 * @param patches that are drawn at random, if there are more
 */
export async function productMoments(
  product: MeasuredProduct,
  batches: readonly ProductMaps[],
  patches: number,
  programs: MeasuringPrograms,
  random: RandomStream,
): Promise<ProductMoments> {
  const { operation, groups, outputs } = product;
  const size = patchSize(product, batches[0]!);
  const sums = {
    gram: new Float64Array(groups * size * size),
    cross: new Float64Array(outputs * size),
    inputs: new Float64Array(groups * size),
    outputs: new Float64Array(outputs),
  };
  const share = Math.min(1, patches / batches.reduce((sum, one) => sum + pixelsOf(product, one), 0));
  let count = 0;
  let origin: Origin | undefined;
  for (const batch of batches) {
    const pixels = pixelsOf(product, batch);
    const wanted = Math.max(1, Math.round(share * pixels));
    const parts = Math.ceil(wanted / patchesAtOnce);
    const drawn = Math.ceil(wanted / parts);
    for (let part = 0; part < parts; ++part) {
      const first = Math.floor((part * pixels) / parts);
      const chosen = drawPixels(first, Math.floor(((part + 1) * pixels) / parts) - first, drawn, random);
      const inputs = patchInputs(product, batch, chosen);
      if (!origin) {
        const [ofInputs, ofOutputs] = await programs.run(
          `means ${pixels} ${chosen.length}`,
          operation.origin,
          inputs,
          (writer) => writeMeans(writer, product, batch, chosen.length),
        );
        origin = { inputs: ofInputs!, outputs: ofOutputs! };
      }
      const [gram, cross, sumOfInputs, sumOfOutputs] = await programs.run(
        `moments ${pixels} ${chosen.length}`,
        operation.origin,
        [...inputs, origin.inputs, origin.outputs],
        (writer) => writeMoments(writer, product, batch, chosen.length),
      );
      addTo(sums.gram, gram!);
      addTo(sums.cross, cross!);
      addTo(sums.inputs, sumOfInputs!);
      addTo(sums.outputs, sumOfOutputs!);
      count += chosen.length;
    }
  }
  for (const sum of Object.values(sums)) for (let i = 0; i < sum.length; ++i) sum[i]! /= count;
  center(sums, groups, size);
  addTo(sums.inputs, origin!.inputs);
  addTo(sums.outputs, origin!.outputs);
  return sums;
}

/**
 * What patches and outputs are measured from: their means in the first part. Squares of numbers that vary little about a large
 * mean would lose their variance in single precision.
 */
interface Origin {
  /** (groups, N) */
  readonly inputs: Float32Array;
  /** (M) */
  readonly outputs: Float32Array;
}

function writeMeans(writer: ProgramWriter, product: MeasuredProduct, batch: ProductMaps, drawn: number): void {
  const { patches, wanted } = readPatches(writer, product, batch, drawn);
  writer.program.outputs.push(reducedRows(writer, patches, 'mean'), reducedRows(writer, wanted, 'mean'));
}

function writeMoments(writer: ProgramWriter, product: MeasuredProduct, batch: ProductMaps, drawn: number): void {
  const { patches, wanted } = readPatches(writer, product, batch, drawn);
  const fromOrigin = (rows: ValueId) => {
    const dims = writer.dimsOf(rows);
    const origin = writer.input('float32', [...dims.slice(0, 2), 1]);
    return writer.emit('binary', [rows, origin], dims, { function: 'sub' });
  };
  const [inputs, outputs] = [fromOrigin(patches), fromOrigin(wanted)];
  writer.program.outputs.push(
    writer.productOfRows(inputs, inputs),
    writer.productOfRows(outputs, inputs),
    reducedRows(writer, inputs, 'sum'),
    reducedRows(writer, outputs, 'sum'),
  );
}

function reducedRows(writer: ProgramWriter, rows: ValueId, reduction: 'mean' | 'sum'): ValueId {
  const [first = 0, second = 0] = writer.dimsOf(rows);
  return writer.emit('reduce', [rows], [first, second, 1], { function: reduction, axes: [2] });
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
