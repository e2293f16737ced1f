import fs from 'node:fs';
import sharp from 'sharp';
import { Tensor } from '../../src';
import { InferenceClient } from '../../src/client';
import * as classify from '../../src/serve/classify';
import * as pb from '../../src/serve/grpc/inference_pb';
import type { ModelRepository } from '../../src/serve/models/model-repository';
import type { ServeOptions } from '../../src/serve/options';
import type { Server } from '../../src/serve/server';
import { classifier } from '../cli/small-classifier';
import { GrpcClient } from './grpc-client';
import { ModelsFolder, multiplying, statesOf, until } from './models/models-folder';
import { startServer } from './start-server';

jest.mock('../../src/serve/classify', () => {
  const actual = jest.requireActual<typeof classify>('../../src/serve/classify');
  return { ...actual, readPicture: jest.fn(actual.readPicture) };
});

// Folder, gathered requests, server and clients together.

const { method } = pb.GRPCInferenceService;
let models: ModelsFolder;
let repository: ModelRepository;
let server: Server;
let grpc: GrpcClient;
beforeEach(() => (models = new ModelsFolder()));
afterEach(async () => {
  grpc.close();
  await server.close();
  await models.remove();
});

async function start(options: ServeOptions = {}, grace = 50): Promise<void> {
  repository = await models.open({ grace });
  server = await startServer(repository, { grpcPort: 0, ...options });
  grpc = new GrpcClient(server.grpc!);
}

/** What one way of asking gives for rows of numbers. */
interface Given {
  readonly version: string | undefined;
  readonly dims: readonly number[];
  readonly numbers: Float32Array;
}

/** Ways of asking `m` for rows of x; clients do not ask again. */
function waysOfAsking(): ((x: Tensor) => Promise<Given>)[] {
  const overHttp = (binary: boolean) => {
    const client = new InferenceClient(server.http, { binary, retries: 0 });
    return async (x: Tensor): Promise<Given> => {
      const { version, outputs } = await client.infer('m', { x });
      return { version, dims: outputs.y!.dims, numbers: outputs.y!.data as Float32Array };
    };
  };
  const overGrpc = (isRaw: boolean) => async (x: Tensor) => {
    const numbers = x.data as Float32Array;
    const head = { name: 'x', datatype: 'FP32', shape: x.dims.map(BigInt) };
    const { modelVersion, outputs, rawOutputContents } = await grpc.call(method.modelInfer, {
      modelName: 'm',
      inputs: [isRaw ? head : { ...head, contents: { fp32Contents: [...numbers] } }],
      ...(isRaw && { rawInputContents: [new Uint8Array(numbers.buffer)] }),
    });
    // The bytes are part of a larger buffer.
    const { buffer } = Uint8Array.from(rawOutputContents[0]!);
    return { version: modelVersion, dims: outputs[0]!.shape.map(Number), numbers: new Float32Array(buffer) };
  };
  return [overHttp(true), overHttp(false), overGrpc(true), overGrpc(false)];
}

/** Many clients, each with numbers of its own. */
class Clients {
  answered = 0;
  rows = 0;
  readonly faults: string[] = [];
  readonly factors = new Set<string>();
  private isOver = false;

  /** Each asks so often, or until all are stopped. */
  async ask(clients: number, times = Infinity): Promise<void> {
    const ways = waysOfAsking();
    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        for (let turn = 0; turn < times && !this.isOver; turn++) {
          await this.askOnce(ways[client % ways.length]!, 1 + client + clients * turn, 1 + ((client + turn) % 3));
        }
      }),
    );
  }

  stop(): void {
    this.isOver = true;
  }

  private async askOnce(ask: (x: Tensor) => Promise<Given>, number: number, rows: number): Promise<void> {
    // Each element says whose it is; products by small integers are exact.
    const asked = Float32Array.from({ length: 2 * rows }, (_, at) => 8 * number + at);
    try {
      const { version, dims, numbers } = await ask(new Tensor('float32', asked.slice(), [rows, 2]));
      const factor = numbers[0]! / asked[0]!;
      const isOwn = dims.join() === `${rows},2` && asked.every((one, at) => numbers[at] === factor * one);
      if (!isOwn) this.faults.push(`${number}: ${version} gave ${[...numbers].join()}`);
      this.factors.add(`${version}: ${factor}`);
      this.answered++;
      this.rows += rows;
    } catch (error) {
      this.faults.push(`${number}: ${(error as Error).message}`);
    }
  }
}

