import { Tensor, type InferenceSession } from 'onnxruntime-common';
import type { ImageSet } from '../src/data/image-set';
import { normalizer, type Normalization } from '../src/robustness/normalized';

/** How far apart two networks' masks of an image are. */
export interface MaskDifference {
  /** Mean over the pixels of |p - q|. */
  readonly absolute: number;
  /** Of what is above one half: intersection over union. */
  readonly overlap: number;
}

/** Compares the first outputs of two networks on images, one at a time. */
export async function maskDifferences(
  one: InferenceSession,
  other: InferenceSession,
  images: ImageSet,
  normalization: Normalization,
): Promise<MaskDifference[]> {
  const normalize = normalizer(images.dims, normalization);
  const maskOf = async (session: InferenceSession, pixels: Float32Array) => {
    const feeds = { [session.inputNames[0]!]: new Tensor('float32', pixels, [1, ...images.dims]) };
    return (await session.run(feeds))[session.outputNames[0]!]!.data as Float32Array;
  };
  const differences: MaskDifference[] = [];
  for (const { images: image } of images.batches(1)) {
    const pixels = normalize(image.data as Float32Array);
    differences.push(differenceOf(await maskOf(one, pixels), await maskOf(other, pixels)));
  }
  return differences;
}

function differenceOf(p: Float32Array, q: Float32Array): MaskDifference {
  let [absolute, both, either] = [0, 0, 0];
  p.forEach((value, pixel) => {
    absolute += Math.abs(value - q[pixel]!) / p.length;
    const [a, b] = [value > 0.5, q[pixel]! > 0.5];
    if (a && b) ++both;
    if (a || b) ++either;
  });
  return { absolute, overlap: either === 0 ? 1 : both / either };
}
