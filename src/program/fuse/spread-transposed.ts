import type { Constant } from '../../onnx/value';
import { addConstant, constantOf, type BuiltProgram } from '../built-program';
import { float32Of, type ConstantPool } from '../constant-pool';
import { operationOf, type Operation, type ValueId } from '../operation';
import type { Pattern } from '../program-rewriter';

/**
 * Replaces a transposed convolution whose kernel is as large as its strides, which maps each pixel to a block of its own, by a
 * convolution of 1×1 to as many channels as the blocks have elements, and a rearrangement of these to space: results of the
 * transposed convolution itself are written one by one, each stride apart.
 */
export function spreadTransposed(built: BuiltProgram, pool: ConstantPool): Pattern {
  const { program } = built;
  const add = (rule: string, of: Constant, make: (data: Float32Array) => Constant): ValueId =>
    addConstant(
      built,
      pool,
      pool.derive(`${rule}, ${pool.numberOf(of)}`, () => make(float32Of(of))),
    );
  return (operation, rewriter) => {
    if (operation.opcode !== 'convolutionTranspose') return;
    const [x, w, bias] = operation.inputs;
    const [y] = operation.outputs as [ValueId];
    const blocks = blocksOf(operation, rewriter.valueOf(x!).dims, rewriter.valueOf(w!).dims, rewriter.valueOf(y).dims);
    const weights = constantOf(built, w);
    const offsets = constantOf(built, bias);
    if (!blocks || !weights || (bias !== undefined && !offsets)) return;
    const { images, channels, outputs, height, width, rows, columns } = blocks;
    const block = rows * columns;
    const spread = add(`weights of blocks of ${block}`, weights, (data) => ({
      type: 'float32',
      dims: [outputs * block, channels, 1, 1],
      data: transposed(data, channels, outputs * block),
    }));
    const repeated =
      offsets &&
      add(`bias of blocks of ${block}`, offsets, (data) => ({
        type: 'float32',
        dims: [outputs * block],
        data: Float32Array.from({ length: outputs * block }, (_, i) => data[Math.floor(i / block)]!),
      }));
    const temporary = (dims: number[]) => program.addValue({ type: 'float32', dims, storage: 'temporary', index: -1 });
    const deep = temporary([images, outputs * block, height, width]);
    const fine = temporary([images, outputs, height, rows, width, columns]);
    const { origin, attributes } = operation;
    const { activation } = attributes;
    const map = height * width;
    const strides = [outputs * block * map, block * map, width, columns * map, 1, map];
    rewriter.replace(operation, [
      operationOf('convolution', [x, spread, repeated], [deep], origin, {
        ...{ groups: 1, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], activation },
      }),
      operationOf('strided', [deep], [fine], origin, { offset: 0, strides }),
      operationOf('alias', [fine], [y], origin),
    ]);
  };
}

interface Blocks {
  readonly images: number;
  readonly channels: number;
  readonly outputs: number;
  readonly height: number;
  readonly width: number;
  /** Size of a block. */
  readonly rows: number;
  readonly columns: number;
}

/** `undefined` where blocks overlap, leave gaps, are cropped, or are single pixels. */
function blocksOf(
  { attributes }: Operation<'convolutionTranspose'>,
  x: readonly number[],
  w: readonly number[],
  y: readonly number[],
): Blocks | undefined {
  const { groups, strides, dilations, pads } = attributes;
  const [images, channels, height, width] = x as [number, number, number, number];
  const [, outputs, rows, columns] = w as [number, number, number, number];
  const fits =
    groups === 1 &&
    rows * columns > 1 &&
    rows === strides[0] &&
    columns === strides[1] &&
    dilations.every((dilation) => dilation === 1) &&
    pads[0] === 0 &&
    pads[1] === 0 &&
    y[2] === height * rows &&
    y[3] === width * columns;
  return fits ? { images, channels, outputs, height, width, rows, columns } : undefined;
}

function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) result[column * rows + row] = data[row * columns + column]!;
  }
  return result;
}
