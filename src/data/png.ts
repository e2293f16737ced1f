import { crc32, deflateSync } from 'node:zlib';
import { writeWhole } from '../onnx/write';
import type { Raster } from './resample';

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const [greyColourType, paletteColourType] = [0, 3];

/**
 * Writes a picture of one byte a pixel as PNG, whole or not at all.
 *
 * @param palette red, green and blue for each byte; without it bytes are levels of grey
 * @see https://www.w3.org/TR/png/
 * @throws GdwsError OUTPUT_UNWRITABLE
 */
export async function writePng(
  file: string,
  { width, height, pixels }: Omit<Raster, 'channels'>,
  palette?: Uint8Array,
): Promise<void> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = palette ? paletteColourType : greyColourType;
  // Each row begins with the number of its filter, which is 0: none.
  const rows = new Uint8Array(height * (width + 1));
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const chunks = [chunk('IHDR', header), ...(palette ? [chunk('PLTE', palette)] : [])];
  await writeWhole(
    file,
    Buffer.concat([signature, ...chunks, chunk('IDAT', deflateSync(rows)), chunk('IEND', new Uint8Array())]),
  );
}

function chunk(type: string, content: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, check]);
}
