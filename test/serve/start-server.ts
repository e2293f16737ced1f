import { serve, type Server } from '../../src/serve/server';
import type { ServeOptions } from '../../src/serve/options';
import type { ModelRepository } from '../../src/serve/models/model-repository';

const started: Server[] = [];
afterAll(async () => {
  for (const server of started) await server.close();
});

/** A server at free ports of this machine, silent, closed after the tests of the file. */
export async function startServer(repository: ModelRepository, options: ServeOptions = {}): Promise<Server> {
  const server = await serve(repository, { httpPort: 0, grpcPort: -1, logLevel: 'silent', grace: 5000, ...options });
  started.push(server);
  return server;
}
