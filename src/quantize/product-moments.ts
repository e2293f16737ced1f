import type { ValueId } from '../program/operation';
import type { ProgramWriter } from '../program/program-writer';
import type { RandomStream } from '../robustness/random-stream';
import type { MeasuringPrograms } from './measuring-programs';
import {
  countOf,
  drawPatches,
  keyOf,
  patchInputs,
  patchSize,
  readPatches,
  type DrawnPatches,
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
  let count = 0;
  let origin: Origin | undefined;
  for (const drawn of drawPatches(product, batches, patches, random)) {
    const inputs = patchInputs(product, drawn);
    const key = keyOf(product, drawn);
    if (!origin) {
      const [ofInputs, ofOutputs] = await programs.run(`means ${key}`, operation.origin, inputs, (writer) =>
        writeMeans(writer, product, drawn),
      );
      origin = { inputs: ofInputs!, outputs: ofOutputs! };
    }
    const [gram, cross, sumOfInputs, sumOfOutputs] = await programs.run(
      `moments ${key}`,
      operation.origin,
      [...inputs, origin.inputs, origin.outputs],
      (writer) => writeMoments(writer, product, drawn),
    );
    addTo(sums.gram, gram!);
    addTo(sums.cross, cross!);
    addTo(sums.inputs, sumOfInputs!);
    addTo(sums.outputs, sumOfOutputs!);
    count += countOf(drawn);
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

function writeMeans(writer: ProgramWriter, product: MeasuredProduct, drawn: DrawnPatches): void {
  const { patches, wanted } = readPatches(writer, product, drawn);
  writer.program.outputs.push(reducedRows(writer, patches, 'mean'), reducedRows(writer, wanted, 'mean'));
}

function writeMoments(writer: ProgramWriter, product: MeasuredProduct, drawn: DrawnPatches): void {
  const { patches, wanted } = readPatches(writer, product, drawn);
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
