// Sessions of onnxruntime-node for elsewhere.cjs, which asks by messages.
const ort = require('onnxruntime-node');

const sessions = new Map();
let made = 0;

const tensorOf = (value) => (value?.dims ? new ort.Tensor(value.type, value.data, value.dims) : value);
/** Feeds and fetches; options have no tensors. */
const tensorsOf = (values) => {
  if (Array.isArray(values) || typeof values !== 'object' || values === null) return values;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, tensorOf(value)]));
};

const methods = {
  async create(model, ...options) {
    const session = await ort.InferenceSession.create(model, ...options);
    sessions.set(made, session);
    const { inputNames, outputNames, inputMetadata, outputMetadata } = session;
    return { session: made++, inputNames, outputNames, inputMetadata, outputMetadata };
  },
  async run(session, ...args) {
    const results = await sessions.get(session).run(...args.map(tensorsOf));
    return Object.fromEntries(
      Object.entries(results).map(([name, { type, dims, data }]) => [name, { type, dims, data }]),
    );
  },
  async release(session) {
    await sessions.get(session).release();
    sessions.delete(session);
  },
};

process.on('message', async ({ id, method, args }) => {
  try {
    process.send({ id, result: await methods[method](...args) });
  } catch (error) {
    process.send({ id, error: error.message });
  }
});
process.on('disconnect', () => process.exit());
