import { Buffer } from 'node:buffer';
import { removeBackground } from '@imgly/background-removal-node';
import sharp from 'sharp';
import { writePicture } from './picture.mjs';

const file = await writePicture('page.png');
for (const model of ['small', 'medium']) {
  const blob = await removeBackground(`file://${process.cwd()}/${file}`, { model, output: { format: 'image/png' } });
  const { data, info } = await sharp(Buffer.from(await blob.arrayBuffer()))
    .extractChannel('alpha')
    .resize(12, 8)
    .raw()
    .toBuffer({ resolveWithObject: true });
  // In steps of 8 of 255: the last digits of masks differ between engines.
  console.log(model, info.width, info.height, [...data].map((alpha) => Math.round(alpha / 8)).join(' '));
}
