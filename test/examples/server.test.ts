import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { classifier } from '../cli/small-classifier';
import { numbers } from '../runtime/models';
import { InstalledExamples } from './installed';
import { firstOutput, softmax } from './onnxruntime';

const bodyLimit = 200_000;
const labels = ['cat', 'dog', 'bird', 'fish'];

let examples: InstalledExamples;
/** Each of 8×8 pixels. */
const pictures: Buffer[] = [];
beforeAll(async () => {
  examples = new InstalledExamples();
  fs.writeFileSync(examples.file('model.onnx'), classifier({ kernels: [3] }));
  // A run takes about a second, of twenty operations.
  const kernels = new Array<number>(20).fill(11);
  fs.writeFileSync(examples.file('slow.onnx'), classifier({ dims: ['n', 3, 512, 512], kernels }));
  fs.writeFileSync(examples.file('labels.txt'), labels.join('\n'));
  fs.writeFileSync(examples.file('two.txt'), 'cat\ndog');
  fs.writeFileSync(examples.file('open.onnx'), classifier({ dims: ['n', 3, 'h', 'w'] }));
  for (let index = 0; index < 8; index++) {
    const pixels = Uint8Array.from(numbers(8 * 8 * 3, index + 1), (value) => 127.5 * (value + 1));
    const file = examples.file(`${index}.png`);
    await sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
      .png()
      .toFile(file);
    pictures.push(fs.readFileSync(file));
  }
});
afterAll(() => examples.remove());

interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly address: string;
  readonly said: () => string;
}

const started: ChildProcessWithoutNullStreams[] = [];
afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')));

async function start(...args: string[]): Promise<Started> {
  const child = examples.start('server/main.mjs', [...args, '--port', '0', '--body-limit', String(bodyLimit)]);
  started.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data.toString()));
  while (!/listening on (\S+)/.test(text)) {
    if (child.exitCode !== null) throw new Error(text);
    await wait(10);
  }
  return { child, address: /listening on (\S+)/.exec(text)![1]!, said: () => text };
}

const classify = (address: string, body: Buffer | string, type = 'image/png', signal?: AbortSignal) =>
  fetch(`${address}/classify`, { method: 'POST', body, headers: { 'content-type': type }, signal });

interface Health {
  readonly running: number;
  readonly waiting: number;
}
const health = async (address: string) => (await (await fetch(`${address}/health`)).json()) as Health;

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('what is waited for does not come');
    await wait(10);
  }
}

test('each of many simultaneous requests gets the classes of its own picture, as onnxruntime names them', async () => {
  const { address } = await start('model.onnx', '--labels', 'labels.txt', '--running', '2', '--waiting', '100');
  const asked = Array.from({ length: 40 }, (_, index) => index % pictures.length);
  const answers = await Promise.all(asked.map((index) => classify(address, pictures[index]!)));
  expect(answers.map(({ status }) => status)).toEqual(asked.map(() => 200));
  const zero = [0, 0, 0];
  const white = [255, 255, 255];
  for (const [at, index] of asked.entries()) {
    const { classes } = (await answers[at]!.json()) as {
      classes: { index: number; label: string; probability: number }[];
    };
    const logits = await firstOutput(examples.file('model.onnx'), examples.file(`${index}.png`), zero, white);
    const probabilities = softmax(logits);
    const order = [0, 1, 2, 3].sort((one, other) => probabilities[other]! - probabilities[one]!);
    expect(classes.map(({ label }) => label)).toEqual(order.map((label) => labels[label]));
    for (const { index: label, probability } of classes) expect(probability).toBeCloseTo(probabilities[label]!, 4);
  }
  expect(await health(address)).toMatchObject({ status: 'ok', running: 0, waiting: 0 });
});

