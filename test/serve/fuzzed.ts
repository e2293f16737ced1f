import { status } from '@grpc/grpc-js';
import { fuzzGrpc, fuzzHttp } from './fuzz';
import { MemoryRepository } from './memory-repository';
import { identities } from './models';
import { startServer } from './start-server';

/** A machine that stands still for long is not what is tried here: so, whatever is UNAVAILABLE was lost. */
const maxLag = 600_000;

/** Tests with so many requests over each protocol, nearly right: none is a fault of the server, and it serves on. */
export function fuzzTests(count: number, timeout?: number): void {
  const repository = new MemoryRepository();
  beforeAll(async () => {
    for (const type of ['float32', 'int64', 'bool'] as const)
      await repository.add(type, '1', identities([type], ['n']));
  });

  test(
    `${count} requests of HTTP that are nearly right`,
    async () => {
      const { http } = await startServer(repository, { maxLag });
      const statuses = await fuzzHttp(http, count, count);
      expect([...statuses.keys()].sort()).toEqual([200, 400]);
      expect(statuses.get(400)).toBeGreaterThan(count / 2);
      expect(statuses.get(200)).toBeGreaterThan(count / 100);
      expect((await fetch(`${http}/v2/health/ready`)).status).toBe(200);
    },
    timeout,
  );

  test(
    `${count} messages of gRPC that are nearly right`,
    async () => {
      const { grpc } = await startServer(repository, { grpcPort: 0, maxLag });
      const statuses = await fuzzGrpc(grpc!, count, count);
      const expected: number[] = [status.OK, status.INVALID_ARGUMENT, status.NOT_FOUND, status.PERMISSION_DENIED];
      expect([...statuses.keys()].filter((code) => !expected.includes(code))).toEqual([]);
      expect(statuses.get(status.INVALID_ARGUMENT)).toBeGreaterThan(count / 4);
    },
    timeout,
  );
}
