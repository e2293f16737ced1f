import { paddedMap } from '../gradient/convolution-weights';
import { walkOf } from '../gradient/walk';
import type { ValueId } from '../program/operation';
import type { ProgramWriter } from '../program/program-writer';
import type { SampledConvolution } from './sampled-convolution';

/** Products summed in sequence in single precision; longer sums are split, to bound the rounding error. */
const maxInSequence = 8192;

/** A map (N, M, H, W) as the rows of its channels: (groups, M / groups, N·H·W). */
export function channelRows(writer: ProgramWriter, map: ValueId, groups: number): ValueId {
  const [images = 0, channels = 0, height = 0, width = 0] = writer.dimsOf(map);
  const pixels = height * width;
  const perGroup = channels / groups;
  const turned = writer.emit('strided', [map], [groups, perGroup, images, pixels], {
    offset: 0,
    strides: [perGroup * pixels, pixels, channels * pixels, 1],
  });
  return writer.view(turned, [groups, perGroup, images * pixels]);
}

/** Σ y yᵀ of a map (N, M, H, W), over images and pixels: (groups, M / groups, M / groups). */
export function channelMoments(writer: ProgramWriter, map: ValueId, groups: number): ValueId {
  const [images = 0, channels = 0, height = 0, width = 0] = writer.dimsOf(map);
  const pixels = height * width;
  if (images * pixels <= maxInSequence) {
    const rows = channelRows(writer, map, groups);
    return writer.productOfRows(rows, rows);
  }
  let parts = 1;
  while (pixels % parts !== 0 || pixels / parts > maxInSequence) ++parts;
  const perGroup = channels / groups;
  const length = pixels / parts;
  const rows = writer.emit('strided', [map], [groups, images, parts, perGroup, length], {
    offset: 0,
    strides: [perGroup * pixels, channels * pixels, length, pixels, 1],
  });
  const sums = writer.productOfRows(rows, rows);
  const dims = [groups, 1, 1, perGroup, perGroup];
  return writer.view(writer.emit('reduce', [sums], dims, { function: 'sum', axes: [1, 2] }), [
    groups,
    perGroup,
    perGroup,
  ]);
}

/** Σ p pᵀ, p being the patch that the taps of an input channel read, over images and output pixels: (C, K², K²). */
export function patchMoments(
  writer: ProgramWriter,
  { x, attributes, output }: SampledConvolution,
  weights: readonly number[],
): ValueId {
  const walk = walkOf(attributes);
  const [, , kernelHeight = 0, kernelWidth = 0] = weights;
  const padded = paddedMap(writer, x, output, walk, weights);
  const [images = 0, channels = 0, height = 0, width = 0] = writer.dimsOf(padded);
  const plane = height * width;
  const patches = writer.emit('strided', [padded], [channels, images, kernelHeight, kernelWidth, ...output], {
    offset: 0,
    strides: [
      plane,
      channels * plane,
      walk.dilations[0] * width,
      walk.dilations[1],
      walk.strides[0] * width,
      walk.strides[1],
    ],
  });
  const taps = kernelHeight * kernelWidth;
  const rows = writer.view(patches, [channels, images, taps, output[0] * output[1]]);
  const sums = writer.productOfRows(rows, rows);
  const total = writer.emit('reduce', [sums], [channels, 1, taps, taps], { function: 'sum', axes: [1] });
  return writer.view(total, [channels, taps, taps]);
}
