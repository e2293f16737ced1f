import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ServeOptions } from '../../src/serve/options';
import { GRPCInferenceService } from '../../src/serve/grpc/inference_pb';
import { compiledTree } from '../compiled-tree';
import { ended } from '../cli/ended';
import { GrpcClient } from './grpc-client';

// Servers in processes of their own, which are told to end.

const tree = compiledTree('src', 'test/serve');
const children: ChildProcessWithoutNullStreams[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));
afterAll(() => fs.rmSync(tree, { recursive: true }));

async function start(options: ServeOptions, milliseconds: number) {
  const child = spawn(process.execPath, [
    ...[path.join(tree, 'test/serve/child.js'), JSON.stringify({ logLevel: 'warn', ...options }), String(milliseconds)],
  ]);
  children.push(child);
  const end = ended(child);
  const [line] = (await once(child.stdout, 'data')) as [string];
  const { http, grpc } = JSON.parse(line) as { http: string; grpc: string };
  const outcome = async () => {
    const { code, stdout, stderr } = await end;
    const last = stdout.trim().split('\n').at(-1)!;
    return { code, stderr, ...(JSON.parse(last) as { isClean: boolean; isClosed: boolean; answered: number }) };
  };
  return { child, http, grpc, outcome };
}

const body = JSON.stringify({ inputs: [{ name: 'x_float32', shape: [2], datatype: 'FP32', data: [1, 2] }] });
const infer = async (http: string): Promise<string> => {
  const answer = await fetch(`${http}/v2/models/m/infer`, { method: 'POST', body });
  return `${answer.status} ${(await answer.text()).includes('"data":[1,2]')}`;
};
const inputs = [{ name: 'x_float32', datatype: 'FP32', shape: [2n], contents: { fp32Contents: [1, 2] } }];

test('SIGTERM under load: readiness fails first, every request is answered, exit code 0', async () => {
  const { child, http, grpc, outcome } = await start({ drainDelay: 3000 }, 5);
  const client = new GrpcClient(grpc);
  let isReady = true;
  const results: string[] = [];
  const load = async (ask: () => Promise<string>) => {
    // As a load balancer does it: no more requests once it is not ready.
    while (isReady) results.push(await ask().catch((error: Error) => `lost: ${error.message}`));
  };
  const byGrpc = async () => {
    const { outputs } = await client.call(GRPCInferenceService.method.modelInfer, { modelName: 'm', inputs });
    return `grpc ${outputs.length}`;
  };
  const loads = [...Array.from({ length: 8 }, () => load(() => infer(http))), load(byGrpc), load(byGrpc)];
  while (results.length < 50) await wait(5);
  child.kill('SIGTERM');
  const said = results.length;
  while ((await fetch(`${http}/v2/health/ready`)).status === 200) await wait(5);
  // It answers on while it says that it is not ready.
  expect(await infer(http)).toBe('200 true');
  isReady = false;
  await Promise.all(loads);
  client.close();
  expect(new Set(results)).toEqual(new Set(['200 true', 'grpc 1']));
  expect(results.length).toBeGreaterThan(said);
  const { stderr, ...end } = await outcome();
  expect(end).toEqual({ code: 0, isClean: true, isClosed: true, answered: results.length + 1 });
  expect(stderr).toBe('');
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: what has begun is answered, without any delay to drain',
  async (signal) => {
    const { child, http, grpc, outcome } = await start({}, 600);
    const client = new GrpcClient(grpc);
    const asked = [
      infer(http),
      client.call(GRPCInferenceService.method.modelInfer, { modelName: 'm', inputs }),
    ] as const;
    while (!(await (await fetch(`${http}/metrics`)).text()).includes('gdws_requests_waiting{model="m",version="1"} 2'))
      await wait(5);
    child.kill(signal);
    const [byHttp, byGrpc] = await Promise.all(asked);
    expect([byHttp, byGrpc.outputs.length]).toEqual(['200 true', 1]);
    client.close();
    expect(await outcome()).toMatchObject({ code: 0, isClean: true, isClosed: true, answered: 2 });
    await expect(fetch(http)).rejects.toThrow();
  },
);

test('what does not end in time is cut off, and the exit code says so', async () => {
  const { child, http, outcome } = await start({ grace: 300 }, 60_000);
  const lost = infer(http).then(
    (answer) => answer,
    () => 'cut off',
  );
  while (!(await (await fetch(`${http}/metrics`)).text()).includes('gdws_requests_waiting{model="m",version="1"} 1'))
    await wait(5);
  child.kill('SIGTERM');
  expect(await outcome()).toMatchObject({ code: 1, isClean: false, isClosed: true, answered: 0 });
  expect(await lost).toBe('cut off');
});

test('a second signal ends the process at once', async () => {
  const { child, http } = await start({}, 60_000);
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
  void infer(http).catch(() => undefined);
  while (!(await (await fetch(`${http}/metrics`)).text()).includes('gdws_requests_waiting{model="m",version="1"} 1'))
    await wait(5);
  child.kill('SIGTERM');
  // Once it has heard the first, it is not ready.
  while ((await fetch(`${http}/v2/health/ready`).catch(() => undefined))?.status === 200) await wait(5);
  child.kill('SIGTERM');
  expect(await exit).toEqual([143, null]);
});
