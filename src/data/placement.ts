import { roundHalfToEven } from '../base/rounding';
import type { Fit } from './recipe';
import type { Axis } from './resample';

/** Height and width. */
export type Size = readonly [height: number, width: number];

/** Where the pixels of a tensor lie in the picture that it is made of. */
export interface Placement {
  readonly y: Axis;
  readonly x: Axis;
}

/**
 * How a picture fills a tensor: it is scaled, and the middle of it is taken.
 *
 * @param crop how much of the smallest scaled picture that covers the tensor the tensor is, above 0 to 1; for `cover`
 */
export function placementOf(picture: Size, size: Size, fit: Fit = 'cover', crop = 1): Placement {
  const scaled = scaledSize(picture, size, fit, crop);
  const [y, x] = [0, 1].map((axis): Axis => {
    const scale = picture[axis]! / scaled[axis]!;
    // Halves as torchvision's CenterCrop has them.
    const start = roundHalfToEven((scaled[axis]! - size[axis]!) / 2);
    return { start: start * scale, scale, count: size[axis]! };
  });
  return { y: y!, x: x! };
}

/** Size of the picture once it is scaled; of `cover` as torchvision's Resize rounds it. */
function scaledSize([height, width]: Size, size: Size, fit: Fit, crop: number): Size {
  if (fit === 'fill') return size;
  const [tall, wide] = fit === 'cover' ? size.map((dim) => Math.floor(dim / crop)) : size;
  const isByHeight = fit === 'cover' ? tall * width >= wide * height : tall * width <= wide * height;
  return isByHeight
    ? [tall, Math.max(1, Math.floor((width * tall) / height))]
    : [Math.max(1, Math.floor((height * wide) / width)), wide];
}

/** Where the pixels of the picture lie in a map that the network made of the tensor. */
export function placementBack({ y, x }: Placement, picture: Size, map: Size): Placement {
  const [backY, backX] = [y, x].map(({ start, scale, count }, axis): Axis => {
    const step = map[axis]! / count / scale;
    return { start: -start * step, scale: step, count: picture[axis]! };
  });
  return { y: backY!, x: backX! };
}
