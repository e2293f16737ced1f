// A page of text and shapes, drawn here so that no picture belongs to anybody else.
import { Buffer } from 'node:buffer';
import sharp from 'sharp';

const lines = ['Hello compatibility 2026', 'The quick brown fox', 'jumps over 13 lazy dogs', 'Total: 1,234.50 EUR'];

const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="600">
  <rect width="900" height="600" fill="#f4f1ea"/>
  <circle cx="700" cy="420" r="120" fill="#b03a2e"/>
  <rect x="560" y="80" width="140" height="180" fill="#1f618d"/>
  ${lines.map((text, i) => `<text x="40" y="${90 + 110 * i}" font-size="44" font-family="sans-serif">${text}</text>`).join('')}
</svg>`;

/** As a PNG file. */
export async function writePicture(file) {
  await sharp(Buffer.from(drawing)).png().toFile(file);
  return file;
}

/** Raw RGB. */
export async function rawPicture() {
  const { data, info } = await sharp(Buffer.from(drawing)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}
