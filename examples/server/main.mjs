// A server that classifies pictures: node main.mjs <model.onnx> [--labels labels.txt] [--port 3000]
import { parseArgs } from 'node:util';
import { GdwsError, readLabels } from 'gdws';
import { createServer } from './server.mjs';

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      labels: { type: 'string' },
      preset: { type: 'string' },
      size: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '3000' },
      threads: { type: 'string', default: '0' },
      running: { type: 'string', default: '1' },
      waiting: { type: 'string', default: '16' },
      'body-limit': { type: 'string', default: '10000000' },
    },
  });
  const [model, ...surplus] = positionals;
  if (!model || surplus.length > 0) throw new Error('what is wanted is: node main.mjs <model.onnx> [options]');
  const integers = ['port', 'threads', 'running', 'waiting', 'body-limit'];
  const wrong = integers.find((name) => !/^\d+$/.test(values[name]));
  if (wrong) throw new Error(`--${wrong} takes an integer, not '${values[wrong]}'.`);

  const server = await createServer(model, {
    labels: values.labels && (await readLabels(values.labels)),
    preset: values.preset,
    size: values.size && Number(values.size),
    threads: Number(values.threads),
    running: Number(values.running),
    waiting: Number(values.waiting),
    bodyLimit: Number(values['body-limit']),
  });
  const address = await server.listen({ host: values.host, port: Number(values.port) });
  console.log(`listening on ${address}`);

  const stop = async () => {
    // Whoever is not done by then is cut off; the orchestrator would kill the process otherwise.
    setTimeout(() => server.server.closeAllConnections(), 10_000).unref();
    await server.close();
    console.log('closed');
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void stop());
}

main().catch((error) => {
  const isExpected = error instanceof GdwsError || error.constructor === Error || 'code' in error;
  console.error(isExpected ? `error: ${error.message}` : error);
  process.exitCode = 1;
});
