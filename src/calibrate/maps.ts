import { paddedMap } from '../engine/gradient/convolution-weights';
import { walkOf } from '../engine/gradient/walk';
import type { ProgramOperation, ValueId } from '../engine/program';
import type { ProgramWriter } from '../engine/program-writer';

/** A map (N, M, H, W) as the rows of its channels: (groups, M / groups, N·H·W). */
export function channelRows(writer: ProgramWriter, map: ValueId, groups: number): ValueId {
  const [images = 0, channels = 0, height = 0, width = 0] = writer.dimsOf(map);
  const pixels = height * width;
  const perGroup = channels / groups;
  const turned = writer.emit(
    'strided',
    [map],
    [groups, perGroup, images, pixels],
    [0, perGroup * pixels, pixels, channels * pixels, 1],
  );
  return writer.view(turned, [groups, perGroup, images * pixels]);
}

/** What each tap of a convolution of the program reads of its map (N, C, H, W): (C, K², N·OH·OW). */
export function patchRows(writer: ProgramWriter, convolution: ProgramOperation): ValueId {
  const [x, w] = convolution.inputs as [ValueId, ValueId];
  const [result] = convolution.outputs as [ValueId];
  const walk = walkOf(convolution);
  const weights = writer.dimsOf(w);
  const [, , kernelHeight = 0, kernelWidth = 0] = weights;
  const output = writer.dimsOf(result).slice(2);
  const padded = paddedMap(writer, x, output, walk, weights);
  const [images = 0, channels = 0, height = 0, width = 0] = writer.dimsOf(padded);
  const plane = height * width;
  const patches = writer.emit(
    'strided',
    [padded],
    [channels, kernelHeight, kernelWidth, images, ...output],
    [
      0,
      plane,
      walk.dilations[0] * width,
      walk.dilations[1],
      channels * plane,
      walk.strides[0] * width,
      walk.strides[1],
    ],
  );
  const [outputHeight = 0, outputWidth = 0] = output;
  return writer.view(patches, [channels, kernelHeight * kernelWidth, images * outputHeight * outputWidth]);
}
