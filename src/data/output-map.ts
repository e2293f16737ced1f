import type { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import { isFloat, toFloat32 } from '../onnx/floats';
import type { Constant, DataType } from '../onnx/value';
import type { Layout } from './layout';
import type { Placement, Size } from './placement';
import { resample, type Raster } from './resample';

/** A map that a network gives, as bytes. */
export interface MapPicture extends Raster {
  /** Whether the bytes are numbers of classes, and not levels of grey. */
  readonly isOfClasses: boolean;
  /** How numbers became bytes, in words. */
  readonly reading: string;
}

/** Numbers of a map: (channels, height, width). */
interface Planes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly plane: (channel: number) => Float32Array;
}

const mostClasses = 256;

/** Whether a shape is that of a map: (1, C, H, W), (1, H, W, C), (C, H, W), (H, W, C), with H and W above 1. */
export function isMap(dims: readonly number[], layout: Layout = 'nchw'): boolean {
  return extentsOf(dims, layout) !== undefined;
}

/**
 * A map as a picture: several channels as the class with the largest number, one channel as levels of grey.
 *
 * @param placementFor where the pixels of the picture lie in a map of a size; as large as the map where there is none
 * @throws GdwsError SHAPE_MISMATCH where it is no map, or has too many classes; DATA_UNREADABLE for NaN
 */
export function mapPicture(output: Tensor, layout: Layout, placementFor?: (map: Size) => Placement): MapPicture {
  const type = output.type as DataType;
  const { channels, height, width, plane } = planesIn(output, layout);
  const { x, y } = placementFor?.([height, width]) ?? {
    x: { start: 0, scale: 1, count: width },
    y: { start: 0, scale: 1, count: height },
  };
  const resized = (pixels: Float32Array) => resample({ width, height, channels: 1, pixels }, x, y).pixels;
  const made = (pixels: Uint8Array, isOfClasses: boolean, reading: string): MapPicture => ({
    ...{ width: x.count, height: y.count, channels: 1, pixels, isOfClasses, reading },
  });
  if (channels > 1) {
    if (channels > mostClasses) throw tooMany(output.dims, channels);
    const classes = largestChannel(channels, (channel) => resized(plane(channel)));
    return made(classes, true, `the class with the largest of ${channels} numbers`);
  }
  const only = plane(0);
  if (!isFloat(type) && type !== 'uint8' && type !== 'bool') {
    const most = only.reduce((found, value) => Math.max(found, value), 0);
    if (most >= mostClasses || only.some((value) => value < 0)) throw tooMany(output.dims, most + 1);
    return made(nearest({ width, height, channels: 1, pixels: only }, { x, y }), true, 'numbers of classes');
  }
  const { scale, reading } = greyLevels(only, type);
  return made(Uint8Array.from(resized(only.map(scale)), Math.round), false, reading);
}

/** How numbers become levels of grey, 0 to 255. */
function greyLevels(values: Float32Array, type: DataType): { scale: (value: number) => number; reading: string } {
  if (type === 'uint8') return { scale: (value) => value, reading: 'bytes' };
  const least = values.reduce((found, value) => Math.min(found, value), Infinity);
  const most = values.reduce((found, value) => Math.max(found, value), -Infinity);
  // Half precision may round beyond the bounds.
  const tolerance = 0.001;
  if (least >= -tolerance && most <= 1 + tolerance) {
    return { scale: (value) => 255 * Math.min(1, Math.max(0, value)), reading: 'numbers from 0 to 1, 1 in white' };
  }
  if (least < 0) {
    return { scale: (value) => 255 / (1 + Math.exp(-value)), reading: 'logits, of which the sigmoid is taken' };
  }
  if (most === Infinity) throw unreadable('infinite numbers');
  return { scale: (value) => (255 * value) / most, reading: `numbers from 0 to ${most}, which is white` };
}

function largestChannel(channels: number, mapOf: (channel: number) => Float32Array): Uint8Array {
  const most = mapOf(0);
  const classes = new Uint8Array(most.length);
  for (let channel = 1; channel < channels; channel++) {
    const values = mapOf(channel);
    for (let at = 0; at < values.length; at++) {
      if (values[at]! <= most[at]!) continue;
      most[at] = values[at]!;
      classes[at] = channel;
    }
  }
  return classes;
}

/** The number of the nearest pixel, since there is nothing between two classes; 0 outside. */
function nearest({ width, height, pixels }: Raster<Float32Array>, { x, y }: Placement): Uint8Array {
  const [columns, rows] = [x, y].map(({ start, scale, count }) =>
    Array.from({ length: count }, (_, at) => Math.floor(start + (at + 0.5) * scale)),
  );
  const classes = new Uint8Array(x.count * y.count);
  let to = 0;
  for (const row of rows!) {
    for (const column of columns!) {
      const isWithin = row >= 0 && row < height && column >= 0 && column < width;
      classes[to++] = isWithin ? pixels[row * width + column]! : 0;
    }
  }
  return classes;
}

/** @throws GdwsError SHAPE_MISMATCH, DATA_UNREADABLE */
function planesIn(output: Tensor, layout: Layout): Planes {
  const extents = extentsOf(output.dims, layout);
  if (!extents) {
    throw new GdwsError('SHAPE_MISMATCH', 'the output is no map, and cannot be written as a picture.', {
      shape: output.dims,
      remedy: 'Maps are (1, C, H, W), (1, H, W, C) or (1, H, W); write other outputs to a file .npy.',
    });
  }
  const { channels, height, width, isLast } = extents;
  const values = toFloat32(output as unknown as Constant);
  if (values.some(Number.isNaN)) throw unreadable('elements that are no numbers (NaN)');
  const length = height * width;
  const plane = (channel: number) => {
    if (!isLast) return values.slice(channel * length, (channel + 1) * length);
    const own = new Float32Array(length);
    for (let at = 0; at < length; at++) own[at] = values[at * channels + channel]!;
    return own;
  };
  return { channels, height, width, plane };
}

function extentsOf(dims: readonly number[], layout: Layout) {
  const own = dims.length === 4 && dims[0] === 1 ? dims.slice(1) : dims;
  if (own.length !== 3) return undefined;
  const [a, b, c] = own as [number, number, number];
  // Where the last axis is 1, it is no width.
  const isLast = layout === 'nhwc' ? a > 1 : c === 1;
  const [channels, height, width] = isLast ? [c, a, b] : [a, b, c];
  return Math.min(height, width) > 1 && channels > 0 ? { channels, height, width, isLast } : undefined;
}

function unreadable(what: string): GdwsError {
  return new GdwsError('DATA_UNREADABLE', `the map has ${what}.`, {
    remedy: 'Write the output to a file .npy to see which.',
  });
}

function tooMany(dims: readonly number[], count: number): GdwsError {
  return new GdwsError('SHAPE_MISMATCH', `a picture of classes has ${mostClasses} at most, and not ${count}.`, {
    shape: dims,
    remedy: 'Write the output to a file .npy.',
  });
}
