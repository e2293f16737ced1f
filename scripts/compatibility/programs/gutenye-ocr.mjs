import Ocr from '@gutenye/ocr-node';
import { writePicture } from './picture.mjs';

const ocr = await Ocr.create();
const found = await ocr.detect(await writePicture('page.png'));
for (const { text, mean, box } of found) console.log(JSON.stringify({ text, mean: mean.toFixed(3), box }));
