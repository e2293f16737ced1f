import { crc32, deflateSync } from 'node:zlib';
import type { Raster } from './resample';

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const [grey, colour, indexed] = [0, 2, 3];

/**
 * A picture of one or three bytes a pixel as a PNG file.
 *
 * @param palette of a picture of one byte a pixel, red, green and blue for each byte; without it bytes are levels of grey
 * @see https://www.w3.org/TR/png-3/
 */
export function encodePng({ width, height, channels, pixels }: Raster, palette?: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = channels === 3 ? colour : palette ? indexed : grey;
  const length = width * channels;
  // Each row begins with the number of its filter, which is 0: none.
  const rows = new Uint8Array(height * (length + 1));
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * length, (y + 1) * length), y * (length + 1) + 1);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', palette)] : []),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', new Uint8Array()),
  ]);
}

function chunk(type: string, content: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, check]);
}
