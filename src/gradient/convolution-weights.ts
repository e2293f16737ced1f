import { elementCount } from '../onnx/value';
import type { ValueId } from '../program/operation';
import type { ProgramWriter } from '../program/program-writer';
import { product } from './product';
import type { Tape } from './tape';
import { extentOf, type Walk } from './walk';

/** A convolution whose weights get a gradient. */
interface Differentiated {
  /** The map that it reads. */
  readonly x: ValueId;
  /** The gradient of its result. */
  readonly gradient: ValueId;
  readonly groups: number;
  readonly walk: Walk;
  /** Dims of its weights. */
  readonly weights: readonly number[];
}

/** Weight gradients of every image, (N, M, C / groups, KH, KW): the product of the gradient and the patches. */
export function weightGradients(tape: Tape, { x, gradient, groups, walk, weights }: Differentiated): ValueId {
  const padded = paddedMap(tape, x, tape.dimsOf(gradient).slice(2), walk, weights);
  const [batch = 0, channels = 0, paddedHeight = 0, paddedWidth = 0] = tape.dimsOf(padded);
  const [, outputs = 0, outputHeight = 0, outputWidth = 0] = tape.dimsOf(gradient);
  const [, , kernelHeight = 0, kernelWidth = 0] = weights;
  const plane = paddedHeight * paddedWidth;
  const patchDims = [batch, channels, kernelHeight, kernelWidth, outputHeight, outputWidth];
  const patches = tape.emit('strided', [padded], patchDims, {
    offset: 0,
    strides: [
      channels * plane,
      plane,
      walk.dilations[0] * paddedWidth,
      walk.dilations[1],
      walk.strides[0] * paddedWidth,
      walk.strides[1],
    ],
  });
  const pixels = outputHeight * outputWidth;
  const rows = elementCount([channels, kernelHeight, kernelWidth]) / groups;
  const result = tape.productOfRows(
    tape.view(gradient, [batch, groups, outputs / groups, pixels]),
    tape.view(patches, [batch, groups, rows, pixels]),
  );
  return tape.view(result, [batch, ...weights]);
}

/**
 * As {@link weightGradients}, with the input channels innermost, (N, groups, M / groups, KH, KW, C / groups). This is faster:
 * patches are copied in contiguous runs, and the product needs no transposition.
 */
export function channelGradients(tape: Tape, { x, gradient, groups, walk, weights }: Differentiated): ValueId {
  const padded = paddedMap(tape, x, tape.dimsOf(gradient).slice(2), walk, weights);
  const [batch = 0, channels = 0, height = 0, width = 0] = tape.dimsOf(padded);
  const [, outputs = 0, outputHeight = 0, outputWidth = 0] = tape.dimsOf(gradient);
  const [, perGroup = 0, kernelHeight = 0, kernelWidth = 0] = weights;
  const plane = height * width;
  const turned = tape.emit('strided', [padded], [batch, groups, height, width, perGroup], {
    offset: 0,
    strides: [channels * plane, perGroup * plane, width, 1, plane],
  });
  const patches = tape.emit(
    'strided',
    [turned],
    [batch, groups, outputHeight, outputWidth, kernelHeight, kernelWidth, perGroup],
    {
      offset: 0,
      strides: [
        channels * plane,
        perGroup * plane,
        walk.strides[0] * width * perGroup,
        walk.strides[1] * perGroup,
        walk.dilations[0] * width * perGroup,
        walk.dilations[1] * perGroup,
        1,
      ],
    },
  );
  const pixels = outputHeight * outputWidth;
  const columns = kernelHeight * kernelWidth * perGroup;
  const result = product(
    tape,
    tape.view(gradient, [batch, groups, outputs / groups, pixels]),
    tape.view(patches, [batch, groups, pixels, columns]),
  );
  return tape.view(result, [batch, groups, outputs / groups, kernelHeight, kernelWidth, perGroup]);
}

/** The map with all padding that its patches read; `output` is the height and width of the convolution's result. */
export function paddedMap(
  writer: ProgramWriter,
  x: ValueId,
  output: readonly number[],
  walk: Walk,
  weights: readonly number[],
): ValueId {
  const [batch = 0, channels = 0, height = 0, width = 0] = writer.dimsOf(x);
  const needed = output.map((to, axis) => (to - 1) * walk.strides[axis]! + extentOf(weights, walk, axis));
  const paddedHeight = Math.max(needed[0]!, height + walk.pads[0]);
  const paddedWidth = Math.max(needed[1]!, width + walk.pads[1]);
  if (paddedHeight === height && paddedWidth === width) return x;
  return writer.emit('pad', [x], [batch, channels, paddedHeight, paddedWidth], {
    begins: [0, 0, ...walk.pads],
    value: 0,
  });
}
