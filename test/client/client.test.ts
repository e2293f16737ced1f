import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import sharp from 'sharp';
import { InferenceClient, Tensor, type ClientOptions } from '../../src/client';
import type { Server } from '../../src/serve/server';
import { newToken } from '../../src/serve/tokens';
import { classifier } from '../cli/small-classifier';
import { compiledTree } from '../compiled-tree';
import { temporaryFolder } from '../onnx/temporary-folder';
import { MemoryRepository } from '../serve/memory-repository';
import { identities, numberTypes } from '../serve/models';
import { startServer } from '../serve/start-server';

const folder = temporaryFolder();
const repository = new MemoryRepository();
const types = [...numberTypes, 'float16'] as const;
let server: Server;
beforeAll(async () => {
  await repository.add('all', '1', identities(types, ['n']));
  await repository.add('m', '1', identities(['float32'], ['n']));
  await repository.add('m', '2', identities(['float32'], ['n']));
  await repository.add('cats', '1', classifier(), { recipe: {}, labels: ['a', 'b', 'c', 'd'] });
  server = await startServer(repository, { control: true });
});

/** Tensors with the limits of each type. */
const inputs: Record<string, Tensor> = {
  x_bool: new Tensor('bool', Uint8Array.of(1, 0), [2]),
  x_uint8: new Tensor('uint8', Uint8Array.of(255, 0), [2]),
  x_uint16: new Tensor('uint16', Uint16Array.of(65535, 0), [2]),
  x_uint32: new Tensor('uint32', Uint32Array.of(4294967295, 0), [2]),
  x_uint64: new Tensor('uint64', BigUint64Array.of(18446744073709551615n, 9007199254740993n), [2]),
  x_int8: new Tensor('int8', Int8Array.of(-128, 127), [2]),
  x_int16: new Tensor('int16', Int16Array.of(-32768, 32767), [2]),
  x_int32: new Tensor('int32', Int32Array.of(-2147483648, 2147483647), [2]),
  x_int64: new Tensor('int64', BigInt64Array.of(-9223372036854775808n, 9007199254740993n), [2]),
  x_float16: new Tensor('float16', Uint16Array.of(0x3800, 0xfc00), [2]),
  x_float32: new Tensor('float32', Float32Array.of(NaN, 0.1), [2]),
  x_float64: new Tensor('float64', Float64Array.of(0.5, -Infinity), [2]),
};

