import { once } from 'node:events';
import fs from 'node:fs';
import http2 from 'node:http2';
import net from 'node:net';
import { credentials, status } from '@grpc/grpc-js';
import { GdwsError } from '../../src';
import { Health, HealthCheckResponse_ServingStatus as Serving } from '../../src/serve/grpc/health_pb';
import * as pb from '../../src/serve/grpc/inference_pb';
import type { Server } from '../../src/serve/server';
import { newToken } from '../../src/serve/tokens';
import { temporaryFolder } from '../onnx/temporary-folder';
import { makeCertificates } from './certificates';
import { GrpcClient, statusOf } from './grpc-client';
import { MemoryRepository, type PlainModel } from './memory-repository';
import { identities, numberTypes } from './models';
import { startServer } from './start-server';

const { method } = pb.GRPCInferenceService;
const folder = temporaryFolder();
const repository = new MemoryRepository();
const clients: GrpcClient[] = [];
let server: Server;
let client: GrpcClient;
let m: PlainModel;

function connect(...args: ConstructorParameters<typeof GrpcClient>): GrpcClient {
  const made = new GrpcClient(...args);
  clients.push(made);
  return made;
}

beforeAll(async () => {
  await repository.add('m', '1', identities(['float32', 'int16'], ['n']));
  m = await repository.add('m', '2', identities(['float32', 'int16'], ['n']));
  await repository.add('all', '1', identities(numberTypes, ['n']));
  await repository.add('halves', '1', identities(['float16', 'bfloat16'], ['n']));
  await repository.add('gone', '1', identities(['float32']));
  await repository.unload('gone');
  server = await startServer(repository, { grpcPort: 0, control: true, bodyLimit: 1_000_000 });
  client = connect(server.grpc!);
});
afterAll(() => clients.forEach((one) => one.close()));

const typed = [
  { name: 'x_float32', datatype: 'FP32', shape: [2n], contents: { fp32Contents: [0.5, -2] } },
  { name: 'x_int16', datatype: 'INT16', shape: [2n], contents: { intContents: [-32768, 7] } },
];
const raw = typed.map(({ name, datatype, shape }) => ({ name, datatype, shape }));
const rawInputContents = [Float32Array.of(0.5, -2), Int16Array.of(-32768, 7)].map(
  (data) => new Uint8Array(data.buffer),
);

