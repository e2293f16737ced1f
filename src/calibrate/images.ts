import type { ImageSet } from '../data/image-set';
import type { Normalization } from '../robustness/normalized';
import { normalizer } from '../robustness/normalized';

/** Images as the network takes them, batch by batch. */
export interface CalibrationImages {
  readonly count: number;
  /** (C, H, W) */
  readonly dims: readonly number[];
  readonly batchSize: number;
  /** The images from number `begin` on, as many as a batch has or are left: (n, C, H, W). */
  batch(begin: number): Promise<Float32Array>;
}

/** Images of a set, normalized where the network does not do so itself. */
export function calibrationImages(
  images: ImageSet,
  batchSize: number,
  normalization?: Normalization,
): CalibrationImages {
  const normalize = normalization ? normalizer(images.dims, normalization) : (pixels: Float32Array) => pixels;
  return {
    count: images.length,
    dims: images.dims,
    batchSize,
    batch: (begin) => {
      const { images: part } = images.batch(begin, Math.min(images.length, begin + batchSize));
      return Promise.resolve(normalize(part.data as Float32Array));
    },
  };
}
