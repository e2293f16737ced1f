import { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../errors';

/** Some images of an {@link ImageSet} with their labels. */
export interface ImageBatch {
  /** (N, C, H, W), in [0, 1]. */
  readonly images: Tensor;
  /** The class of each. */
  readonly labels: Uint8Array;
}

/** Labelled images of one size, kept as bytes. */
export class ImageSet {
  constructor(
    /** Channels, height and width of an image. */
    readonly dims: readonly [channels: number, height: number, width: number],
    /** (images, channels, height, width), 0 to 255. */
    readonly pixels: Uint8Array,
    /** The class of each image. */
    readonly labels: Uint8Array,
  ) {}

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
    const size = this.dims[0] * this.dims[1] * this.dims[2];
    const values = Float32Array.from(this.pixels.subarray(begin * size, end * size), (pixel) => pixel / 255);
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
}