describe('of a server of gdws', () => {
  test.each([true, false])('every type comes back exactly; binary: %s', async (binary) => {
    const client = new InferenceClient(server.http, { binary });
    const { model, version, id, outputs } = await client.infer('all', inputs, { id: 'seven' });
    expect([model, version, id]).toEqual(['all', '1', 'seven']);
    expect(Object.keys(outputs)).toEqual(types.map((type) => `y_${type}`));
    for (const type of types) {
      const [given, got] = [inputs[`x_${type}`]!, outputs[`y_${type}`]!];
      expect([got.type, got.dims, got.data]).toEqual([type, [2], given.data]);
    }
  });

  test('health, metadata, statistics, repository', async () => {
    const client = new InferenceClient(`${server.http}/`);
    expect([await client.isLive(), await client.isReady(), await client.isModelReady('m', { version: '1' })]).toEqual([
      true,
      true,
      true,
    ]);
    expect((await client.serverMetadata()).name).toBe('gdws');
    expect(await client.modelMetadata('m', { version: '2' })).toMatchObject({ versions: ['1', '2'] });
    expect((await client.statistics('m')).map(({ version }) => version)).toEqual(['1', '2']);
    expect(await client.statistics()).toHaveLength(4);
    await client.unload('m');
    expect(await client.isModelReady('m')).toBe(false);
    expect((await client.repositoryIndex()).filter(({ state }) => state === 'UNAVAILABLE')).toHaveLength(2);
    await client.load('m');
    expect(await client.isModelReady('m')).toBe(true);
  });

  test('options of a request', async () => {
    const client = new InferenceClient(server.http);
    const x_float32 = new Tensor('float32', Float32Array.of(1), [1]);
    const options = { version: '1', outputs: ['y_float32'], queueTimeout: 1500.5, priority: 'high' as const };
    expect((await client.infer('m', { x_float32 }, options)).version).toBe('1');
    const { model } = repository.models.get('m/1')!;
    expect(model.asked.at(-1)).toMatchObject({ fetches: ['y_float32'], timeout: 1500.5, priority: 'high' });
  });

  test('a picture', async () => {
    const picture = await sharp({ create: { width: 9, height: 7, channels: 3, background: 'teal' } })
      .png()
      .toBuffer();
    const client = new InferenceClient(server.http);
    const { model_name, classes } = await client.classify('cats', picture, { top: 2 });
    expect([model_name, classes.length]).toEqual(['cats', 2]);
    expect(classes[0]!.probability).toBeGreaterThanOrEqual(classes[1]!.probability);
    expect(['a', 'b', 'c', 'd']).toContain(classes[0]!.label);
    await expect(client.classify('cats', Buffer.from('x'))).rejects.toMatchObject({ status: 400 });
  });

  test('errors', async () => {
    const client = new InferenceClient(server.http);
    const missing = client.infer('none', inputs);
    await expect(missing).rejects.toMatchObject({ name: 'GdwsError', code: 'SERVER_REFUSED', status: 404 });
    await expect(client.infer('m', {})).rejects.toMatchObject({
      status: 400,
      said: expect.stringContaining('x_float32') as string,
    });
    await expect(client.modelMetadata('../m')).rejects.toMatchObject({ status: 404 });
    const text = new Tensor('string', ['a'], [1]);
    await expect(client.infer('m', { x_float32: text })).rejects.toMatchObject({ code: 'TYPE_MISMATCH' });
    await expect(client.infer('m', {}, { versoin: '1' } as never)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    for (const address of ['', 'x', 'ftp://127.0.0.1', 'localhost:8000']) {
      expect(() => new InferenceClient(address)).toThrow(
        expect.objectContaining({ code: 'ARGUMENT_INVALID' }) as Error,
      );
    }
  });

  test('a token', async () => {
    const { token, line } = newToken('client');
    const tokenFile = folder.file('tokens.txt');
    fs.writeFileSync(tokenFile, line);
    const { http: address } = await startServer(repository, { tokenFile });
    await expect(new InferenceClient(address).serverMetadata()).rejects.toMatchObject({ status: 401 });
    expect(await new InferenceClient(address, { token }).serverMetadata()).toMatchObject({ name: 'gdws' });
  });
});

describe('of a server that is busy, slow or strange', () => {
  const servers: http.Server[] = [];
  afterAll(() => servers.forEach((one) => (one.closeAllConnections(), one.close())));

  /** A server of these answers, one after the other, and how often it was asked. */
  async function scripted(
    answers: readonly ((answer: http.ServerResponse, request: http.IncomingMessage) => void)[],
    options: ClientOptions = {},
  ) {
    const state = { asked: 0 };
    const one = http.createServer((request, answer) => {
      request.resume();
      answers[Math.min(state.asked++, answers.length - 1)]!(answer, request);
    });
    servers.push(one);
    await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
    const { port } = one.address() as AddressInfo;
    return { client: new InferenceClient(`http://127.0.0.1:${port}`, options), state, one };
  }
  const says =
    (status: number, body: string, headers: Record<string, string> = {}) =>
    (answer: http.ServerResponse) =>
      void answer.writeHead(status, headers).end(body);
  const busy = says(503, '{"error":"busy"}', { 'retry-after': '0' });
  const fine = says(200, '{"name":"x","version":"1","extensions":[]}');

  test('it is asked again, as often as it may be', async () => {
    const { client, state } = await scripted([busy, busy, fine]);
    expect(await client.serverMetadata()).toMatchObject({ name: 'x' });
    expect(state.asked).toBe(3);
    const never = await scripted([busy], { retries: 2 });
    await expect(never.client.serverMetadata()).rejects.toMatchObject({ status: 503, said: 'busy', retryAfter: 0 });
    expect(never.state.asked).toBe(3);
  });

  test('it is not asked again for other errors', async () => {
    for (const status of [400, 401, 404, 413, 429, 500, 504]) {
      const { client, state } = await scripted([says(status, '{"error":"no"}')]);
      await expect(client.serverMetadata()).rejects.toMatchObject({
        ...{ status, said: 'no', code: status === 504 ? 'DEADLINE_EXCEEDED' : 'SERVER_REFUSED' },
      });
      expect(state.asked).toBe(1);
    }
  });

  test('Retry-After is waited for, within limits', async () => {
    const later = says(503, '{"error":"busy"}', { 'retry-after': '86400' });
    const { client, state } = await scripted([later, fine], { longestWait: 20 });
    expect(await client.serverMetadata()).toMatchObject({ name: 'x' });
    expect(state.asked).toBe(2);
    // The wait is longer than the time there is: the answer says more than that it is over.
    const slow = await scripted([later, fine]);
    await expect(slow.client.serverMetadata({ timeout: 50 })).rejects.toMatchObject({ status: 503, retryAfter: 86400 });
    expect(slow.state.asked).toBe(1);
  });

  test('time, and signals', async () => {
    const { client } = await scripted([() => undefined]);
    await expect(client.serverMetadata({ timeout: 30 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await expect(client.serverMetadata({ signal: AbortSignal.timeout(30) })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(client.serverMetadata({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    const waiting = await scripted([says(503, '', { 'retry-after': '9' })]);
    await expect(waiting.client.serverMetadata({ signal: AbortSignal.timeout(30) })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  test('connections that break', async () => {
    const { client, one } = await scripted([(answer) => answer.destroy()]);
    await expect(client.serverMetadata()).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    one.closeAllConnections();
    await new Promise((resolve) => one.close(resolve));
    await expect(client.serverMetadata()).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });

  test('a redirection is not followed: the token is for this server', async () => {
    const other = await scripted([fine]);
    const address = (other.one.address() as AddressInfo).port;
    const { client } = await scripted([says(302, '', { location: `http://127.0.0.1:${address}/v2` })], { token: 'x' });
    await expect(client.serverMetadata()).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    expect(other.state.asked).toBe(0);
  });

  test.each([
    '',
    'x',
    '{}',
    '{"outputs":1}',
    '{"outputs":[1]}',
    '{"outputs":[{"name":"y","datatype":"FP32","shape":[2],"data":[1]}]}',
    '{"outputs":[{"name":"y","datatype":"BYTES","shape":[1],"data":["x"]}]}',
    '{"outputs":[{"name":"y","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}}]}',
  ])('answers of infer that are none: %j', async (body) => {
    const { client } = await scripted([says(200, body)]);
    await expect(client.infer('m', {})).rejects.toMatchObject({ code: 'SERVER_REFUSED' });
  });
});

test('it loads neither the addon nor any package but onnxruntime-common', () => {
  const tree = compiledTree('src');
  try {
    const script = `
      process.dlopen = () => { throw new Error('an addon was loaded'); };
      require(${JSON.stringify(path.join(tree, 'src/client/index.js'))});
      const packages = Object.keys(require.cache).map((file) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1]);
      console.log(JSON.stringify([...new Set(packages.filter(Boolean))]));`;
    const printed = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual(['onnxruntime-common']);
  } finally {
    fs.rmSync(tree, { recursive: true });
  }
});