test('server', async () => {
  expect(await client.call(method.serverLive, {})).toMatchObject({ live: true });
  expect(await client.call(method.serverReady, {})).toMatchObject({ ready: true });
  const { name, version, extensions } = await client.call(method.serverMetadata, {});
  expect([name, version]).toEqual(['gdws', expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
  expect(extensions).toContain('binary_tensor_data');
});

test('model', async () => {
  expect(await client.call(method.modelReady, { name: 'm' })).toMatchObject({ ready: true });
  expect(await client.call(method.modelReady, { name: 'gone' })).toMatchObject({ ready: false });
  expect(await client.call(method.modelMetadata, { name: 'm', version: '1' })).toMatchObject({
    ...{ name: 'm', versions: ['1', '2'], platform: 'gdws_onnx' },
    inputs: [
      { name: 'x_float32', datatype: 'FP32', shape: [-1n] },
      { name: 'x_int16', datatype: 'INT16', shape: [-1n] },
    ],
    outputs: [
      { name: 'y_float32', datatype: 'FP32', shape: [-1n] },
      { name: 'y_int16', datatype: 'INT16', shape: [-1n] },
    ],
  });
  const { config } = await client.call(method.modelConfig, { name: 'halves' });
  expect(config).toMatchObject({
    ...{ name: 'halves', platform: 'gdws_onnx', backend: 'gdws', maxBatchSize: 0 },
    input: [
      { name: 'x_float16', dataType: pb.DataType.TYPE_FP16, dims: [-1n] },
      { name: 'x_bfloat16', dataType: pb.DataType.TYPE_BF16, dims: [-1n] },
    ],
  });
});

test('infer with typed contents, and with raw ones', async () => {
  for (const given of [{ inputs: typed }, { inputs: raw, rawInputContents }]) {
    const answer = await client.call(method.modelInfer, { modelName: 'm', id: 'seven', ...given });
    expect(answer).toMatchObject({
      ...{ modelName: 'm', modelVersion: '2', id: 'seven' },
      outputs: [
        { name: 'y_float32', datatype: 'FP32', shape: [2n] },
        { name: 'y_int16', datatype: 'INT16', shape: [2n] },
      ],
    });
    expect(answer.rawOutputContents.map((bytes) => [...bytes])).toEqual(rawInputContents.map((bytes) => [...bytes]));
  }
  const outputs = [{ name: 'y_int16' }];
  const one = await client.call(method.modelInfer, { modelName: 'm', modelVersion: '1', inputs: typed, outputs });
  expect([one.modelVersion, one.outputs.map(({ name }) => name)]).toEqual(['1', ['y_int16']]);
});

test('every datatype with contents, to its limits', async () => {
  const tensor = (datatype: string, type: string, contents: object) => ({
    ...{ name: `x_${type}`, datatype, shape: [2n], contents },
  });
  const inputs = [
    tensor('BOOL', 'bool', { boolContents: [true, false] }),
    tensor('UINT8', 'uint8', { uintContents: [255, 0] }),
    tensor('UINT16', 'uint16', { uintContents: [65535, 0] }),
    tensor('UINT32', 'uint32', { uintContents: [4294967295, 0] }),
    tensor('UINT64', 'uint64', { uint64Contents: [18446744073709551615n, 9007199254740993n] }),
    tensor('INT8', 'int8', { intContents: [-128, 127] }),
    tensor('INT16', 'int16', { intContents: [-32768, 32767] }),
    tensor('INT32', 'int32', { intContents: [-2147483648, 2147483647] }),
    tensor('INT64', 'int64', { int64Contents: [-9223372036854775808n, 9007199254740993n] }),
    tensor('FP32', 'float32', { fp32Contents: [NaN, -Infinity] }),
    tensor('FP64', 'float64', { fp64Contents: [0.5, Infinity] }),
  ];
  const { rawOutputContents, outputs } = await client.call(method.modelInfer, { modelName: 'all', inputs });
  expect(outputs.map(({ datatype }) => datatype)).toEqual(inputs.map(({ datatype }) => datatype));
  const wanted = [
    ...[Uint8Array.of(1, 0), Uint8Array.of(255, 0), Uint16Array.of(65535, 0), Uint32Array.of(4294967295, 0)],
    ...[BigUint64Array.of(18446744073709551615n, 9007199254740993n), Int8Array.of(-128, 127)],
    ...[Int16Array.of(-32768, 32767), Int32Array.of(-2147483648, 2147483647)],
    ...[BigInt64Array.of(-9223372036854775808n, 9007199254740993n), Float32Array.of(NaN, -Infinity)],
    Float64Array.of(0.5, Infinity),
  ];
  expect(rawOutputContents.map((bytes) => [...bytes])).toEqual(wanted.map(({ buffer }) => [...new Uint8Array(buffer)]));
});

test('halves are raw', async () => {
  const inputs = ['FP16', 'BF16'].map((datatype, at) => ({
    ...{ name: ['x_float16', 'x_bfloat16'][at]!, datatype, shape: [1n] },
  }));
  const bits = [Uint8Array.of(0, 0x38), Uint8Array.of(0, 0x3f)];
  const given = { modelName: 'halves', inputs, rawInputContents: bits };
  const { rawOutputContents } = await client.call(method.modelInfer, given);
  expect(rawOutputContents.map((bytes) => [...bytes])).toEqual(bits.map((bytes) => [...bytes]));
  const contents = { fp32Contents: [0.5] };
  const [code, details] = await statusOf(
    client.call(method.modelInfer, { modelName: 'halves', inputs: inputs.map((one) => ({ ...one, contents })) }),
  );
  expect([code, details]).toEqual([status.INVALID_ARGUMENT, expect.stringContaining('raw_input_contents')]);
});

const changed = (at: number, change: object) => typed.map((one, index) => (index === at ? { ...one, ...change } : one));
test.each([
  ['no input', { inputs: [] }],
  ['an unknown input', { inputs: changed(0, { name: 'x' }) }],
  ['an unknown output', { inputs: typed, outputs: [{ name: 'z' }] }],
  ['an unknown datatype', { inputs: changed(0, { datatype: 'FP31' }) }],
  ['strings', { inputs: changed(0, { datatype: 'BYTES', contents: { bytesContents: [new Uint8Array(1)] } }) }],
  ['another shape', { inputs: changed(0, { shape: [3n] }) }],
  ['a shape below 0', { inputs: changed(0, { shape: [-1n, -2n] }) }],
  ['a huge shape', { inputs: changed(0, { shape: [2n ** 62n, 2n ** 62n] }) }],
  ['contents of another datatype', { inputs: changed(0, { contents: { intContents: [1, 2] } }) }],
  ['contents of two datatypes', { inputs: changed(0, { contents: { fp32Contents: [1, 2], intContents: [1] } }) }],
  ['integers beyond their datatype', { inputs: changed(1, { contents: { intContents: [32768, 0] } }) }],
  ['contents, and raw ones too', { inputs: typed, rawInputContents }],
  ['too few raw contents', { inputs: raw, rawInputContents: rawInputContents.slice(1) }],
  ['raw contents of another size', { inputs: raw, rawInputContents: [new Uint8Array(7), rawInputContents[1]!] }],
  [
    'a sequence',
    { inputs: typed, parameters: { sequence_id: { parameterChoice: { case: 'int64Param' as const, value: 1n } } } },
  ],
  [
    'a timeout of text',
    { inputs: typed, parameters: { timeout: { parameterChoice: { case: 'stringParam' as const, value: 'x' } } } },
  ],
])('%s: INVALID_ARGUMENT', async (_, given) => {
  const [code, details] = await statusOf(client.call(method.modelInfer, { modelName: 'm', ...given }));
  expect([code, details]).toEqual([status.INVALID_ARGUMENT, expect.stringMatching(/\w/)]);
});

test('models that are not there, or not ready', async () => {
  const infer = (modelName: string, modelVersion = '') =>
    statusOf(client.call(method.modelInfer, { modelName, modelVersion, inputs: typed }));
  expect(await infer('none')).toEqual([status.NOT_FOUND, expect.any(String)]);
  expect(await infer('m', '9')).toEqual([status.NOT_FOUND, expect.any(String)]);
  expect(await infer('gone')).toEqual([status.UNAVAILABLE, expect.any(String)]);
  expect((await statusOf(client.call(method.modelReady, { name: 'none' })))[0]).toBe(status.NOT_FOUND);
});

test('the deadline of the call and the parameter timeout: the shorter one counts', async () => {
  const timeout = { parameterChoice: { case: 'int64Param' as const, value: 60_000_000n } };
  const priority = { parameterChoice: { case: 'uint64Param' as const, value: 1n } };
  await client.call(method.modelInfer, { modelName: 'm', inputs: typed, parameters: { timeout, priority } });
  expect(m.asked.at(-1)).toMatchObject({ timeout: 60_000, priority: 'high' });
  const deadline = Date.now() + 30_000;
  await client.call(method.modelInfer, { modelName: 'm', inputs: typed, parameters: { timeout } }, { deadline });
  expect(m.asked.at(-1)!.timeout).toBeLessThanOrEqual(30_000);
  await client.call(method.modelInfer, { modelName: 'm', inputs: typed });
  expect(m.asked.at(-1)!.timeout).toBeUndefined();
});

test('a call that is cancelled takes its request out', async () => {
  let go!: () => void;
  m.hold = new Promise((resolve) => (go = resolve));
  const asked = m.asked.length;
  const deadline = Date.now() + 300;
  const call = statusOf(client.call(method.modelInfer, { modelName: 'm', inputs: typed }, { deadline }));
  while (m.asked.length === asked) await new Promise((resolve) => setTimeout(resolve, 5));
  expect((await call)[0]).toBe(status.DEADLINE_EXCEEDED);
  while (!m.asked.at(-1)!.cancellation!.isCancelled) await new Promise((resolve) => setTimeout(resolve, 5));
  go();
  m.hold = Promise.resolve();
});

test.each([
  ['QUEUE_FULL', status.UNAVAILABLE],
  ['DEADLINE_EXCEEDED', status.DEADLINE_EXCEEDED],
  ['SERVER_CLOSING', status.UNAVAILABLE],
  ['SESSION_RELEASED', status.UNAVAILABLE],
  ['OUT_OF_MEMORY', status.RESOURCE_EXHAUSTED],
  ['ABORTED', status.CANCELLED],
  ['MODEL_INVALID', status.INTERNAL],
] as const)('%s is %i, without paths', async (code, wanted) => {
  m.failure = new GdwsError(code, code === 'MODEL_INVALID' ? 'bad /srv/secret' : 'so it is.', { file: '/srv/secret' });
  const [got, details] = await statusOf(client.call(method.modelInfer, { modelName: 'm', inputs: typed }));
  m.failure = undefined;
  expect([got, details.includes('secret')]).toEqual([wanted, false]);
});

test('a port that is taken is said to be', async () => {
  const grpcPort = Number(/\d+$/.exec(server.grpc!)![0]);
  const said = ['error', 'warn', 'info', 'log'].map((name) => jest.spyOn(console, name as 'error'));
  await expect(startServer(new MemoryRepository(), { grpcPort })).rejects.toMatchObject({
    ...{ code: 'ARGUMENT_INVALID', summary: 'the server cannot listen: the port is taken.' },
  });
  // grpc-js has nothing to add.
  for (const one of said) expect(one).not.toHaveBeenCalled();
  said.forEach((one) => one.mockRestore());
});

test('what is no message is the fault of the client', async () => {
  for (const bytes of [Buffer.of(0xff), Buffer.of(10, 200, 1), Buffer.of(10, 2, 0xff, 0xfe)]) {
    const [code] = await statusOf(client.send('/inference.GRPCInferenceService/ModelInfer', bytes));
    expect(code).toBe(status.INVALID_ARGUMENT);
  }
  expect((await statusOf(client.send('/inference.GRPCInferenceService/Nothing', Buffer.of())))[0]).toBe(
    status.UNIMPLEMENTED,
  );
});

test('messages beyond the limit', async () => {
  const [code] = await statusOf(
    client.call(method.modelInfer, { modelName: 'm', inputs: raw, rawInputContents: [new Uint8Array(1_000_001)] }),
  );
  expect(code).toBe(status.RESOURCE_EXHAUSTED);
  expect(await client.call(method.serverLive, {})).toMatchObject({ live: true });
});

test('a stream answers each message in its place, errors too', async () => {
  const stream = client.stream(method.modelStreamInfer);
  const answers: pb.ModelStreamInferResponse[] = [];
  stream.on('data', (answer: pb.ModelStreamInferResponse) => answers.push(answer));
  const ended = new Promise<void>((resolve, reject) => stream.on('end', resolve).on('error', reject));
  for (const id of ['a', 'b', 'c']) stream.write({ modelName: id === 'b' ? 'none' : 'm', id, inputs: typed });
  stream.end();
  await ended;
  expect(answers.map(({ inferResponse, errorMessage }) => inferResponse?.id ?? errorMessage)).toEqual([
    'a',
    expect.stringContaining('none'),
    'c',
  ]);
});

/** A stream, and what it said so far: ids, or errors. */
function openStream(by: GrpcClient) {
  const stream = by.stream(method.modelStreamInfer);
  const said: string[] = [];
  stream.on('data', ({ inferResponse, errorMessage }: pb.ModelStreamInferResponse) =>
    said.push(inferResponse?.id ?? errorMessage),
  );
  const ended = new Promise<void>((resolve, reject) => stream.on('end', resolve).on('error', reject));
  return { stream, said, ended };
}
const pause = () => new Promise((resolve) => setTimeout(resolve, 200));

test('messages of a stream are asked at once, up to 32, and answered in their order', async () => {
  let go!: () => void;
  m.hold = new Promise((resolve) => (go = resolve));
  const asked = m.asked.length;
  const { stream, said, ended } = openStream(client);
  const ids = Array.from({ length: 80 }, (_, number) => String(number));
  // One that fails at once does not overtake those that wait.
  for (const id of ids) stream.write({ modelName: id === '7' ? 'none' : 'm', id, inputs: typed });
  while (m.asked.length < asked + 31) await new Promise((resolve) => setTimeout(resolve, 5));
  await pause();
  expect(m.asked).toHaveLength(asked + 31);
  expect(said).toEqual([]);
  go();
  m.hold = Promise.resolve();
  stream.end();
  await ended;
  expect(said).toEqual(ids.map((id) => (id === '7' ? (expect.stringContaining('none') as string) : id)));
});

test('of large messages of a stream, no more are asked at once than the bytes of one that is as large as may be', async () => {
  let go!: () => void;
  m.hold = new Promise((resolve) => (go = resolve));
  const asked = m.asked.length;
  const { stream, said, ended } = openStream(client);
  // The text is part of the message, of up to 1 MB.
  const id = 'x'.repeat(300_000);
  for (let count = 0; count < 5; count++) stream.write({ modelName: 'm', id, inputs: typed });
  while (m.asked.length < asked + 3) await new Promise((resolve) => setTimeout(resolve, 5));
  await pause();
  expect(m.asked).toHaveLength(asked + 3);
  go();
  m.hold = Promise.resolve();
  stream.end();
  await ended;
  expect(said).toEqual(Array(5).fill(id));
});

test('streams end when the server closes: what they took is answered first, and they do not keep it', async () => {
  const own = new MemoryRepository();
  const held = await own.add('m', '1', identities(['float32', 'int16'], ['n']));
  let go!: () => void;
  held.hold = new Promise((resolve) => (go = resolve));
  const closing = await startServer(own, { grpcPort: 0 });
  const one = connect(closing.grpc!);
  const [busy, idle] = [openStream(one), openStream(one)];
  for (const id of ['a', 'b']) busy.stream.write({ modelName: 'm', id, inputs: typed });
  while (held.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const closed = closing.close();
  await expect(idle.ended).rejects.toMatchObject({ code: status.UNAVAILABLE });
  expect(busy.said).toEqual([]);
  go();
  await expect(busy.ended).rejects.toMatchObject({
    ...{ code: status.UNAVAILABLE, details: 'the server is closing.' },
  });
  expect(busy.said).toEqual(['a', 'b']);
  expect(await closed).toBe(true);
});

test('a stream that is cancelled takes its requests out', async () => {
  let go!: () => void;
  m.hold = new Promise((resolve) => (go = resolve));
  const asked = m.asked.length;
  const { stream, ended } = openStream(client);
  for (let count = 0; count < 5; count++) stream.write({ modelName: 'm', inputs: typed });
  while (m.asked.length < asked + 5) await new Promise((resolve) => setTimeout(resolve, 5));
  stream.cancel();
  await expect(ended).rejects.toMatchObject({ code: status.CANCELLED });
  while (!m.asked.slice(asked).every(({ cancellation }) => cancellation!.isCancelled))
    await new Promise((resolve) => setTimeout(resolve, 5));
  go();
  m.hold = Promise.resolve();
});

test('statistics, index, load, unload', async () => {
  const { modelStats } = await client.call(method.modelStatistics, { name: 'm', version: '2' });
  expect(modelStats).toHaveLength(1);
  const [{ inferenceCount, executionCount, inferenceStats, batchStats, memoryUsage }] = modelStats as [
    pb.ModelStatistics,
  ];
  expect(inferenceStats!.success!.count).toBe(inferenceCount);
  expect(executionCount).toBe(inferenceCount);
  expect(batchStats).toMatchObject([{ batchSize: 1n, computeInfer: { count: executionCount } }]);
  expect(memoryUsage).toMatchObject([{ type: 'CPU', byteSize: 1000n }]);
  expect((await client.call(method.modelStatistics, {})).modelStats).toHaveLength(repository.served().length);

  const gone = { name: 'gone', version: '1', state: 'UNAVAILABLE', reason: 'it was unloaded' };
  expect((await client.call(method.repositoryIndex, {})).models).toContainEqual(expect.objectContaining(gone));
  expect((await client.call(method.repositoryIndex, { ready: true })).models.map(({ name }) => name)).not.toContain(
    'gone',
  );
  await client.call(method.repositoryModelLoad, { modelName: 'gone' });
  expect(await client.call(method.modelReady, { name: 'gone' })).toMatchObject({ ready: true });
  await client.call(method.repositoryModelUnload, { modelName: 'gone' });
  expect(await client.call(method.modelReady, { name: 'gone' })).toMatchObject({ ready: false });
  const parameters = { config: { parameterChoice: { case: 'stringParam' as const, value: '{}' } } };
  expect((await statusOf(client.call(method.repositoryModelLoad, { modelName: 'gone', parameters })))[0]).toBe(
    status.INVALID_ARGUMENT,
  );
});

test('health is checked and watched', async () => {
  expect(await client.call(Health.method.check, {})).toMatchObject({ status: Serving.SERVING });
  expect(await client.call(Health.method.check, { service: 'inference.GRPCInferenceService' })).toMatchObject({
    status: Serving.SERVING,
  });
  expect((await statusOf(client.call(Health.method.check, { service: 'x' })))[0]).toBe(status.NOT_FOUND);

  const other = new MemoryRepository();
  await other.add('m', '1', identities(['float32']));
  other.models.get('m/1')!.state = 'LOADING';
  const closing = await startServer(other, { grpcPort: 0 });
  const watcher = connect(closing.grpc!);
  const said: Serving[] = [];
  const watch = watcher.watch(Health.method.watch, {});
  const unknown = watcher.watch(Health.method.watch, { service: 'x' });
  const first = new Promise((resolve) => unknown.once('data', (answer: { status: Serving }) => resolve(answer.status)));
  expect(await first).toBe(Serving.SERVICE_UNKNOWN);
  watch.on('data', (answer: { status: Serving }) => said.push(answer.status));
  const ends = [watch, unknown].map((one) => new Promise((resolve) => one.on('end', resolve)));
  while (said.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  other.models.get('m/1')!.state = 'READY';
  while (said.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await closing.close()).toBe(true);
  await Promise.all(ends);
  expect(said).toEqual([Serving.NOT_SERVING, Serving.SERVING, Serving.NOT_SERVING]);
});

describe('who may ask', () => {
  test('all but health needs a token', async () => {
    const { token, line } = newToken('one');
    const tokenFile = folder.file('tokens.txt');
    fs.writeFileSync(tokenFile, line);
    const { grpc } = await startServer(repository, { grpcPort: 0, tokenFile });
    const [nobody, stranger, known] = [undefined, `Bearer ${token.slice(1)}`, `Bearer ${token}`].map((authorization) =>
      connect(grpc!, undefined, authorization === undefined ? {} : { authorization }),
    ) as [GrpcClient, GrpcClient, GrpcClient];
    for (const one of pb.GRPCInferenceService.methods) {
      if (one.methodKind !== 'unary') continue;
      const path = `/${pb.GRPCInferenceService.typeName}/${one.name}`;
      // Bytes that are no message: they are not looked at before the token is.
      for (const other of [nobody, stranger]) {
        expect((await statusOf(other.send(path, Buffer.of(0xff))))[0]).toBe(status.UNAUTHENTICATED);
      }
      expect((await statusOf(known.send(path, Buffer.of(0xff))))[0]).not.toBe(status.UNAUTHENTICATED);
    }
    const stream = nobody.stream(method.modelStreamInfer);
    expect(await new Promise((resolve) => stream.on('error', (error: { code: number }) => resolve(error.code)))).toBe(
      status.UNAUTHENTICATED,
    );
    expect(await nobody.call(Health.method.check, {})).toMatchObject({ status: Serving.SERVING });
    // Without --control explicit, whoever it is.
    expect((await statusOf(known.call(method.repositoryModelUnload, { modelName: 'm' })))[0]).toBe(
      status.PERMISSION_DENIED,
    );
  });

  test('or a certificate', async () => {
    const { authority, server: own, client: certified, stranger } = makeCertificates(folder.path);
    const { grpc } = await startServer(repository, { grpcPort: 0, tls: { ...own, clientCa: authority } });
    const by = (pair?: { cert: string; key: string }) =>
      connect(
        grpc!,
        credentials.createSsl(
          fs.readFileSync(authority),
          pair ? fs.readFileSync(pair.key) : null,
          pair ? fs.readFileSync(pair.cert) : null,
        ),
      );
    expect(await by(certified).call(method.serverLive, {})).toMatchObject({ live: true });
    for (const other of [by(), by(stranger), connect(grpc!)]) {
      expect((await statusOf(other.call(method.serverLive, {}, { deadline: Date.now() + 5000 })))[0]).not.toBe(
        status.OK,
      );
    }
  });

  test('not too often', async () => {
    const { grpc } = await startServer(repository, { grpcPort: 0, rateLimit: 0.00001 });
    const one = connect(grpc!);
    expect(await one.call(method.serverLive, {})).toMatchObject({ live: true });
    expect((await statusOf(one.call(method.serverLive, {})))[0]).toBe(status.RESOURCE_EXHAUSTED);
    expect(await one.call(Health.method.check, {})).toMatchObject({ status: Serving.SERVING });
  });

  test('not too often within a stream, either', async () => {
    const { grpc } = await startServer(repository, { grpcPort: 0, rateLimit: 2.00001 });
    const { stream, said, ended } = openStream(connect(grpc!));
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) stream.write({ modelName: 'm', id, inputs: typed });
    stream.end();
    await ended;
    expect(said.slice(0, 2)).toEqual(['a', 'b']);
    expect(said.slice(3)).toEqual(Array(3).fill(expect.stringContaining('too many requests')));
  });
});

describe('clients that take more than their share', () => {
  test('no more connections than it may have', async () => {
    const { grpc } = await startServer(repository, { grpcPort: 0, maxConnections: 3 });
    const [host, port] = grpc!.split(':') as [string, string];
    const sockets = Array.from({ length: 5 }, () => net.connect(Number(port), host).on('error', () => undefined));
    const closed = new Set<net.Socket>();
    for (const socket of sockets) socket.once('close', () => closed.add(socket)).resume();
    while (closed.size < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(closed.size).toBe(2);
    sockets.forEach((socket) => socket.destroy());
    const one = connect(grpc!);
    while ((await statusOf(one.call(method.serverLive, {})))[0] !== Number(status.OK)) continue;
  });

  test('messages that do not arrive end their call, and not the connection', async () => {
    const { grpc } = await startServer(repository, { grpcPort: 0, requestTimeout: 300 });
    const session = http2.connect(`http://${grpc}`).on('error', () => undefined);
    const begin = (path: string) =>
      session.request({
        ...{ ':method': 'POST', ':path': `/inference.GRPCInferenceService/${path}` },
        ...{ 'content-type': 'application/grpc', te: 'trailers' },
      });
    const statusIn = async (stream: http2.ClientHttp2Stream) => {
      const [headers] = (await once(stream.resume(), 'response')) as [http2.IncomingHttpHeaders];
      return Number(headers['grpc-status']);
    };
    const stream = begin('ModelStreamInfer');
    const silent = begin('ModelInfer');
    const slow = begin('ModelInfer');
    slow.write(Buffer.of(0, 0, 0, 1, 0));
    const drip = setInterval(() => slow.write(Buffer.alloc(1)), 50);
    const exhausted = status.RESOURCE_EXHAUSTED;
    expect(await Promise.all([statusIn(silent), statusIn(slow)])).toEqual([exhausted, exhausted]);
    clearInterval(drip);
    // As clients do it that hear of the end.
    silent.close();
    slow.close();
    await new Promise((resolve) => setTimeout(resolve, 700));
    // A stream may wait for its next message.
    stream.end();
    expect(await statusIn(stream)).toBe(status.OK);
    expect(session.destroyed).toBe(false);
    session.destroy();
  });

  test('100 streams of a connection at once; more wait for their turn, and none is lost', async () => {
    const one = connect(server.grpc!);
    const asked = m.asked.length;
    let go!: () => void;
    m.hold = new Promise((resolve) => (go = resolve));
    const calls = Array.from({ length: 300 }, () =>
      statusOf(one.call(method.modelInfer, { modelName: 'm', inputs: typed })),
    );
    while (m.asked.length < asked + 100) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(m.asked).toHaveLength(asked + 100);
    go();
    m.hold = Promise.resolve();
    expect(new Set((await Promise.all(calls)).map(([code]) => code))).toEqual(new Set([status.OK]));
  });
});
