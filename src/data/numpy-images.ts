import type { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import { isFloat, toFloat32 } from '../onnx/floats';
import type { Constant, DataType } from '../onnx/value';
import { ImageSet } from './image-set';
import { readNpy } from './npy';
import { readNpz } from './npz';

/** Usual names of arrays in archives of data sets. */
const imageNames = ['images', 'x', 'X', 'data', 'x_test', 'arr_0'];
const labelNames = ['labels', 'y', 'Y', 'targets', 'y_test', 'arr_1'];

/**
 * Images and labels of an archive of numpy arrays: the images under one of the names images, x, data, x_test, arr_0, the
 * labels under labels, y, targets, y_test, arr_1. Images are as {@link readNumpyImages} takes them.
 *
 * @param isUnlabelled the labels may be missing; then all images count as of class 0
 * @throws GdwsError DATA_UNREADABLE, DEPENDENCY_MISSING
 */
export async function readNpzImages(file: string, isUnlabelled = false): Promise<ImageSet> {
  const arrays = await readNpz(file);
  const find = (names: readonly string[], what: string): Tensor => {
    const name = names.find((candidate) => arrays.has(candidate));
    if (name !== undefined) return arrays.get(name)!;
    throw new GdwsError('DATA_UNREADABLE', `the archive has no ${what}.`, {
      file,
      remedy: `Name the array one of: ${names.join(', ')}. There are: ${[...arrays.keys()].join(', ')}.`,
    });
  };
  const hasLabels = !isUnlabelled || labelNames.some((name) => arrays.has(name));
  return toImageSet(find(imageNames, 'images'), hasLabels ? find(labelNames, 'labels') : undefined, file);
}

/**
 * Images of one numpy file and labels of another. Images are (N, C, H, W), (N, H, W, C) with 1 or 3 channels, or (N, H, W);
 * bytes, or floats from 0 to 1. Labels are N integers; without a file, all are 0.
 *
 * @throws GdwsError DATA_UNREADABLE
 */
export async function readNumpyImages(imageFile: string, labelFile: string | undefined): Promise<ImageSet> {
  const [images, labels] = await Promise.all([
    readNpy(imageFile),
    labelFile === undefined ? undefined : readNpy(labelFile),
  ]);
  return toImageSet(images, labels, imageFile);
}

function toImageSet(images: Tensor, labels: Tensor | undefined, file: string): ImageSet {
  const { dims, pixels } = planarPixels(images, file);
  if (!labels) return new ImageSet(dims, pixels, new Int32Array(images.dims[0]!));
  const classes = Array.from(labels.data as ArrayLike<number | bigint>, Number);
  if (labels.dims.filter((dim) => dim !== 1).length > 1 || !classes.every((label) => Number.isInteger(label))) {
    throw new GdwsError('DATA_UNREADABLE', 'these are not labels, an integer each.', { file, shape: labels.dims });
  }
  return new ImageSet(dims, pixels, classes);
}

function planarPixels({ type, dims, data }: Tensor, file: string) {
  const unfit = (summary: string) => new GdwsError('DATA_UNREADABLE', summary, { file, shape: dims });
  if (type !== 'uint8' && !isFloat(type as DataType)) {
    throw unfit(`the images are ${type}; bytes or floats are needed.`);
  }
  const pixels = type === 'uint8' ? (data as Uint8Array) : toFloat32({ type, dims, data } as Constant);
  if (pixels instanceof Float32Array && !pixels.every((pixel) => pixel >= 0 && pixel <= 1)) {
    throw unfit('the images have pixels below 0 or above 1. Mean and deviation are for the model to apply.');
  }
  const [count = 0, a = 0, b = 0, c = 0] = dims;
  if (dims.length === 3) return { dims: [1, a, b] as const, pixels };
  if (dims.length !== 4) throw unfit('the images are not (N, C, H, W), (N, H, W, C) or (N, H, W).');
  const channelsLast = (c === 1 || c === 3) && a !== 1 && a !== 3;
  if (!channelsLast) return { dims: [a, b, c] as const, pixels };
  return { dims: [c, a, b] as const, pixels: planesOf(pixels, count, a * b, c) };
}

/** (N, pixels, C) as (N, C, pixels). */
export function planesOf<Pixels extends Uint8Array | Float32Array>(
  interleaved: Pixels,
  count: number,
  pixels: number,
  channels: number,
): Pixels {
  const planes = interleaved.slice() as Pixels;
  for (let image = 0; image < count; image++) {
    const first = image * pixels * channels;
    for (let channel = 0; channel < channels; channel++) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        planes[first + channel * pixels + pixel] = interleaved[first + pixel * channels + channel]!;
      }
    }
  }
  return planes;
}
