import fastify from 'fastify';
import { GdwsError, InferenceSession, imageTensor, preprocessingOf, topK } from 'gdws';
import sharp from 'sharp';
import { Gate } from './gate.mjs';

/** A few bytes may be a picture of very many pixels. */
const mostPixels = 50e6;

/**
 * A server with one network: POST /classify with a picture as the body, and GET /health. `close()` lets requests end that have begun.
 *
 * @param settings `labels`, `preset` and `size`, as imageTensor takes them; `top`: classes in an answer; `threads` of a run; `running`:
 *   requests that are worked on at once; `waiting`: further ones that are kept; `bodyLimit`: bytes of a picture
 */
export async function createServer(model, settings = {}) {
  const { labels, preset, size, top = 5, threads = 0, running = 1, waiting = 16, bodyLimit = 10e6 } = settings;
  const session = await InferenceSession.create(model, { intraOpNumThreads: threads });
  const [{ name, type, shape }] = session.inputMetadata;
  const [channels, ...declared] = shape.slice(1);
  const recipe = {
    ...(preset ? { preset } : preprocessingOf(session)),
    ...(declared.every(Number.isInteger) ? { size: declared } : size && { size }),
    type,
    channels,
  };
  // A first picture, of a single pixel: what is wrong with model, recipe and labels shows now, and not to a client.
  const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'black' } })
    .png()
    .toBuffer();
  const blank = await imageTensor(pixel, recipe);
  if (blank.dims[2] === 1) {
    // Each size of picture would be compiled for anew, and clients would say how large inputs are.
    throw new Error('the model leaves the size of pictures open: give a size, or a preset that has one.');
  }
  // The network is compiled for its input before the first client waits for it.
  await session.prepare([{ [name]: blank.dims }]);
  const classesOf = async (input, options) => {
    const outputs = await session.run({ [name]: input }, options);
    const [classes] = topK(outputs[session.outputNames[0]], top, { labels });
    return classes.map(({ index, label, probability }) => ({ index, label, probability }));
  };
  await classesOf(blank);

  const gate = new Gate(running, waiting);
  const server = fastify({
    bodyLimit,
    // Nobody may hold a connection by sending a picture slowly.
    requestTimeout: 30_000,
  });
  server.addContentTypeParser(/^(image\/|application\/octet-stream)/, { parseAs: 'buffer' }, (_, body, done) =>
    done(null, body),
  );
  // Its own answer to what is no picture says what is taken.
  server.removeContentTypeParser(['application/json', 'text/plain']);

  /** Turns a request away before its body is read: a body that waits is memory. */
  async function refuseWhenFull(request, reply) {
    if (!gate.isFull) return;
    // The connection is closed, so that the rest of the body need not be read.
    reply.header('retry-after', '1').header('connection', 'close');
    return reply.code(503).send({ error: 'busy', message: 'too many pictures wait; try again in a second.' });
  }

  server.post('/classify', { onRequest: refuseWhenFull }, async (request, reply) => {
    // Several bodies may have been on their way while there was room.
    if (gate.isFull) return refuseWhenFull(request, reply);
    if (!request.body?.length) {
      return reply.code(400).send({ error: 'empty', message: 'send a picture as the body.' });
    }
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    if (reply.raw.destroyed) gone.abort();
    return gate.pass(() => classify(request.body, gone.signal), gone.signal);
  });

  async function classify(picture, signal) {
    const { width, height } = await sharp(picture)
      .metadata()
      .catch(() => ({ width: 0, height: 0 })); // what is no picture is said below
    if (width * height > mostPixels)
      throw Object.assign(new Error('the picture has too many pixels.'), { statusCode: 413 });
    const input = await imageTensor(picture, recipe);
    // A run whose client has gone stops before its next operation.
    return { classes: await classesOf(input, { signal }) };
  }

  server.get('/health', () => ({ status: 'ok', running: gate.running, waiting: gate.waiting }));

  server.setErrorHandler((error, request, reply) => {
    if (error instanceof GdwsError && error.code === 'DATA_UNREADABLE') {
      return reply.code(400).send({ error: 'unreadable', message: 'the body is no picture that can be read.' });
    }
    // Nobody is there to read an answer.
    if (error.code === 'ABORTED' || error.name === 'AbortError') return reply.code(499).send();
    if (error.statusCode < 500) {
      return reply.code(error.statusCode).send({ error: error.code ?? 'refused', message: error.message });
    }
    // What went wrong within is for the log, and none of the client's business.
    console.error(error);
    return reply.code(500).send({ error: 'internal', message: 'the picture could not be classified.' });
  });
  // Connections are kept for further requests; those that are busy when closing begins must end with their answer.
  let isClosing = false;
  server.addHook('preClose', async () => void (isClosing = true));
  server.addHook('onSend', async (_, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });
  // Once all requests have ended.
  server.addHook('onClose', () => session.release());
  return server;
}
