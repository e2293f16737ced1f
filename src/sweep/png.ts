import { encodePng } from '../data/png';

/**
 * An image as a PNG file of 8 bits: of three channels in colour, else the first channel in grey.
 *
 * @param pixels (C, H, W), from 0 to 1
 */
export function pngOf(pixels: ArrayLike<number>, [channels, height, width]: readonly [number, number, number]): Buffer {
  const shown = channels === 3 ? 3 : 1;
  const bytes = Uint8Array.from({ length: height * width * shown }, (_, at) => {
    const value = pixels[(at % shown) * height * width + Math.floor(at / shown)]!;
    return Math.round(255 * Math.min(1, Math.max(0, value)));
  });
  return encodePng({ width, height, channels: shown, pixels: bytes });
}