test('what is no picture, too large, or not asked for is refused with the status that says so', async () => {
  const { address, said } = await start('model.onnx');
  expect((await classify(address, 'a text')).status).toBe(400);
  expect((await classify(address, pictures[0]!.subarray(0, 60))).status).toBe(400);
  expect((await classify(address, '')).status).toBe(400);
  expect((await classify(address, 'a text', 'text/plain')).status).toBe(415);
  expect((await classify(address, '{}', 'application/json')).status).toBe(415);
  expect((await classify(address, Buffer.alloc(bodyLimit + 1))).status).toBe(413);
  expect((await fetch(`${address}/classify`)).status).toBe(404);
  // Few bytes, many pixels.
  const bomb = await sharp(Buffer.alloc(8000 * 8000), { raw: { width: 8000, height: 8000, channels: 1 } })
    .png()
    .toBuffer();
  expect(bomb.length).toBeLessThan(bodyLimit);
  expect((await classify(address, bomb)).status).toBe(413);
  // It serves on, and the log has nothing that is the clients' fault.
  expect((await classify(address, pictures[0]!)).status).toBe(200);
  expect(said().trimEnd().split('\n')).toHaveLength(1);
});

test('a few wait for their turn, and the others are told to come back', async () => {
  const { address } = await start('slow.onnx', '--threads', '1', '--running', '1', '--waiting', '2');
  const answers = await Promise.all(pictures.slice(0, 6).map((picture) => classify(address, picture)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 503, 503, 503]);
  for (const { headers } of answers.filter(({ status }) => status === 503))
    expect(headers.get('retry-after')).toBe('1');
  expect((await classify(address, pictures[0]!)).status).toBe(200);
});

test('the run of a client that has gone is stopped, and one that waits is forgotten', async () => {
  const { address } = await start('slow.onnx', '--threads', '1');
  const began = performance.now();
  await classify(address, pictures[0]!);
  const whole = performance.now() - began;

  const [running, waiting] = [new AbortController(), new AbortController()];
  const first = classify(address, pictures[0]!, 'image/png', running.signal).catch(() => 'gone');
  await until(async () => (await health(address)).running === 1);
  const second = classify(address, pictures[0]!, 'image/png', waiting.signal).catch(() => 'gone');
  await until(async () => (await health(address)).waiting === 1);
  waiting.abort();
  await until(async () => (await health(address)).waiting === 0);
  expect((await health(address)).running).toBe(1);
  const left = performance.now();
  running.abort();
  await until(async () => (await health(address)).running === 0);
  expect(performance.now() - left).toBeLessThan(whole / 2);
  expect(await Promise.all([first, second])).toEqual(['gone', 'gone']);
  expect((await classify(address, pictures[0]!)).status).toBe(200);
});

test('SIGTERM lets requests end that have begun, and takes no new ones', async () => {
  const { child, address, said } = await start('slow.onnx', '--threads', '1');
  const ended = once(child, 'close');
  const answer = classify(address, pictures[0]!);
  await until(async () => (await health(address)).running === 1);
  child.kill('SIGTERM');
  await until(() =>
    fetch(`${address}/health`).then(
      ({ status }) => status === 503,
      () => true,
    ),
  );
  expect((await answer).status).toBe(200);
  const answered = performance.now();
  expect(await ended).toEqual([0, null]);
  // Connections that are kept alive must not keep it alive.
  expect(performance.now() - answered).toBeLessThan(5000);
  expect(said()).toMatch(/\nclosed\n$/);
});

test.each([
  [[], 'what is wanted is'],
  [['none.onnx'], 'none.onnx'],
  [['model.onnx', '--port', 'x'], '--port takes an integer'],
  [['model.onnx', '--preset', 'nonsense'], 'preset'],
  [['model.onnx', '--labels', 'two.txt'], 'there are 2 labels, and 4 classes'],
  [['open.onnx'], 'leaves the size of pictures open'],
])('%j is refused before it listens', async (args, text) => {
  const { code, stdout, stderr } = await examples.run('server/main.mjs', ...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toContain(text);
});
