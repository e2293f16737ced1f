import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import puppeteer from 'puppeteer-core';
import { ended } from '../cli/ended';
import { compiledTree } from '../compiled-tree';
import { chromium } from '../html/browser';
import type { Server } from '../../src/serve/server';
import { MemoryRepository, type PlainModel } from './memory-repository';
import { identities } from './models';
import { startServer } from './start-server';

const repository = new MemoryRepository();
let server: Server;
let model: PlainModel;
beforeAll(async () => {
  model = await repository.add('m', '1', identities(['float32'], ['n']));
  await repository.add('<b>&"', '1', identities(['float32'], ['n']));
  await repository.add('gone', '1', identities(['float32'], ['n']));
  await repository.unload('gone');
  server = await startServer(repository, { tritonMetrics: true });
});

const body = JSON.stringify({ inputs: [{ name: 'x_float32', shape: [2], datatype: 'FP32', data: [1, 2] }] });
const infer = (address = server.http, headers: Record<string, string> = {}) =>
  fetch(`${address}/v2/models/m/infer`, { method: 'POST', body, headers });

/** Values by name and labels, of the text format. */
async function metrics(address = server.http): Promise<Map<string, number>> {
  const answer = await fetch(`${address}/metrics`);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

test('metrics count requests, and have the names of Triton too', async () => {
  await infer();
  await infer();
  model.failure = new Error('no');
  await infer();
  model.failure = undefined;
  const values = await metrics();
  const of = (name: string, more = '') => values.get(`${name}{model="m",version="1"${more}}`);
  expect(of('gdws_requests_total', ',outcome="ok"')).toBe(2);
  expect(of('gdws_requests_total', ',outcome="INTERNAL"')).toBe(1);
  expect(of('gdws_request_seconds_count')).toBe(2);
  expect(of('gdws_queue_seconds_count')).toBe(2);
  expect(of('gdws_run_rows_sum')).toBe(2);
  expect(of('gdws_requests_waiting')).toBe(0);
  expect(of('gdws_model_memory_bytes')).toBe(1000);
  expect(values.get('gdws_models{state="UNAVAILABLE"}')).toBe(1);
  expect(of('nv_inference_request_success')).toBe(2);
  expect(of('nv_inference_request_failure')).toBe(1);
  expect(of('nv_inference_count')).toBe(2);
  expect(of('nv_inference_exec_count')).toBe(2);
  expect(of('nv_inference_compute_infer_duration_us')).toBeGreaterThan(0);
  expect(of('nv_inference_pending_request_count')).toBe(0);
  expect([...values.keys()].some((name) => name.startsWith('process_cpu_seconds_total'))).toBe(true);
});

test("Triton's names are there where they are asked for", async () => {
  const { http: address } = await startServer(repository);
  expect([...(await metrics(address)).keys()].filter((name) => name.startsWith('nv_'))).toEqual([]);
});

const inBrowser = chromium ? test : test.skip;
inBrowser('the page shows models, states and latencies; it has no script, and asks for nothing', async () => {
  await infer();
  const browser = await puppeteer.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage();
    const [complaints, requests]: [string[], string[]] = [[], []];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => requests.push(request.url()));
    await page.setViewport({ width: 420, height: 800 });
    const answer = await page.goto(`${server.http}/`);
    expect(answer!.headers()['content-security-policy']).toContain("default-src 'none'");
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([`${server.http}/`]);
    const seen = (await page.evaluate(`({
      text: document.body.innerText,
      scripts: document.scripts.length,
      bold: document.querySelectorAll('b').length,
      bars: [...document.querySelectorAll('.bar')].map((bar) => bar.getBoundingClientRect().width),
      wide: document.documentElement.scrollWidth > window.innerWidth,
    })`)) as { text: string; scripts: number; bold: number; bars: number[]; wide: boolean };
    expect(seen).toMatchObject({ scripts: 0, bold: 0, wide: false });
    for (const text of [
      'm, version 1',
      '<b>&"',
      'UNAVAILABLE',
      'it was unloaded',
      'The server is ready',
      'No request was answered yet',
    ]) {
      expect(seen.text).toContain(text);
    }
    expect(Math.max(...seen.bars)).toBeGreaterThan(20);
  } finally {
    await browser.close();
  }
});

