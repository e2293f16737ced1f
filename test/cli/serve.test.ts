import fs from 'node:fs/promises';
import { openRepository } from '../../src/serve/models/open-repository';
import { temporaryFolder } from '../onnx/temporary-folder';
import { MemoryRepository } from '../serve/memory-repository';
import { identities } from '../serve/models';
import { inProcess } from './in-process';

jest.mock('../../src/serve/models/open-repository', () => ({ openRepository: jest.fn() }));

const folder = temporaryFolder();
const opened = jest.mocked(openRepository);
let repository: MemoryRepository;
beforeEach(async () => {
  repository = new MemoryRepository();
  await repository.add('m', '1', identities(['float32'], ['n']));
  opened.mockReset().mockResolvedValue(repository);
});

/** Runs the command until it waits for a signal, then does something, and sends the signal. */
async function served(args: readonly string[], meanwhile: () => Promise<unknown> = () => Promise.resolve()) {
  const running = inProcess('serve', folder.path, '--http-port', '0', '--grpc-port', '0', ...args);
  const printed = jest.spyOn(process.stdout, 'write').mock.calls;
  let isOver = false;
  void running.finally(() => (isOver = true));
  while (printed.length === 0 && !isOver) await new Promise((resolve) => setTimeout(resolve, 5));
  await meanwhile();
  if (!isOver) process.emit('SIGTERM');
  return running;
}

test('it says where it listens, serves, and ends at SIGTERM with code 0', async () => {
  const { code, stdout, stderr } = await served(['--log-level', 'silent']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+, gRPC on 127\.0\.0\.1:\d+\n$/);
  expect(stderr).toBe('all requests were answered\n');
  expect(repository.isClosed).toBe(true);
});

test('a signal while models are read ends the process', async () => {
  const exit = jest.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  opened.mockImplementation(() => {
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGINT', 'SIGINT');
    return Promise.resolve(repository);
  });
  const before = process.listenerCount('SIGTERM');
  expect((await served(['--log-level', 'silent'])).stderr).toBe('all requests were answered\n');
  expect(exit.mock.calls).toEqual([[143], [130]]);
  expect(process.listenerCount('SIGTERM')).toBe(before);
  exit.mockRestore();
});

test('--json prints one document: addresses and models', async () => {
  const { code, stdout, stderr } = await served(['--json', '--log-level', 'silent', '--no-grpc']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    http: expect.stringMatching(/^http:/) as string,
    models: [{ name: 'm', version: '1', state: 'READY', reason: '' }],
  });
  expect(stderr).toMatch(/^([^{}]+\n)*$/);
});

test('options of models go to the repository', async () => {
  const options = ['--threads', '2', '--max-batch', '16', '--max-delay', '1.5', '--max-queue', '256'];
  await served([...options, '--log-level', 'silent']);
  expect(opened).toHaveBeenCalledWith(folder.path, {
    control: 'poll',
    defaults: { threads: 2, maxBatch: 16, maxDelay: 1.5, maxQueue: 256 },
    onChange: expect.any(Function) as () => void,
  });
  await served(['--max-queue', '0', '--log-level', 'silent']);
  expect(opened.mock.lastCall![1]).toMatchObject({ defaults: { maxQueue: 0 } });
  await served(['--control', 'explicit', '--name', 'digits', '--memory', '1000000', '--log-level', 'silent']);
  expect(opened).toHaveBeenLastCalledWith(folder.path, {
    ...{ control: 'explicit', name: 'digits', memoryBytes: 1_000_000, defaults: {} },
    onChange: expect.any(Function) as () => void,
  });
});

test.each([
  [['--host', '0.0.0.0'], /anybody/],
  [['--tls-cert', 'x.pem'], /--tls-cert and --tls-key/],
  [['--tls-client-ca', 'x.pem'], /--tls-cert and --tls-key/],
  [['--rate-limit', '-1'], /rateLimit/],
  [['--http-port', '70000'], /no port/],
  [['--drain-delay', '-1'], /below 0/],
  [['--grace', '2147484'], /more than 24 days/],
  [['--drain-delay', '1e9'], /more than 24 days/],
  [['--log-level', 'loud'], /loud/],
  [['--max-batch', '70000'], /above 65536/],
  [['--max-batch', '0'], /from 1 on/],
  [['--max-delay', '10001'], /above 10000/],
  [['--max-queue', '-1'], /whole number/],
  [['--threads', '1025'], /above 1024/],
])('%j is wrong usage, found before models are read', async (args, said) => {
  const { code, stderr } = await served(args);
  expect([code, stderr]).toEqual([2, expect.stringMatching(said)]);
  expect(opened).not.toHaveBeenCalled();
});

test('without a folder', async () => {
  expect(await inProcess('serve')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('gdws serve models/') as string,
  });
});

test('where it cannot listen, the models are released', async () => {
  const { code, stderr } = await served(['--token-file', folder.file('none.txt')]);
  expect([code, stderr]).toEqual([1, expect.stringContaining('CONFIG_INVALID')]);
  expect(repository.isClosed).toBe(true);
});

test('--new-token prints a token and its line, which lets its client in', async () => {
  const { code, stdout } = await inProcess('serve', '--new-token', 'camera-7', '--json');
  expect(code).toBe(0);
  const { token, line } = JSON.parse(stdout) as { token: string; line: string };
  await fs.writeFile(folder.file('tokens.txt'), line);
  const plain = await inProcess('serve', '--new-token', 'camera-7');
  expect(plain.stdout).toMatch(/^[\w-]{43}\nsha256:[0-9a-f]{64} camera-7\n$/);
  expect(plain.stderr).toContain('Authorization: Bearer');
  expect((await inProcess('serve', '--new-token', 'a b')).code).toBe(2);

  const write = jest.spyOn(process.stdout, 'write');
  const args = ['--token-file', folder.file('tokens.txt'), '--log-level', 'silent'];
  await served(args, async () => {
    const address = /http:\S+:\d+/.exec(write.mock.calls.map(([text]) => String(text)).join(''))![0];
    const statusOf = async (headers = {}) => (await fetch(`${address}/v2`, { headers })).status;
    expect(await statusOf()).toBe(401);
    expect(await statusOf({ authorization: `Bearer ${token}` })).toBe(200);
  });
  write.mockRestore();
});