async function metrics(): Promise<Map<string, number>> {
  const lines = (await (await fetch(`${server.http}/metrics`)).text()).split('\n');
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

test('each of 64 clients gets its own rows, runs are gathered, and all of it is counted', async () => {
  models.write('m/1/model.onnx', multiplying(3));
  await start({ tritonMetrics: true });
  const clients = new Clients();
  await clients.ask(64, 6);
  expect(clients.faults).toEqual([]);
  expect([...clients.factors]).toEqual(['1: 3']);

  const [one] = await new InferenceClient(server.http).statistics('m');
  const { inference_stats: stats, batch_stats: runs } = one!;
  expect([stats.success.count, stats.fail.count, one!.inference_count]).toEqual([384, 0, clients.rows]);
  expect(runs.reduce((sum, run) => sum + run.batch_size * run.compute_infer.count, 0)).toBe(clients.rows);
  expect(runs.reduce((sum, run) => sum + run.compute_infer.count, 0)).toBe(one!.execution_count);
  expect(one!.execution_count).toBeLessThan(384 / 2);
  expect(Math.max(...runs.map((run) => run.batch_size))).toBeGreaterThan(8);
  expect(Math.max(...runs.map((run) => run.batch_size))).toBeLessThanOrEqual(16);
  const values = await metrics();
  const labels = 'model="m",version="1"';
  expect(values.get(`gdws_requests_total{${labels},outcome="ok"}`)).toBe(384);
  expect(values.get(`gdws_run_rows_count{${labels}}`)).toBe(384);
  expect(values.get(`gdws_run_rows_sum{${labels}}`)).toBeGreaterThan(2 * clients.rows);
  expect(values.get(`nv_inference_count{${labels}}`)).toBe(clients.rows);
  expect(values.get(`nv_inference_exec_count{${labels}}`)).toBe(one!.execution_count);
  const over = await grpc.call(method.modelStatistics, { name: 'm' });
  expect(over.modelStats[0]).toMatchObject({ inferenceCount: BigInt(clients.rows) });
});

test('messages of one stream are rows of the same runs, each with its own answer', async () => {
  models.write('m/1/model.onnx', multiplying(3));
  await start();
  const stream = grpc.stream(method.modelStreamInfer);
  const said: number[] = [];
  stream.on('data', ({ inferResponse }: pb.ModelStreamInferResponse) => {
    const { buffer } = Uint8Array.from(inferResponse!.rawOutputContents[0]!);
    said.push(...new Float32Array(buffer));
  });
  const ended = new Promise<void>((resolve, reject) => stream.on('end', resolve).on('error', reject));
  const numbers = Array.from({ length: 128 }, (_, number) => number);
  for (const number of numbers) {
    const contents = { fp32Contents: [number, -number] };
    stream.write({ modelName: 'm', inputs: [{ name: 'x', datatype: 'FP32', shape: [1n, 2n], contents }] });
  }
  stream.end();
  await ended;
  expect(said).toEqual(numbers.flatMap((number) => [3 * number, -3 * number]));
  const [one] = await new InferenceClient(server.http).statistics('m');
  expect(one!.execution_count).toBeLessThan(128 / 2);
  expect(Math.max(...one!.batch_stats.map(({ batch_size: rows }) => rows))).toBeGreaterThan(4);
});

test('the configuration has the rows of a batch apart', async () => {
  models.write('m.2/1/model.onnx', multiplying(3));
  models.write('m.2/config.json', { maxBatch: 5 });
  models.write('alone/1/model.onnx', multiplying(3));
  models.write('alone/config.json', { maxBatch: 1 });
  await start();
  const of = async (name: string): Promise<unknown> => (await fetch(`${server.http}/v2/models/${name}/config`)).json();
  const dims = (shape: number[]) => [expect.objectContaining({ dims: shape }) as unknown];
  expect(await of('m.2')).toMatchObject({ name: 'm.2', max_batch_size: 5, input: dims([2]), output: dims([2]) });
  expect(await of('alone')).toMatchObject({ max_batch_size: 0, input: dims([-1, 2]), output: dims([-1, 2]) });
});

test('versions that come, are replaced or are broken lose no request, and mix no answers', async () => {
  models.write('m/1/model.onnx', multiplying(2));
  models.write('m/config.json', { maxQueue: 64 });
  await start();
  const clients = new Clients();
  const asking = clients.ask(64);
  const hasSeen = (factor: string) => until(() => clients.factors.has(factor));
  await hasSeen('1: 2');
  models.write('m/1/model.onnx', multiplying(3));
  await hasSeen('1: 3');
  models.write('m/2/model.onnx', multiplying(5));
  await hasSeen('2: 5');
  models.write('m/3/model.onnx', 'nonsense');
  await until(() => statesOf(repository).includes('m/3 UNAVAILABLE'));
  fs.rmSync(models.file('m/1'), { recursive: true });
  models.write('m/3/model.onnx', multiplying(11));
  await hasSeen('3: 11');
  const before = clients.answered;
  await until(() => clients.answered > before + 100);
  clients.stop();
  await asking;
  expect(clients.faults).toEqual([]);
  expect([...clients.factors].sort()).toEqual(['1: 2', '1: 3', '2: 5', '3: 11']);
});

test('statistics go on where files are replaced, or a model is unloaded and loaded again', async () => {
  models.write('m/1/model.onnx', multiplying(2));
  await start({ tritonMetrics: true }, 0);
  const labels = 'model="m",version="1"';
  const client = new InferenceClient(server.http, { retries: 0 });
  let asked = 0;
  const expectCounted = async () => {
    const [one] = await client.statistics('m');
    const { success, compute_infer: run } = one!.inference_stats;
    const counts = [success.count, one!.inference_count, one!.execution_count, run.count];
    expect(counts).toEqual([asked, asked, asked, asked]);
    expect(one!.batch_stats.map(({ batch_size, compute_infer }) => [batch_size, compute_infer.count])).toEqual([
      [1, asked],
    ]);
    const values = await metrics();
    for (const name of ['request_success', 'count', 'exec_count']) {
      expect(values.get(`nv_inference_${name}{${labels}}`)).toBe(asked);
    }
    expect(values.get(`gdws_requests_total{${labels},outcome="ok"}`)).toBe(asked);
  };
  const ask = async (times: number) => {
    for (let time = 0; time < times; time++, asked++) {
      await client.infer('m', { x: new Tensor('float32', Float32Array.of(1, 2), [1, 2]) });
    }
  };
  await ask(4);
  await expectCounted();
  await ask(1);
  const before = repository.find('m').batched;
  models.write('m/1/model.onnx', multiplying(3));
  await until(() => repository.find('m').batched !== before);
  await ask(2);
  await expectCounted();
  fs.rmSync(models.file('m'), { recursive: true });
  await until(() => statesOf(repository).length === 0);
  models.write('m/1/model.onnx', multiplying(5));
  await until(() => statesOf(repository).join() === 'm/1 READY');
  await expectCounted();
  await ask(1);
  await expectCounted();
});

test('pictures that wait or are read while a version retires have the classes of the one that took its place', async () => {
  const config = { preprocessing: { mean: [0, 0, 0], std: [1, 1, 1] } };
  models.write('m/1/model.onnx', classifier({ bias: [100, 0, 0, 0] }));
  models.write('m/config.json', config);
  await start({}, 0);
  const picture = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const client = new InferenceClient(server.http, { retries: 0 });
  const { readPicture: read } = jest.requireActual<typeof classify>('../../src/serve/classify');
  const reading = jest.mocked(classify.readPicture);
  reading.mockClear();
  for (let times = 0; times < 2; times++) {
    reading.mockImplementationOnce(async (...args) => {
      const feeds = await read(...args);
      // It took so long that the version which was found is no more.
      await until(() => statesOf(repository).join() === 'm/1 UNAVAILABLE,m/2 READY');
      return feeds;
    });
  }
  const asked = Promise.all(Array.from({ length: 5 }, () => client.classify('m', picture, { top: 1 })));
  await until(() => reading.mock.calls.length === 2);
  models.write('m/2/model.onnx', classifier({ bias: [0, 0, 100, 0] }));
  const seen = (await asked).map(({ model_version: version, classes }) => `${version}: ${classes[0]!.index}`);
  expect(seen).toEqual(Array.from({ length: 5 }, () => '2: 2'));
  // Two were read again; others waited, and were read for the version that they found then.
  expect(reading).toHaveBeenCalledTimes(7);
  // Each is one request, with one outcome.
  const counted = [...(await metrics())].filter(([name]) => name.startsWith('gdws_requests_total'));
  expect(counted).toEqual([['gdws_requests_total{model="m",version="2",outcome="ok"}', 5]]);
});

test('labels of other classes are a fault of the server, and not of who sends a picture', async () => {
  models.write('m/1/model.onnx', classifier());
  models.write('m/labels.txt', 'cat\ndog');
  models.write('m/config.json', { preprocessing: { size: 8 } });
  await start();
  const picture = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const client = new InferenceClient(server.http, { retries: 0 });
  await expect(client.classify('m', picture)).rejects.toMatchObject({ status: 500 });
  models.write('m/labels.txt', 'cat\ndog\nbird\nfish');
  await until(() => repository.find('m').labels?.length === 4);
  expect((await client.classify('m', picture)).classes).toHaveLength(4);
});

test('clients may wait for years', async () => {
  models.write('m/1/model.onnx', multiplying(3));
  await start();
  const year = 365 * 86_400_000;
  const x = new Tensor('float32', Float32Array.of(1, 2), [1, 2]);
  const client = new InferenceClient(server.http);
  expect((await client.infer('m', { x }, { queueTimeout: year })).outputs.y!.data).toEqual(Float32Array.of(3, 6));
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1n, 2n], contents: { fp32Contents: [1, 2] } }];
  const call = grpc.call(method.modelInfer, { modelName: 'm', inputs }, { deadline: Date.now() + year });
  expect((await call).modelName).toBe('m');
  expect(() => new InferenceClient(server.http, { timeout: year })).toThrow('timeout');
});
