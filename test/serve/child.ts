import { setTimeout as wait } from 'node:timers/promises';
import { serve } from '../../src/serve/server';
import { closedBySignal } from '../../src/serve/signals';
import { MemoryRepository } from './memory-repository';
import { identities } from './models';

// A server in a process of its own: node child.js <options as JSON> <milliseconds of a request>

async function main(): Promise<void> {
  const [options, milliseconds] = process.argv.slice(2) as [string, string];
  const repository = new MemoryRepository();
  const model = await repository.add('m', '1', identities(['float32'], ['n']));
  Object.defineProperty(model, 'hold', { get: () => wait(Number(milliseconds)) });
  const server = await serve(repository, { httpPort: 0, grpcPort: 0, ...(JSON.parse(options) as object) });
  console.log(JSON.stringify({ http: server.http, grpc: server.grpc }));
  const isClean = await closedBySignal(server);
  console.log(JSON.stringify({ isClean, isClosed: repository.isClosed, answered: model.statistics().answered }));
  if (!isClean) process.exit(1);
}

void main();