describe('in a process of its own', () => {
  const tree = compiledTree('src', 'test/serve');
  const collected: { readonly path: string; readonly body: Buffer }[] = [];
  const collector = http.createServer((request, answer) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      collected.push({ path: request.url!, body: Buffer.concat(parts) });
      answer.end();
    });
  });
  beforeAll(() => new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve)));
  afterAll(() => {
    collector.close();
    fs.rmSync(tree, { recursive: true });
  });

  async function run(environment: Record<string, string>, requests: (address: string) => Promise<unknown>) {
    const script = path.join(tree, 'test/serve/child.js');
    const child = spawn(process.execPath, [script, '{"grpcPort":-1,"logLevel":"info"}', '0'], {
      env: { ...process.env, ...environment },
    });
    const end = ended(child);
    const [line] = (await once(child.stdout, 'data')) as [string];
    await requests((JSON.parse(line) as { http: string }).http);
    child.kill('SIGTERM');
    return end;
  }

  test('a line of the log for each request, without what was sent', async () => {
    const secret = 'Bearer c2VjcmV0LXRva2Vu';
    const { code, stderr } = await run({}, async (address) => {
      const answer = await infer(address, { authorization: secret, 'x-request-id': 'req-7' });
      expect(answer.headers.get('x-request-id')).toBe('req-7');
      await fetch(`${address}/v2/models/m/infer?token=hidden`, { method: 'POST', body: 'secret-body' });
      const own = await fetch(`${address}/v2`, { headers: { 'x-request-id': 'a b\u00e9' } });
      expect(own.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    });
    expect(code).toBe(0);
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const requests = lines.filter(({ msg }) => msg === 'request');
    expect(requests.map(({ route, status }) => [route, status])).toEqual([
      ['/v2/models/:model/infer', 200],
      ['/v2/models/:model/infer', 400],
      ['/v2', 200],
    ]);
    expect(requests[0]).toMatchObject({
      reqId: 'req-7',
      method: 'POST',
      model: 'm',
      client: '127.0.0.1',
      milliseconds: expect.any(Number) as number,
    });
    expect(stderr).not.toMatch(/c2VjcmV0|secret|hidden|x_float32/);
  });

  test('traces are exported, within the span of the client', async () => {
    const { port } = collector.address() as AddressInfo;
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const spanId = 'b7ad6b7169203331';
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_SERVICE_NAME: 'of-the-test' };
    const { code } = await run(environment, async (address) => {
      expect((await infer(address, { traceparent: `00-${traceId}-${spanId}-01` })).status).toBe(200);
      expect((await infer(address, { traceparent: 'nonsense' })).status).toBe(200);
    });
    expect(code).toBe(0);
    expect(collected.map((one) => one.path)).toContain('/v1/traces');
    const bytes = Buffer.concat(collected.map((one) => one.body));
    const count = (part: Buffer | string) =>
      bytes.toString('latin1').split(Buffer.from(part).toString('latin1')).length - 1;
    // Spans of the first request have its trace; the first of them its span as parent.
    expect(count(Buffer.from(traceId, 'hex'))).toBe(3);
    expect(count(Buffer.from(spanId, 'hex'))).toBe(1);
    for (const name of ['gdws.infer', 'gdws.queue', 'gdws.run']) expect(count(name)).toBe(2);
    expect(count('of-the-test')).toBeGreaterThan(0);
  });

  test('a collector that is not there does not keep the server', async () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_BSP_EXPORT_TIMEOUT: '500' };
    expect((await run(environment, (address) => infer(address))).code).toBe(0);
  });
});
