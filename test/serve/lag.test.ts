import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { GRPCInferenceService } from '../../src/serve/grpc/inference_pb';
import type { ServeOptions } from '../../src/serve/options';
import { GrpcClient, statusOf } from './grpc-client';
import { MemoryRepository } from './memory-repository';
import { startServer } from './start-server';

// An event loop that stands still, as where the machine has other work: what is answered after.

/** Stands still three times, so that no time is measured in between. */
async function standStill(milliseconds: number): Promise<void> {
  for (let times = 0; times < 3; times++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    await turn();
  }
}

/** Statuses of HTTP and gRPC. */
async function askedAfter(
  milliseconds: number,
  options: ServeOptions,
): Promise<() => Promise<(number | null | string)[]>> {
  const { http, grpc } = await startServer(new MemoryRepository(), { grpcPort: 0, ...options });
  const client = new GrpcClient(grpc!);
  const ask = async () => {
    const [byHttp, byGrpc] = await Promise.all([
      fetch(`${http}/v2`),
      statusOf(client.call(GRPCInferenceService.method.serverLive, {})),
    ]);
    await byHttp.text();
    return [byHttp.status, byHttp.headers.get('retry-after'), byGrpc[0]];
  };
  expect(await ask()).toEqual([200, null, status.OK]);
  await standStill(milliseconds);
  return ask;
}

test('a second is no reason to turn requests away', async () => {
  const ask = await askedAfter(1100, {});
  expect(await ask()).toEqual([200, null, status.OK]);
});

test('after a longer lag than it may have, requests are turned away for a while', async () => {
  const ask = await askedAfter(1300, { maxLag: 1000 });
  expect(await ask()).toEqual([503, '1', status.UNAVAILABLE]);
  await wait(2500);
  expect(await ask()).toEqual([200, null, status.OK]);
});
