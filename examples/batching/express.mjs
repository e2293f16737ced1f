// node express.mjs <model.onnx> [port]
import { once } from 'node:events';
import express from 'express';
import { Predictor, failureOf, onStop, whenGone } from './predictor.mjs';

const [file, port = '3000'] = process.argv.slice(2);
const predictor = await Predictor.open(file);
const app = express();
app.use(express.json({ limit: '1mb' }));
app.post('/predict', async (request, response) => {
  response.json(await predictor.predict(request.body, whenGone(response)));
});
app.get('/runs', (request, response) => response.json(predictor.runs));
// Express knows a handler of errors by its four arguments.
app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  const { status, body } = failureOf(error);
  response.status(status).json(body);
});
const server = app.listen(Number(port), '127.0.0.1');
await once(server, 'listening');
console.log(`listening on http://127.0.0.1:${server.address().port}`);
onStop(async () => {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
  await predictor.close();
});
