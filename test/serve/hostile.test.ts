import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { GdwsError } from '../../src';
import type { Server } from '../../src/serve/server';
import { MemoryRepository, type PlainModel } from './memory-repository';
import { identities } from './models';
import { startServer } from './start-server';

// Clients that break off, dawdle, or send too much: on raw connections.

const repository = new MemoryRepository();
let model: PlainModel;
let server: Server;
beforeAll(async () => {
  model = await repository.add('m', '1', identities(['float32'], ['n']));
  server = await startServer(repository, { bodyLimit: 1_000_000, requestTimeout: 1500, maxConnections: 20 });
});

/** What the server says on a connection until it closes it. */
function connection(): { readonly socket: net.Socket; readonly said: Promise<string> } {
  const { hostname, port } = new URL(server.http);
  const socket = net.connect(Number(port), hostname);
  let text = '';
  socket.on('data', (data: Buffer) => (text += data.toString()));
  socket.on('error', () => undefined);
  return { socket, said: once(socket, 'close').then(() => text) };
}

const post = 'POST /v2/models/m/infer HTTP/1.1\r\nHost: 127.0.0.1\r\n';
const body = JSON.stringify({ inputs: [{ name: 'x_float32', shape: [1], datatype: 'FP32', data: [1] }] });

/** It serves on. */
afterEach(async () => {
  const answer = await fetch(`${server.http}/v2/models/m/infer`, { method: 'POST', body });
  expect(answer.status).toBe(200);
  await answer.text();
});

test('a head that does not end', async () => {
  const { socket, said } = connection();
  socket.write(post);
  const drip = setInterval(() => socket.write('X-More: x\r\n'), 100);
  expect(await said).toMatch(/^HTTP\/1\.1 408 /);
  clearInterval(drip);
});

test('a body that does not end', async () => {
  const { socket, said } = connection();
  socket.write(`${post}Content-Length: 1000\r\n\r\n{`);
  const drip = setInterval(() => socket.write(' '), 100);
  expect(await said).toMatch(/^HTTP\/1\.1 408 /);
  clearInterval(drip);
});

test('a connection on which nothing is said does not stay', async () => {
  const { said } = connection();
  expect(await said).toMatch(/^(HTTP\/1\.1 408 |$)/);
});

test('a client that goes away in the middle of its body', async () => {
  const asked = model.asked.length;
  for (let time = 0; time < 20; time++) {
    const { socket, said } = connection();
    socket.write(`${post}Content-Length: ${body.length}\r\n\r\n${body.slice(0, -time - 1)}`);
    await wait(5);
    if (time % 2) socket.resetAndDestroy();
    else socket.destroy();
    await said;
  }
  expect(model.asked).toHaveLength(asked);
});

/** Sends half a body and a whole one over HTTP, and half a message over gRPC; says so, and waits. */
const client = `
const [http, grpc, post, body] = process.argv.slice(1);
const connect = (port) => require('net').connect(Number(port), '127.0.0.1');
const head = post + 'Content-Length: ' + body.length + '\\r\\n\\r\\n';
connect(http).write(head + body.slice(0, 20));
connect(http).write(head + body);
const session = require('http2').connect('http://127.0.0.1:' + grpc);
const path = '/inference.GRPCInferenceService/ModelInfer';
const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
stream.write(Buffer.of(0, 0, 0, 1, 0, 10), () => console.log('sent'));
setInterval(() => undefined, 1000);
`;

test('kill -9 of a client in the middle of its body, its message, or its request', async () => {
  const own = new MemoryRepository();
  const held = await own.add('m', '1', identities(['float32'], ['n']));
  let go!: () => void;
  held.hold = new Promise((resolve) => (go = resolve));
  const other = await startServer(own, { grpcPort: 0 });
  const [port, grpcPort] = [new URL(other.http).port, /\d+$/.exec(other.grpc!)![0]];
  const child = spawn(process.execPath, ['-e', client, port, grpcPort, post, body]);
  await once(child.stdout, 'data');
  while (held.asked.length === 0) await wait(5);
  child.kill('SIGKILL');
  // The request whose answer nobody waits for is taken out; the others never were requests.
  while (!held.asked[0]!.cancellation!.isCancelled) await wait(5);
  expect(held.asked).toHaveLength(1);
  go();
  const answer = await fetch(`${other.http}/v2/models/m/infer`, { method: 'POST', body });
  expect(answer.status).toBe(200);
  await answer.text();
  // Nothing of it is left that the end would wait for.
  const began = performance.now();
  expect(await other.close()).toBe(true);
  expect(performance.now() - began).toBeLessThan(4000);
});

