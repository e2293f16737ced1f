// Names what is in every picture of a folder: node main.mjs <model.onnx> <folder> [labels.txt]
import fs from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { GdwsError, InferenceSession, imageTensor, preprocessingOf, readLabels, topK } from 'gdws';

const usage = `node main.mjs <model.onnx> <folder> [labels.txt] [--preset torchvision] [--size 224] [--top 3] [--csv]`;
const pictureFile = /\.(jpe?g|png|webp|avif|gif|tiff?)$/i;

/** How the network's only input takes a picture: its name, and options of imageTensor. */
function inputOf(session) {
  const [input, ...others] = session.inputMetadata;
  const { name, type, shape = [] } = input;
  const isColour = (axis) => shape[axis] === 1 || shape[axis] === 3;
  if (others.length > 0 || shape.length !== 4 || !(isColour(1) || isColour(3))) {
    throw new Error(`the network does not take one picture: its inputs are ${session.inputNames.join(', ')}.`);
  }
  const layout = isColour(1) ? 'nchw' : 'nhwc';
  const [channels, ...size] = layout === 'nchw' ? shape.slice(1) : [shape[3], shape[1], shape[2]];
  // A size that the model leaves open is the recipe's, or the picture's own.
  return { name, options: { type, layout, channels, ...(size.every(Number.isInteger) && { size }) } };
}

/** The names of the classes with their probabilities, for people or for programs. */
function* lines(file, classes, isCsv) {
  if (!isCsv) {
    yield `${file}  ${classes.map(({ name, probability }) => `${name} ${(100 * probability).toFixed(1)} %`).join(', ')}`;
    return;
  }
  const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  for (const [rank, { index, name, probability }] of classes.entries()) {
    yield [cell(file), rank + 1, index, cell(name), probability.toFixed(6)].join(',');
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      preset: { type: 'string' },
      size: { type: 'string' },
      top: { type: 'string', default: '3' },
      csv: { type: 'boolean', default: false },
    },
  });
  const [model, folder, labelsFile, ...surplus] = positionals;
  if (!model || !folder || surplus.length > 0) throw new Error(`what is wanted is: ${usage}`);
  const labels = labelsFile && (await readLabels(labelsFile));
  const names = (await fs.readdir(folder)).filter((name) => pictureFile.test(name)).sort();
  if (names.length === 0) throw new Error(`there are no pictures in ${folder}.`);

  const session = await InferenceSession.create(model);
  const { name: inputName, options } = inputOf(session);
  const recipe = {
    // What the model's file says holds where nothing else is said.
    ...(values.preset ? { preset: values.preset } : preprocessingOf(session)),
    ...(values.size && { size: Number(values.size) }),
    ...options,
  };
  // A file that is no picture must not end the others' turn, nor the process while nobody awaits it.
  const decode = (name) =>
    imageTensor(path.join(folder, name), recipe).then(
      (tensor) => ({ tensor }),
      (error) => ({ error }),
    );

  if (values.csv) console.log('file,rank,class,label,probability');
  const width = Math.max(...names.map((name) => name.length));
  let next = decode(names[0]);
  for (const [at, name] of names.entries()) {
    const { tensor, error } = await next;
    // It is decoded while the network runs, which takes place on other threads.
    if (at + 1 < names.length) next = decode(names[at + 1]);
    if (error?.code === 'DATA_UNREADABLE') {
      console.error(`${name}: ${error.message}`);
      process.exitCode = 1;
      continue;
    }
    if (error) throw error;
    const outputs = await session.run({ [inputName]: tensor });
    const [best] = topK(outputs[session.outputNames[0]], Number(values.top), { labels });
    const named = best.map((one) => ({ ...one, name: one.label ?? String(one.index) }));
    for (const line of lines(values.csv ? name : name.padEnd(width), named, values.csv)) console.log(line);
  }
  await session.release();
}

main().catch((error) => {
  // What is wrong with files and options is said in a line; anything else is a fault of the program.
  const isExpected = error instanceof GdwsError || error.constructor === Error || 'code' in error;
  console.error(isExpected ? `error: ${error.message}` : error);
  process.exitCode = 1;
});
