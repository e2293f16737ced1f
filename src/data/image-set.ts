import { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';

/** Some images of an {@link ImageSet} with their labels. */
export interface ImageBatch {
  /** (N, C, H, W), in [0, 1]. */
  readonly images: Tensor;
  /** The class of each. */
  readonly labels: Int32Array;
}

/** Labelled images of one size. */
export class ImageSet {
  /** The class of each image. */
  readonly labels: Int32Array;

  /** @throws GdwsError DATA_UNREADABLE where the numbers of pixels and labels do not match */
  constructor(
    /** Channels, height and width of an image. */
    readonly dims: readonly [channels: number, height: number, width: number],
    /** (images, channels, height, width): bytes from 0 to 255, or floats from 0 to 1. */
    readonly pixels: Uint8Array | Float32Array,
    labels: ArrayLike<number>,
  ) {
    this.labels = Int32Array.from(labels);
    if (pixels.length !== this.imageLength * labels.length) {
      const summary = `there are ${labels.length} labels, and pixels of ${pixels.length / this.imageLength} images.`;
      throw new GdwsError('DATA_UNREADABLE', summary, { shape: [...dims] });
    }
  }

  /**
   * The images of several sets of bytes in order.
   *
   * @throws GdwsError DATA_UNREADABLE where they are of several sizes, or floats
   */
  static joined(sets: readonly [ImageSet, ...ImageSet[]]): ImageSet {
    const [{ dims }] = sets;
    const pixels = new Uint8Array(sets.reduce((sum, set) => sum + set.pixels.length, 0));
    let offset = 0;
    for (const set of sets) {
      if (set.pixels instanceof Float32Array || set.dims.some((dim, axis) => dim !== dims[axis])) {
        throw new GdwsError('DATA_UNREADABLE', 'the images to join are not bytes of one size.');
      }
      pixels.set(set.pixels, offset);
      offset += set.pixels.length;
    }
    return new ImageSet(
      dims,
      pixels,
      sets.flatMap(({ labels }) => [...labels]),
    );
  }

  /** Number of images. */
  get length(): number {
    return this.labels.length;
  }

  /**
   * Images `begin` to `end` (exclusive).
   *
   * @throws GdwsError ARGUMENT_INVALID where there are no such images
   */
  batch(begin: number, end: number): ImageBatch {
    if (!Number.isInteger(begin) || !Number.isInteger(end) || begin < 0 || begin >= end || end > this.length) {
      throw new GdwsError('ARGUMENT_INVALID', `there are no images ${begin} to ${end} among ${this.length}.`);
    }
    const size = this.imageLength;
    const part = this.pixels.subarray(begin * size, end * size);
    const values = part instanceof Uint8Array ? Float32Array.from(part, (pixel) => pixel / 255) : part.slice();
    return {
      images: new Tensor('float32', values, [end - begin, ...this.dims]),
      labels: this.labels.subarray(begin, end),
    };
  }

  /** All images in order, `size` at a time; the last batch may be smaller. */
  *batches(size: number): Generator<ImageBatch> {
    if (!Number.isInteger(size) || size < 1)
      throw new GdwsError('ARGUMENT_INVALID', `a batch cannot have ${size} images.`);
    for (let begin = 0; begin < this.length; begin += size) {
      yield this.batch(begin, Math.min(this.length, begin + size));
    }
  }

  /** The first `count` images, or all where there are fewer. */
  first(count: number): ImageSet {
    const kept = Math.min(count, this.length);
    return new ImageSet(this.dims, this.pixels.subarray(0, kept * this.imageLength), this.labels.subarray(0, kept));
  }

  /** The same with the channels in the opposite order: blue first where red is. */
  reversed(): ImageSet {
    const [channels, height, width] = this.dims;
    const plane = height * width;
    const pixels = this.pixels.slice();
    for (let at = 0; at < pixels.length; at += plane) {
      const channel = (at / plane) % channels;
      const from = at + (channels - 1 - 2 * channel) * plane;
      pixels.set(this.pixels.subarray(from, from + plane), at);
    }
    return new ImageSet(this.dims, pixels, this.labels);
  }

  private get imageLength(): number {
    return this.dims[0] * this.dims[1] * this.dims[2];
  }
}
