import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { readTokens, newToken } from '../../src/serve/tokens';
import { RateLimit } from '../../src/serve/rate-limit';
import { isLoopback, settingsOf } from '../../src/serve/options';
import type { Server } from '../../src/serve/server';
import { temporaryFolder } from '../onnx/temporary-folder';
import { makeCertificates } from './certificates';
import { MemoryRepository } from './memory-repository';
import { identities } from './models';
import { startServer } from './start-server';

const folder = temporaryFolder();
const repository = new MemoryRepository();
const [one, other] = [newToken('one'), newToken('other')];
const tokenFile = folder.file('tokens.txt');
const certificates = makeCertificates(folder.path);
beforeAll(async () => {
  fs.writeFileSync(tokenFile, `# of the tests\n\n${one.line}\r\n${other.line}\n`);
  await repository.add('m', '1', identities(['float32'], ['n']));
});

/** Every path but health: its method. */
const paths: Readonly<Record<string, 'GET' | 'POST'>> = {
  '/': 'GET',
  '/metrics': 'GET',
  '/v2': 'GET',
  '/v2/docs/json': 'GET',
  '/v2/models/m': 'GET',
  '/v2/models/m/versions/1': 'GET',
  '/v2/models/m/ready': 'GET',
  '/v2/models/m/config': 'GET',
  '/v2/models/m/stats': 'GET',
  '/v2/models/stats': 'GET',
  '/v2/models/m/infer': 'POST',
  '/v2/models/m/classify': 'POST',
  '/v2/repository/index': 'POST',
  '/v2/repository/models/m/load': 'POST',
  '/v2/repository/models/m/unload': 'POST',
  '/nowhere': 'GET',
};
const openPaths = ['/v2/health/live', '/v2/health/ready'];

async function statusOf(address: string, authorization?: string, method = 'GET'): Promise<number> {
  const answer = await fetch(address, { method, headers: authorization === undefined ? {} : { authorization } });
  await answer.arrayBuffer();
  return answer.status;
}

describe('tokens', () => {
  let server: Server;
  beforeAll(async () => void (server = await startServer(repository, { tokenFile, control: true })));

  test.each(Object.entries(paths))('%s needs one', async (path, method) => {
    const address = server.http + path;
    const wrong = [
      undefined,
      '',
      'Bearer',
      'Bearer x',
      `Basic ${one.token}`,
      `Bearer ${one.token}x`,
      `Bearer ${one.token.slice(1)}`,
    ];
    const hash = one.line.split(/[: ]/)[1]!;
    for (const given of [...wrong, `Bearer ${hash}`, `Bearer sha256:${hash}`, `Bearer ${one.token} ${other.token}`]) {
      expect(await statusOf(address, given, method)).toBe(401);
    }
    for (const { token } of [one, other]) {
      expect(await statusOf(address, `Bearer ${token}`, method)).not.toBe(401);
      expect(await statusOf(address, `bearer  ${token}`, method)).not.toBe(401);
    }
    await repository.load('m');
  });

  test('health is open', async () => {
    for (const path of openPaths) expect(await statusOf(server.http + path)).toBe(200);
  });

  test('the answer says which scheme, and nothing else', async () => {
    const answer = await fetch(`${server.http}/v2`);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(await answer.json()).toEqual({ error: 'a valid bearer token is needed.' });
  });

  test('the file has no token itself', () => {
    for (const { token, line } of [one, other]) {
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
      expect(line).not.toContain(token);
    }
    expect(one.token).not.toBe(other.token);
  });

  test.each([
    '',
    '# none\n',
    'secret',
    `sha256:${'a'.repeat(63)} x`,
    `sha256:${'A'.repeat(64)} x`,
    `sha256:${'a'.repeat(64)}`,
  ])('a file of %j is refused', async (text) => {
    const file = folder.file('bad.txt');
    fs.writeFileSync(file, text);
    await expect(readTokens(file)).rejects.toMatchObject({ code: 'CONFIG_INVALID', file });
  });

  test('a file that is not there, and names that would break lines', async () => {
    await expect(readTokens(folder.file('none'))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    for (const name of ['', 'a b', 'a\nb', 'x'.repeat(65)]) {
      expect(() => newToken(name)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }) as Error);
    }
  });
});

