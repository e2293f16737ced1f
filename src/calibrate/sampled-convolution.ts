import { paddedMap } from '../gradient/convolution-weights';
import { patchPlace, tapPlaces, walkOf } from '../gradient/walk';
import type { ConstantPool, NativeConstants } from '../program/constant-pool';
import type { Attributes, ValueId } from '../program/operation';
import type { ProgramWriter } from '../program/program-writer';
import { RandomStream } from '../robustness/random-stream';

/** Output pixels that are sampled from an image with more. */
export const maxPixels = 4096;

/** A convolution to sample output pixels of. */
interface WholeConvolution {
  /** The map that it reads. */
  readonly x: ValueId;
  readonly attributes: Attributes<'convolution'>;
  /** Dims of its weights. */
  readonly weights: readonly number[];
  /** Dims of its result. */
  readonly result: readonly number[];
}

/** A convolution reduced to some of its output pixels. */
export interface SampledConvolution {
  /** The map that it reads. */
  readonly x: ValueId;
  /** As those of the whole convolution. */
  readonly attributes: Attributes<'convolution'>;
  /** Height and width of its result. */
  readonly output: readonly [height: number, width: number];
}

/**
 * Samples `maxPixels` output pixels of a convolution, one in each of as many equal parts of the map, the same for all images.
 * Writes their patches side by side, with the kernel size as stride. A convolution of no more pixels stays as it is.
 *
 * @param constants by number, to which the places of the patches are added
 */
export function sampledConvolution(
  writer: ProgramWriter,
  { x, attributes, weights, result }: WholeConvolution,
  pool: ConstantPool,
  constants: NativeConstants,
): SampledConvolution {
  const [, , height = 0, width = 0] = result;
  if (height * width <= maxPixels) return { x, attributes, output: [height, width] };
  const [, , kernelHeight = 1, kernelWidth = 1] = weights;
  const walk = walkOf(attributes);
  const { strides, dilations } = walk;
  const padded = paddedMap(writer, x, [height, width], walk, weights);
  const [images = 0, channels = 0, paddedHeight = 0, paddedWidth = 0] = writer.dimsOf(padded);

  const key = [
    ...strides,
    ...dilations,
    ...attributes.pads,
    kernelHeight,
    kernelWidth,
    height,
    width,
    paddedWidth,
  ].join();
  const places = pool.derive(`sampled,${key}`, () => {
    const random = new RandomStream(height, width);
    const data = new Int32Array(maxPixels * kernelHeight * kernelWidth);
    const across = maxPixels * kernelWidth;
    const ofTaps = tapPlaces([kernelHeight, kernelWidth], walk, paddedWidth);
    for (let part = 0; part < maxPixels; ++part) {
      const pixel = Math.floor(((part + random.uniform()) * height * width) / maxPixels);
      const first = patchPlace(Math.floor(pixel / width), pixel % width, walk, paddedWidth);
      ofTaps.forEach((place, tap) => {
        const [down, beside] = [Math.floor(tap / kernelWidth), tap % kernelWidth];
        data[down * across + part * kernelWidth + beside] = first + place;
      });
    }
    return { type: 'int32', dims: [data.length], data };
  });
  const index = pool.numberOf(places);
  constants.set(index, { type: 2, data: places.data as Int32Array });
  const rows = writer.view(padded, [images, channels, paddedHeight * paddedWidth]);
  const gathered = writer.emit(
    'gather',
    [rows, writer.numbered('int32', places.dims, index)],
    [images, channels, ...places.dims],
    { axis: 2 },
  );
  return {
    x: writer.view(gathered, [images, channels, kernelHeight, maxPixels * kernelWidth]),
    attributes: { ...attributes, strides: [kernelHeight, kernelWidth], dilations: [1, 1], pads: [0, 0, 0, 0] },
    output: [1, maxPixels],
  };
}
