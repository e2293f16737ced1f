// Compresses a model and runs it beside the dense one, on a thread of its own: { bytes, share } in, texts and results out.
import { load } from './node_modules/@gdws/wasm32/gdws.mjs';
import { compress, InferenceSession, start, Tensor } from './node_modules/@gdws/wasm32/browser.mjs';

const ready = load().then(start);
const images = 8;
const rounds = 5;

/** Dims that the model leaves open: the batch is 1, pictures are of 224 × 224. */
const shapeOf = ({ shape }) => shape.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? 1 : 224));

/** Numbers from -1 to 1, the same each time. */
function noise(count, seed) {
  let state = seed + 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

function feedsOf({ inputMetadata }, seed) {
  return Object.fromEntries(
    inputMetadata.map((input) => {
      if (input.type !== 'float32') throw new Error(`The input ${input.name} is ${input.type}; only float32 is tried.`);
      const shape = shapeOf(input);
      const count = shape.reduce((product, dim) => product * dim, 1);
      return [input.name, new Tensor('float32', noise(count, seed), shape)];
    }),
  );
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const largest = (numbers) => numbers.reduce((most, number, at) => (number > numbers[most] ? at : most), 0);

/** Runs both in turn, so that both are slowed alike by what else the machine does. */
async function compare(dense, compressed) {
  const [name] = dense.outputNames;
  const times = { dense: [], compressed: [] };
  let agreeing = 0;
  let difference = 0;
  let magnitude = 0;
  for (let image = 0; image < images; ++image) {
    const feeds = feedsOf(dense, image);
    const outputs = {};
    for (let round = 0; round <= rounds; ++round) {
      for (const [form, session] of Object.entries({ dense, compressed })) {
        const begin = performance.now();
        outputs[form] = (await session.run(feeds))[name].data;
        // The first round compiles.
        if (round > 0) times[form].push(performance.now() - begin);
      }
    }
    if (largest(outputs.dense) === largest(outputs.compressed)) agreeing += 1;
    for (const [i, number] of outputs.dense.entries()) {
      difference += (number - outputs.compressed[i]) ** 2;
      magnitude += number ** 2;
    }
  }
  return {
    milliseconds: { before: median(times.dense), after: median(times.compressed) },
    agreeing,
    images,
    difference: Math.sqrt(difference / magnitude),
  };
}

async function answer({ bytes, share }) {
  await ready;
  const say = (state) => postMessage({ state });
  say('Reading the model');
  const dense = await InferenceSession.create(bytes);
  const inputShapes = Object.fromEntries(dense.inputMetadata.map((input) => [input.name, shapeOf(input)]));
  const compression = await compress(bytes, {
    macs: share,
    inputShapes,
    onProgress: (done, total) => say(`Decomposing: layer ${done} of ${total}`),
  });
  const made = compression.bytes();
  const compressed = await InferenceSession.create(made);
  say('Running both');
  const { macs, bytes: size } = compression.summary;
  const result = { macs, size, ...(await compare(dense, compressed)), made };
  await dense.release();
  await compressed.release();
  postMessage({ result });
}

// One after the other: a model that is dropped meanwhile waits.
let last = Promise.resolve();
onmessage = ({ data }) => {
  last = last
    .then(() => answer(data))
    .catch((error) => postMessage({ error: [error.message, error.remedy].filter(Boolean).join(' ') }));
};
