// What compression costs of a network's robustness: node main.mjs [model.onnx] [data] [--calib <data>] [--eps 0.1]
// Without arguments it takes the bundled network for MNIST and its digits.
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  GdwsError,
  GradientSession,
  InferenceSession,
  compress,
  evaluate,
  normalizationOf,
  normalized,
  preprocessingOf,
  readImages,
  sessionClassifier,
} from 'gdws';

const bundled = (file) => path.join(import.meta.dirname, '..', file);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    calib: { type: 'string' },
    preset: { type: 'string' },
    eps: { type: 'string', default: '0.1' },
    steps: { type: 'string', default: '10' },
    macs: { type: 'string', default: '0.5' },
    count: { type: 'string', default: '100' },
    'calib-count': { type: 'string', default: '32' },
    queries: { type: 'string', default: '100' },
  },
});

/** What the model expects of pictures: a recipe, and (C, H, W) where it declares them. */
async function expectationsOf(model) {
  const session = await InferenceSession.create(model);
  const recipe = values.preset ? { preset: values.preset } : preprocessingOf(session);
  const [{ shape = [] }] = session.inputMetadata;
  await session.release();
  const dims = shape.slice(1);
  // Pictures of folders are scaled to the size that the model declares.
  return { recipe, dims: dims.length === 3 && dims.every(Number.isInteger) ? dims : undefined };
}

async function main() {
  const [model = bundled('robust-mnist.onnx'), data = bundled('mnist-test-images-idx3-ubyte')] = positionals;
  if (positionals.length === 1) throw new Error('a model of your own needs data of its own: give labelled images.');
  const calib = values.calib ?? (positionals.length === 0 ? bundled('mnist-calib-images-idx3-ubyte') : undefined);
  if (!calib) throw new Error('give --calib: images to calibrate on, other ones than those that are counted.');

  const { recipe, dims } = await expectationsOf(model);
  const normalization = normalizationOf(recipe ?? {});
  const read = (place, count, isUnlabelled) =>
    readImages(place, { count: Number(count), dims, isUnlabelled, preprocessing: recipe });
  const counted = await read(data, values.count, false);
  const calibrationImages = await read(calib, values['calib-count'], true);

  // The same attack on all: on images that are counted, and on those that compression is fitted to. If the compressed network were
  // fitted to clean images only, it would keep the clean accuracy, and lose what adversarial training has brought.
  const attack = { attack: 'pgd', norm: 'linf', eps: /\//.test(values.eps) ? values.eps : Number(values.eps) };
  const calibration = { images: calibrationImages, normalization, attack };
  const macs = Number(values.macs);
  const forms = [
    ['dense', undefined],
    ['GDWS, without images', { macs }],
    ['GDWS, calibrated under attack', { macs, calibration }],
    ['the same in int8', { macs, calibration, int8: true }],
  ];
  const candidates = [];
  const kept = [];
  for (const [name, options] of forms) {
    console.error(`${name} ...`);
    const compression = options && (await compress(model, options));
    const session = await GradientSession.create(compression ? compression.bytes() : model);
    const classifier = await sessionClassifier(session, counted.dims);
    // Attacks see pixels from 0 to 1, so that bounds mean the same for every network.
    candidates.push({ name, classifier: normalization ? normalized(classifier, normalization) : classifier });
    kept.push(compression ? compression.summary.macs.after / compression.summary.macs.before : 1);
  }

  console.error('attacks ...');
  const { images, labels } = counted.batch(0, counted.length);
  // Gradients through rounding mislead: so evaluate tries two more attacks where integers are among the candidates, and an image counts
  // only if it withstands all.
  const evaluation = await evaluate(
    candidates,
    images.data,
    labels,
    { ...attack, steps: Number(values.steps) },
    { squareQueries: Number(values.queries) },
  );

  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const interval = ({ value, lower, upper }) => `${percent(value)} (${(100 * lower).toFixed(1)} to ${percent(upper)})`;
  const rows = evaluation.candidates.map(({ name, natural, robust }, at) => [
    name,
    percent(kept[at]),
    interval(natural),
    interval(robust),
  ]);
  const head = ['network', 'MACs', 'natural', `under attack, ${values.eps}`];
  const widths = head.map((title, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  console.log(`${counted.length} images, 95 % intervals in brackets\n`);
  for (const row of [head, widths.map((width) => '-'.repeat(width)), ...rows]) console.log(line(row));
}

main().catch((error) => {
  const isExpected = error instanceof GdwsError || error.constructor === Error || 'code' in error;
  console.error(isExpected ? `error: ${error.message}` : error);
  process.exitCode = 1;
});