test('100 MB are taken where they may come', async () => {
  const { http: address } = await startServer(repository, { bodyLimit: 2 ** 27 });
  const values = new Float32Array(25e6).fill(0.5);
  values[values.length - 1] = 7;
  const binary = { binary_data_size: values.byteLength };
  const inputs = [{ name: 'x_float32', shape: [values.length], datatype: 'FP32', parameters: binary }];
  const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  const answer = await fetch(`${address}/v2/models/m/infer`, {
    method: 'POST',
    body: Buffer.concat([head, new Uint8Array(values.buffer)]),
    headers: { 'inference-header-content-length': String(head.length) },
  });
  expect(answer.status).toBe(200);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const length = Number(answer.headers.get('inference-header-content-length'));
  expect(bytes.subarray(length).equals(Buffer.from(values.buffer))).toBe(true);
});

test('100 MB of which the head speaks are refused before they come', async () => {
  const { socket, said } = connection();
  socket.write(`${post}Content-Length: 104857600\r\n\r\n`);
  const answer = await said;
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toMatch(/\{"error":"[^"]+"\}$/);
});

test('100 MB in pieces end at the limit', async () => {
  let sent = 0;
  const status = await new Promise<number | string>((resolve) => {
    const request = http.request(`${server.http}/v2/models/m/infer`, { method: 'POST' }, (answer) => {
      resolve(answer.resume().statusCode!);
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
    const piece = Buffer.alloc(100_000, ' ');
    const send = () => {
      if (request.destroyed || sent >= 100e6) return;
      sent += piece.length;
      if (request.write(piece)) setImmediate(send);
      else request.once('drain', send);
    };
    send();
  });
  // A client that writes on may find the connection closed before it reads the answer.
  expect([413, 'EPIPE', 'ECONNRESET']).toContain(status);
  expect(sent).toBeLessThan(100e6);
});

test('heads that are too large', async () => {
  const { socket, said } = connection();
  socket.write(`${post}X-Large: ${'x'.repeat(20_000)}\r\n\r\n`);
  expect(await said).toMatch(/^HTTP\/1\.1 431 [^]*\{"error":"Request Header Fields Too Large"\}$/);
});

test.each([
  ['no HTTP', 'HELLO\r\n\r\n'],
  ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
  ['two lengths', `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
  ['a length below 0', `${post}Content-Length: -1\r\n\r\n`],
  ['a length and pieces', `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['a piece whose length is none', `${post}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`],
  ['a head with a zero', `${post}X: a\u0000b\r\n\r\n`],
])('%s: 400, as the protocol has errors', async (_, text) => {
  const { socket, said } = connection();
  socket.write(text, 'latin1');
  const answer = await said;
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(answer).toMatch(/\{"error":"[^"]+"\}$/);
});

test.each([
  '/v2/models/%',
  '/v2/models/%ff/infer',
  '/v2/models/..%2f..%2fetc/ready',
  `/v2/models/${'m'.repeat(300)}`,
  '//v2',
  '/v2/models/a%00b',
])('the path %s is refused', async (path) => {
  const { hostname, port } = new URL(server.http);
  const [answer] = (await once(http.get({ hostname, port, path, agent: false }), 'response')) as [http.IncomingMessage];
  let text = '';
  for await (const part of answer) text += String(part);
  expect([400, 404, 414]).toContain(answer.statusCode);
  expect(Object.keys(JSON.parse(text) as object)).toContain('error');
});

test('no more connections than it may have', async () => {
  const many = Array.from({ length: 30 }, connection);
  const closed = new Set<number>();
  many.forEach(({ said }, at) => void said.then(() => closed.add(at)));
  while (closed.size < 10) await wait(5);
  many.forEach(({ socket }) => socket.destroy());
  await Promise.all(many.map(({ said }) => said));
});

test('what a full model would refuse is refused before its body has come', async () => {
  model.full = new GdwsError('QUEUE_FULL', 'too many wait.');
  const asked = model.asked.length;
  for (const endpoint of ['infer', 'classify']) {
    const { socket, said } = connection();
    socket.write(`${post.replace('infer', endpoint)}Content-Length: 900000\r\n\r\n{`);
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1.1 503 .*\r\nretry-after: 1\r\n.*too many wait\./s);
    socket.destroy();
    await said;
  }
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  expect(metrics).toContain('gdws_requests_total{model="m",version="1",outcome="QUEUE_FULL"} 2');
  expect(model.asked).toHaveLength(asked);
  // A connection goes on behind a body that nobody read.
  const { socket, said } = connection();
  socket.write(`${post}Content-Length: ${body.length}\r\n\r\n${body}`);
  await once(socket, 'data');
  model.full = undefined;
  socket.write(`${post}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  expect(await said).toMatch(/^HTTP\/1.1 503 .*HTTP\/1.1 200 /s);
});
