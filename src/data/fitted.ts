import { placementOf, type Size } from './placement';
import type { Recipe } from './recipe';
import { resample, type Raster } from './resample';

/** A picture fitted to a size, in the order of channels that a network takes. */
export function fitted(picture: Raster, size: Size, { fit, crop, order }: Recipe): Raster {
  const { x, y } = placementOf([picture.height, picture.width], size, fit, crop);
  const resized = resample(picture, x, y);
  if (order === 'bgr' && picture.channels === 3) {
    const { pixels } = resized;
    for (let at = 0; at < pixels.length; at += 3) [pixels[at], pixels[at + 2]] = [pixels[at + 2]!, pixels[at]!];
  }
  return resized;
}
