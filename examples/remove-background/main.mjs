// Makes what is behind somebody transparent: node main.mjs <model.onnx> <photo> <cutout.png>
import { Buffer } from 'node:buffer';
import { parseArgs } from 'node:util';
import { GdwsError, InferenceSession, imageTensor, preprocessingOf } from 'gdws';
import sharp from 'sharp';

const usage = `node main.mjs <model.onnx> <photo> <cutout.png> [--preset torchvision] [--size 320]`;

/** What ISNet expects: (byte - 128) / 256. */
const isnet = { range: 255, mean: [128], std: [256], size: 1024 };

/** The network's foreground as bytes, one a pixel: of several outputs the first is the finest. */
function maskOf(output) {
  const { data, dims } = output;
  const [height, width] = dims.filter((dim) => dim !== 1);
  if (height * width !== data.length) throw new Error(`the network gives no mask: its output is ${dims.join('×')}.`);
  const values = Float32Array.from(data, Number);
  // ISNet and U²-Net give numbers from 0 to 1; others leave the sigmoid to their users. NaN fails this as well.
  if (!values.every((value) => value >= -0.001 && value <= 1.001)) {
    throw new Error('the mask has numbers that are not from 0 to 1: the network ends without a sigmoid.');
  }
  return {
    bytes: Buffer.from(values.map((value) => Math.round(255 * Math.min(1, Math.max(0, value))))),
    width,
    height,
  };
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { preset: { type: 'string' }, size: { type: 'string' } },
  });
  const [model, photo, cutout, ...surplus] = positionals;
  if (!model || !photo || !cutout || surplus.length > 0) throw new Error(`what is wanted is: ${usage}`);

  const session = await InferenceSession.create(model);
  const { name, type, shape } = session.inputMetadata[0];
  const [height, width] = shape.slice(2);
  const input = await imageTensor(photo, {
    ...(values.preset ? { preset: values.preset } : (preprocessingOf(session) ?? isnet)),
    ...(values.size && { size: Number(values.size) }),
    ...(Number.isInteger(height) && Number.isInteger(width) && { size: [height, width] }),
    type,
    // All of the photo is to be seen; the mask is stretched back.
    fit: 'fill',
  });
  const outputs = await session.run({ [name]: input });
  const mask = maskOf(outputs[session.outputNames[0]]);
  await session.release();

  // As imageTensor sees it: upright, on black where it is transparent.
  const colours = sharp(photo).rotate().flatten({ background: 'black' }).toColourspace('srgb');
  const { data: rgb, info } = await colours.raw().toBuffer({ resolveWithObject: true });
  const alpha = await sharp(mask.bytes, { raw: { width: mask.width, height: mask.height, channels: 1 } })
    .resize(info.width, info.height, { fit: 'fill', kernel: 'linear' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  const rgba = Buffer.alloc(4 * alpha.length);
  for (let pixel = 0; pixel < alpha.length; pixel++) {
    rgb.copy(rgba, 4 * pixel, 3 * pixel, 3 * pixel + 3);
    rgba[4 * pixel + 3] = alpha[pixel];
  }
  await sharp(rgba, { raw: { width: info.width, height: info.height, channels: 4 } })
    .png()
    .toFile(cutout);
  const share = alpha.reduce((sum, value) => sum + value, 0) / (255 * alpha.length);
  console.log(`${cutout}: ${info.width}×${info.height}, ${(100 * share).toFixed(1)} % of it stay`);
}

main().catch((error) => {
  const isExpected = error instanceof GdwsError || error.constructor === Error || 'code' in error;
  console.error(isExpected ? `error: ${error.message}` : error);
  process.exitCode = 1;
});
