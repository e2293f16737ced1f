// Compresses a trained network in several ways, and shows what each brings and costs: npm run demo
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { InferenceSession, compress, measureInterleaved, readImages, readMnist } from 'gdws';

const here = import.meta.dirname;
const model = path.join(here, 'robust-mnist.onnx');
const digits = await readMnist(
  path.join(here, 'mnist-test-images-idx3-ubyte'),
  path.join(here, 'mnist-test-labels-idx1-ubyte'),
);

/** Runs a network on one batch and returns its logits, (N, 10). */
async function logitsOf(session, images) {
  const outputs = await session.run({ [session.inputNames[0]]: images });
  return outputs[session.outputNames[0]].data;
}

/** Share of the digits that a network names rightly. */
async function accuracy(session) {
  let right = 0;
  for (const { images, labels } of digits.batches(250)) {
    const logits = await logitsOf(session, images);
    labels.forEach((label, image) => {
      const row = logits.subarray(10 * image, 10 * image + 10);
      if (row.indexOf(Math.max(...row)) === label) ++right;
    });
  }
  return right / digits.length;
}

const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-demo-'));
try {
  const networks = [{ name: 'dense', file: model }];
  const add = async (name, options) => {
    const file = path.join(folder, `${networks.length}.onnx`);
    const compression = await compress(model, options);
    await compression.write(file);
    networks.push({ name, file, summary: compression.summary });
  };
  // Digits that are not counted below; their labels do not matter.
  const calibration = { images: await readImages(path.join(here, 'mnist-calib-images-idx3-ubyte'), { count: 256 }) };
  for (const macs of [0.5, 0.25]) await add(`GDWS, --macs ${macs}`, { macs });
  for (const macs of [0.5, 0.25]) await add(`GDWS, --macs ${macs} --calib`, { macs, calibration });
  await add('--int8 --calib', { int8: true, calibration });
  for (const macs of [0.5, 0.25]) await add(`GDWS, --macs ${macs} --int8 --calib`, { macs, int8: true, calibration });
  const { macs, bytes } = networks[1].summary;
  networks[0].summary = { macs: { after: macs.before }, bytes: { after: bytes.before } };

  for (const network of networks) {
    network.session = await InferenceSession.create(network.file, { intraOpNumThreads: 1 });
    network.accuracy = await accuracy(network.session);
  }
  const { images } = digits.batch(0, 1);
  const comparison = await measureInterleaved(
    networks.map(({ name, session }) => ({ name, run: () => logitsOf(session, images) })),
    { budget: 6000 },
  );

  const million = (count) => `${(count / 1e6).toFixed(2)} M`;
  const rows = networks.map(({ name, summary, accuracy }, index) => [
    name,
    `${comparison.measurements[index].time.median.toFixed(3)} ms`,
    `${comparison.ratio('dense', name).ofMedians.toFixed(2)}×`,
    `${(100 * accuracy).toFixed(1)} %`,
    million(summary.macs.after),
    `${Math.round(summary.bytes.after / 1000)} kB`,
  ]);
  const head = ['network', 'time per image', 'speed', 'accuracy', 'MACs', 'file'];
  const widths = head.map((title, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  console.log(`\n${digits.length} test digits; one thread, one image at a time; nothing was retrained.\n`);
  for (const row of [head, widths.map((width) => '-'.repeat(width)), ...rows]) console.log(line(row));
  console.log(`
--calib: with ${calibration.images.length} other digits, without their labels. Now yours:

  npx gdws compress your-model.onnx -o fast.onnx --calib your-pictures/`);
} finally {
  await fs.rm(folder, { recursive: true });
}