describe('TLS', () => {
  function getBy(address: string, options: https.RequestOptions): Promise<number | string> {
    return new Promise((resolve) => {
      const request = https.get(
        address,
        { ca: fs.readFileSync(certificates.authority), agent: false, ...options },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode!);
        },
      );
      request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
    });
  }
  const pair = ({ cert, key }: { cert: string; key: string }) => ({
    cert: fs.readFileSync(cert),
    key: fs.readFileSync(key),
  });

  test('with an authority of clients, all but health needs a certificate of it', async () => {
    const tls = { ...certificates.server, clientCa: certificates.authority };
    const { http: address } = await startServer(repository, { tls });
    expect(address).toMatch(/^https:/);
    for (const path of openPaths) expect(await getBy(address + path, {})).toBe(200);
    expect(await getBy(`${address}/v2`, {})).toBe(401);
    expect(await getBy(`${address}/v2`, pair(certificates.stranger))).toBe(401);
    expect(await getBy(`${address}/v2`, pair(certificates.client))).toBe(200);
    expect(
      await getBy(`${address}/v2`, { ...pair(certificates.client), maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }),
    ).not.toBe(200);
  });

  test('with tokens too, both are needed', async () => {
    const tls = { ...certificates.server, clientCa: certificates.authority };
    const { http: address } = await startServer(repository, { tls, tokenFile });
    const headers = { authorization: `Bearer ${one.token}` };
    expect(await getBy(`${address}/v2`, { headers })).toBe(401);
    expect(await getBy(`${address}/v2`, pair(certificates.client))).toBe(401);
    expect(await getBy(`${address}/v2`, { ...pair(certificates.client), headers })).toBe(200);
  });

  test('who does not know the authority of the server is warned, and plain HTTP is not answered', async () => {
    const { http: address } = await startServer(repository, { tls: certificates.server });
    expect(await getBy(`${address}/v2`, { ca: undefined })).not.toBe(200);
    expect(await getBy(`${address}/v2`, {})).toBe(200);
    await expect(fetch(address.replace('https', 'http'))).rejects.toThrow();
  });
});

describe('where it listens', () => {
  test.each(['0.0.0.0', '::', '192.0.2.1', 'example.org', '127.evil.example', ''])(
    '%j needs to know who asks',
    (host) => {
      expect(() => settingsOf({ host })).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }) as Error);
      expect(() => settingsOf({ host, tls: certificates.server })).toThrow(/anybody/);
      for (const known of [
        { tokenFile },
        { insecure: true },
        { tls: { ...certificates.server, clientCa: 'ca.pem' } },
      ]) {
        expect(settingsOf({ host, ...known }).host).toBe(host);
      }
    },
  );

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s is this machine', (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(settingsOf({ host }).host).toBe(host);
  });

  test('by default this machine alone', () => expect(settingsOf({}).host).toBe('127.0.0.1'));

  test('a port that is taken is said', async () => {
    const { http: address } = await startServer(repository);
    await expect(startServer(repository, { httpPort: Number(new URL(address).port) })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    });
  });

  test.each([
    { httpPort: 70_000 },
    { grpcPort: -2 },
    { bodyLimit: 0 },
    { rateLimit: 0 },
    { tls: { cert: 'x' } },
    { hots: 'x' },
  ])('%j is no option', (options) => {
    expect(() => settingsOf(options as never)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }) as Error);
  });
});

describe('web pages of others, in the browser of somebody who works here', () => {
  let server: Server;
  beforeAll(async () => void (server = await startServer(repository)));
  const by = (headers: Record<string, string>) =>
    new Promise<number>((resolve) => {
      http.get(`${server.http}/v2`, { headers }, (answer) => resolve(answer.resume().statusCode!));
    });

  test('come from elsewhere, or by a name of elsewhere', async () => {
    const { host } = new URL(server.http);
    expect(await by({ origin: 'https://evil.example' })).toBe(403);
    expect(await by({ origin: 'null' })).toBe(403);
    expect(await by({ host: 'evil.example' })).toBe(403);
    expect(await by({ host: 'evil.example', origin: 'http://evil.example' })).toBe(403);
    expect(await by({ host: '127.0.0.1.evil.example' })).toBe(403);
    expect(await by({ origin: `http://${host}` })).toBe(200);
    expect(await by({ host: `localhost:${new URL(server.http).port}` })).toBe(200);
  });
});

describe('requests a second', () => {
  test('of each client for itself', () => {
    const limit = new RateLimit(2);
    const admitted = (client: string, at: number) => limit.admits(client, at);
    expect([0, 1, 2].map((at) => admitted('a', at))).toEqual([true, true, false]);
    expect(admitted('b', 3)).toBe(true);
    expect(admitted('a', 400)).toBe(false);
    expect(admitted('a', 502)).toBe(true);
    expect(admitted('a', 503)).toBe(false);
    expect([90_000, 90_000, 90_000].map((at) => admitted('a', at))).toEqual([true, true, false]);
  });

  test('clients that are gone are forgotten', () => {
    const limit = new RateLimit(1);
    for (let client = 0; client < 25_000; client++) expect(limit.admits(`client ${client}`, 0)).toBe(true);
    expect((limit as unknown as { buckets: Map<string, unknown> }).buckets.size).toBe(10_000);
  });

  test('more get 429, by the token; health is not counted', async () => {
    // Less than one in a day comes back.
    const server = await startServer(repository, { tokenFile, rateLimit: 0.00001 });
    const ask = (token: string) => fetch(`${server.http}/v2`, { headers: { authorization: `Bearer ${token}` } });
    for (let time = 0; time < 3; time++) expect(await statusOf(`${server.http}/v2/health/live`)).toBe(200);
    expect((await ask(one.token)).status).toBe(200);
    const refused = await ask(one.token);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await ask(other.token)).status).toBe(200);
  });
});
