import { patchPlace, tapPlaces, type Walk } from '../gradient/walk';
import type { ValueId } from '../program/operation';
import type { ProgramWriter } from '../program/program-writer';
import type { RandomStream } from '../robustness/random-stream';
import { channelRows } from './maps';

/** `wanted` pixels from `first` on, or all: one of each of as many equal stretches. */
export function drawPixels(first: number, pixels: number, wanted: number, random: RandomStream): Int32Array {
  const count = Math.min(wanted, pixels);
  const stretch = pixels / count;
  return Int32Array.from({ length: count }, (_, index) =>
    Math.min(first + pixels - 1, first + Math.floor((index + (count === pixels ? 0 : random.uniform())) * stretch)),
  );
}

/** Height and width. */
type Size = readonly [number, number];

/**
 * Where the elements of patches lie in one channel of the maps of all images, tap by tap.
 *
 * @param pixels of the output, counted over all images
 * @param kernel height and width
 * @param padded of a map
 * @param output of the map that the kernels give
 */
export function patchPlaces(
  pixels: Int32Array,
  kernel: readonly number[],
  walk: Walk,
  [height, width]: Size,
  [outputHeight, outputWidth]: Size,
): Int32Array {
  const taps = tapPlaces(kernel, walk, width);
  const places = new Int32Array(taps.length * pixels.length);
  pixels.forEach((pixel, index) => {
    const image = Math.floor(pixel / (outputHeight * outputWidth));
    const row = Math.floor(pixel / outputWidth) % outputHeight;
    const first = image * height * width + patchPlace(row, pixel % outputWidth, walk, width);
    taps.forEach((place, tap) => (places[tap * pixels.length + index] = first + place));
  });
  return places;
}

/** Elements of all channels of maps (N, C, H, W) at `count` places of one channel: (C, count). */
export function gatherChannels(writer: ProgramWriter, map: ValueId, places: ValueId, count: number): ValueId {
  const [images = 0, channels = 0, height = 0, width = 0] = writer.dimsOf(map);
  const rows = writer.view(channelRows(writer, map, 1), [channels, images * height * width]);
  return writer.emit('gather', [rows, places], [channels, count], { axis: 1 });
}
