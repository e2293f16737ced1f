import type { RandomStream } from '../robustness/random-stream';
import type { MeasuringPrograms } from './measuring-programs';
import {
  countOf,
  drawPatches,
  keyOf,
  patchInputs,
  patchSize,
  readPatches,
  type MeasuredProduct,
  type ProductMaps,
} from './product-patches';

/** Patches that an error is measured on, of all batches together. */
const patchesDrawn = 4096;

/**
 * Mean squared error of what a product gives, as a share of the variance of what it should give.
 *
 * @param weights (M, N)
 * @param bias (M)
 */
export async function productError(
  product: MeasuredProduct,
  batches: readonly ProductMaps[],
  { weights, bias }: { readonly weights: Float32Array; readonly bias: Float32Array },
  programs: MeasuringPrograms,
  random: RandomStream,
): Promise<number> {
  const { operation, groups, outputs } = product;
  const perGroup = outputs / groups;
  const size = patchSize(product, batches[0]!);
  let count = 0;
  let error = 0;
  const [sums, squares] = [new Float64Array(outputs), new Float64Array(outputs)];
  for (const drawn of drawPatches(product, batches, patchesDrawn, random)) {
    const [own, inputs] = [countOf(drawn), [...patchInputs(product, drawn), weights, bias]];
    const [found, wanted] = await programs.run(`error ${keyOf(product, drawn)}`, operation.origin, inputs, (writer) => {
      const { patches, wanted } = readPatches(writer, product, drawn);
      const matrix = writer.input('float32', [groups, perGroup, size]);
      const shift = writer.input('float32', [groups, perGroup, 1]);
      const dims = [groups, perGroup, own];
      const sum = writer.emit('matmul', [matrix, patches], dims, { transposeA: false, transposeB: false, alpha: 1 });
      writer.program.outputs.push(writer.emit('binary', [sum, shift], dims, { function: 'add' }), wanted);
    });
    for (let i = 0; i < found!.length; ++i) {
      const output = Math.floor(i / own);
      const y = wanted![i]!;
      error += (found![i]! - y) ** 2;
      sums[output]! += y;
      squares[output]! += y * y;
    }
    count += own;
  }
  const variance = squares.reduce((sum, square, m) => sum + square - sums[m]! ** 2 / count, 0);
  return variance > 0 ? error / variance : 0;
}
