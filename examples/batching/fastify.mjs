// node fastify.mjs <model.onnx> [port]
import fastify from 'fastify';
import { Predictor, failureOf, onStop, whenGone } from './predictor.mjs';

const [file, port = '3000'] = process.argv.slice(2);
const predictor = await Predictor.open(file);
const server = fastify();
server.post('/predict', (request, reply) => predictor.predict(request.body, whenGone(reply.raw)));
server.get('/runs', () => predictor.runs);
server.setErrorHandler((error, request, reply) => {
  const { status, body } = failureOf(Object.assign(error, { status: error.statusCode }));
  return reply.code(status).send(body);
});
server.addHook('onClose', () => predictor.close());
console.log(`listening on ${await server.listen({ port: Number(port) })}`);
onStop(() => server.close());
