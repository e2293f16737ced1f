import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { doubling } from '../batching/models';
import { convolutionStack } from '../runtime/models';
import { InstalledExamples } from './installed';

let examples: InstalledExamples;
beforeAll(() => {
  examples = new InstalledExamples();
  fs.writeFileSync(examples.file('model.onnx'), doubling());
  // A run takes some hundred milliseconds.
  fs.writeFileSync(examples.file('slow.onnx'), convolutionStack({ channels: 1, layers: 1500, size: 24 }));
});
afterAll(() => examples.remove());

const started: ChildProcessWithoutNullStreams[] = [];
afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')));

async function start(framework: string, model: string) {
  const child = examples.start(`batching/${framework}.mjs`, [model, '0']);
  started.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data.toString()));
  while (!/listening on (\S+)/.test(text)) {
    if (child.exitCode !== null) throw new Error(text);
    await wait(10);
  }
  return { child, address: /listening on (\S+)/.exec(text)![1]!, said: () => text };
}

const predict = (address: string, body: string, signal?: AbortSignal) =>
  fetch(`${address}/predict`, { method: 'POST', body, headers: { 'content-type': 'application/json' }, signal });

describe.each(['fastify', 'express', 'nest'])('%s', (framework) => {
  test('each of many requests gets its own answer, and bad ones are refused', async () => {
    const { address, said } = await start(framework, 'model.onnx');
    const numbers = Array.from({ length: 40 }, (_, number) => number);
    const answers = await Promise.all(
      numbers.map((number) =>
        predict(
          address,
          JSON.stringify({
            rows: [
              [number, 0, 0, 1],
              [0, number, 0, 1],
            ],
          }),
        ),
      ),
    );
    for (const [number, answer] of answers.entries()) {
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({
        rows: [
          [2 * number, 0, 0, 2],
          [0, 2 * number, 0, 2],
        ],
      });
    }
    for (const body of [
      '{}',
      '{ "rows": [] }',
      '{ "rows": [[1, 2, 3]] }',
      '{ "rows": [[1, 2, 3, "x"]] }',
      '{ "rows": ',
    ]) {
      const { status, ...answer } = await predict(address, body).then(async (one) => ({
        status: one.status,
        body: (await one.json()) as object,
      }));
      expect([body, status, Object.keys(answer.body)]).toEqual([body, 400, ['error']]);
    }
    expect((await predict(address, JSON.stringify({ rows: Array(17).fill([1, 2, 3, 4]) }))).status).toBe(400);
    expect((await fetch(`${address}/none`)).status).toBe(404);
    // What is the clients' fault is not in the log.
    expect(said().trimEnd().split('\n')).toHaveLength(1);
  });

  test('requests run together; SIGTERM lets those end that were taken', async () => {
    const { child, address, said } = await start(framework, 'slow.onnx');
    const body = JSON.stringify({ rows: [Array(24 * 24).fill(0.5)] });
    const answers = Array.from({ length: 6 }, () => predict(address, body));
    await Promise.all(answers.slice(0, 6));
    const runs = (await (await fetch(`${address}/runs`)).json()) as Record<string, number>;
    expect(Object.keys(runs).some((rows) => Number(rows) > 1)).toBe(true);
    const last = predict(address, body);
    await wait(50);
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    expect((await last).status).toBe(200);
    expect(await ended).toEqual([0, null]);
    expect(said()).toMatch(/\nclosed\n$/);
  });
});
