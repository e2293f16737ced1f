import { GdwsError, InferenceSession, Tensor, batched } from 'gdws';

/** A network whose requests are gathered: those that come while it is busy become rows of its next run. */
export class Predictor {
  #model;

  static async open(file) {
    const predictor = new Predictor();
    predictor.#model = await batched(await InferenceSession.create(file), { maxBatch: 16, maxQueue: 64 });
    return predictor;
  }

  /**
   * What the network makes of rows.
   *
   * @param body `{ rows: [[…], …] }`: the numbers of a row of the only input, one after the other
   * @returns `{ rows: [[…], …] }` of the first output
   */
  async predict(body, signal) {
    const rows = body?.rows;
    const [{ name, shape }] = this.#model.inputMetadata;
    const dims = shape.slice(1);
    const length = dims.reduce((product, dim) => product * dim, 1);
    const isRow = (row) => Array.isArray(row) && row.length === length && row.every(Number.isFinite);
    if (!Array.isArray(rows) || rows.length === 0 || !rows.every(isRow)) {
      throw new GdwsError('SHAPE_MISMATCH', `send { "rows": [[…]] }, with ${length} numbers in each row.`);
    }
    const input = new Tensor('float32', Float32Array.from(rows.flat()), [rows.length, ...dims]);
    const { results } = await this.#model.request({ [name]: input }, { signal, timeout: 5000 });
    const [{ data }] = Object.values(results);
    const each = data.length / rows.length;
    return { rows: rows.map((_, row) => Array.from(data.subarray(row * each, (row + 1) * each))) };
  }

  /** How many runs there were, by their rows. */
  get runs() {
    return Object.fromEntries([...this.#model.statistics().runs].map(([rows, { count }]) => [rows, count]));
  }

  /** Answers all that was taken, and releases the network. */
  async close() {
    await this.#model.drain();
    await this.#model.release();
  }
}

/** A signal that fires when the client of a response goes away. */
export function whenGone(response) {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  if (response.destroyed) gone.abort();
  return gone.signal;
}

const statuses = { SHAPE_MISMATCH: 400, ABORTED: 499, QUEUE_FULL: 503, SERVER_CLOSING: 503, DEADLINE_EXCEEDED: 504 };

/** Status and body for an error; what went wrong within is for the log. */
export function failureOf(error) {
  // Errors of the frameworks themselves, as for a body that is no JSON.
  const status = statuses[error.code] ?? (error.status < 500 ? error.status : 500);
  if (status === 500) console.error(error);
  return { status, body: { error: status === 500 ? 'internal' : (error.summary ?? error.message) } };
}

/** Ends a server once, when the process is told to. */
export function onStop(stop) {
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void stop().then(() => console.log('closed')));
}
