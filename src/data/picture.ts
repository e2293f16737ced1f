import type Sharp from 'sharp';
import { GdwsError } from '../base/errors';
import { optionalPackage } from '../base/optional';
import type { Raster } from './resample';

/** What ends the names of pictures. */
export const pictureExtensions: ReadonlySet<string> = new Set([
  ...['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif'],
]);

/** Pixels of a side, as in JPEG: so that a long line of a picture does not become wide. */
const mostSide = 65535;

/**
 * The pixels of a picture file, or of the bytes of one: upright as EXIF says, on black where it is transparent, of its first page, in
 * sRGB or in grey. Needs the package `sharp`.
 *
 * @throws GdwsError DATA_UNREADABLE, DEPENDENCY_MISSING
 */
export async function readPicture(source: string | Uint8Array, channels: 1 | 3): Promise<Raster> {
  const { default: sharp } = await optionalPackage<{ default: typeof Sharp }>('sharp');
  try {
    const { data, info } = await sharp(source)
      .rotate()
      .flatten()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    if (Math.max(width, height) > mostSide) throw new RangeError(`a side of it has more than ${mostSide} pixels`);
    const colours = new Uint8Array(data.buffer, data.byteOffset, data.length);
    return { width, height, channels, pixels: channels === 1 ? lumaOf(colours) : colours };
  } catch (cause) {
    throw new GdwsError('DATA_UNREADABLE', `the picture cannot be read: ${(cause as Error).message}.`, {
      file: typeof source === 'string' ? source : undefined,
      remedy: 'Pictures are JPEG, PNG, WebP, AVIF, GIF or TIFF.',
      cause,
    });
  }
}

/** Rec. 601 luma, with weights of 16 bits as Pillow has them. */
function lumaOf(colours: Uint8Array): Uint8Array {
  const grey = new Uint8Array(colours.length / 3);
  for (let pixel = 0, at = 0; pixel < grey.length; pixel++, at += 3) {
    grey[pixel] = (19595 * colours[at]! + 38470 * colours[at + 1]! + 7471 * colours[at + 2]! + 0x8000) >> 16;
  }
  return grey;
}
