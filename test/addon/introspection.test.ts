import { execFileSync, spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { concurrency, counters, simd } from '../../src/addon/introspection';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { convolutionModel } from '../engine/convolution-model';

const image = (size: number) => new Tensor('float32', new Float32Array(4 * size * size).fill(1), [1, 4, size, size]);

/** What an expression over the API gives in a process of its own. */
function inChild(expression: string, env: NodeJS.ProcessEnv = {}, prefix: string[] = []): unknown {
  const script = `const { concurrency, simd } = require(${JSON.stringify(path.resolve(__dirname, '../../src/addon/introspection.ts'))});
    process.stdout.write(JSON.stringify(${expression}));`;
  const args = [
    ...prefix.slice(1),
    ...(prefix.length > 0 ? [process.execPath] : []),
    '--require',
    require.resolve('tsx/cjs'),
    '--eval',
    script,
  ];
  const command = prefix[0] ?? process.execPath;
  return JSON.parse(execFileSync(command, args, { env: { ...process.env, ...env }, encoding: 'utf8' }));
}

describe('concurrency()', () => {
  test('is affinity cut by quota', () => {
    const { threads, affinity, quota } = concurrency();
    expect(affinity).toBeGreaterThanOrEqual(1);
    expect(affinity).toBeLessThanOrEqual(os.cpus().length);
    expect(threads).toBe(quota === undefined ? affinity : Math.max(1, Math.min(affinity, Math.ceil(quota))));
  });

  const hasTaskset = spawnSync('taskset', ['--version']).status === 0;
  (hasTaskset ? test : test.skip)('follows the affinity of the process', () => {
    const [processor] = /\d+/.exec(
      execFileSync('taskset', ['-pc', String(process.pid)], { encoding: 'utf8' }).split(':')[1]!,
    )!;
    expect(inChild('concurrency()', {}, ['taskset', '-c', processor])).toMatchObject({ threads: 1, affinity: 1 });
  });
});

describe('simd()', () => {
  test('tells the best of what there is', () => {
    const { inUse, available, cap } = simd();
    expect(available[0]).toBe('portable');
    expect(available).toContain(inUse);
    if (cap === undefined) expect(inUse).toBe(available.at(-1));
  });

  test('follows the cap', () => {
    expect(inChild('simd()', { GDWS_MAX_ISA: 'portable' })).toMatchObject({ inUse: 'portable', cap: 'portable' });
    expect(inChild('simd()', { GDWS_MAX_ISA: 'mmx' })).toEqual({
      available: simd().available,
      inUse: simd().available.at(-1),
    });
  });
});

describe('counters()', () => {
  test('count programs, runs and their time', async () => {
    const before = counters();
    const session = await InferenceSession.create(convolutionModel(4));
    await session.run({ x: image(8) });
    await session.run({ x: image(8) });
    session.runSync({ x: image(9) });
    const after = counters();
    expect(after.runs - before.runs).toBe(3);
    expect(after.programsCompiled - before.programsCompiled).toBe(2);
    expect(after.operationMilliseconds).toBeGreaterThan(before.operationMilliseconds);
    // What is held may at any time become less, as other tests' sessions are collected.
    expect(after.arenaBytes).toBeGreaterThan(0);
    expect(after.weightBytes).toBeGreaterThanOrEqual(4 * 4 * 9 * 4);
    expect(after.queued).toBe(0);
  });

  test('show that sessions together never use more threads than there are processors', async () => {
    const { threads } = concurrency();
    const sessions = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        InferenceSession.create(convolutionModel(4), { intraOpNumThreads: 1 + (i % (threads + 1)) }),
      ),
    );
    const feeds = { x: image(64) };
    // Compiled, so that the runs below are queued as they are asked for.
    for (const session of sessions) await session.run(feeds);
    const seen: number[] = [];
    let queued = 0;
    const watch = setInterval(() => seen.push(counters().threadsInUse), 0);
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const runs = sessions.map((session) => session.run(feeds));
        const now = counters();
        seen.push(now.threadsInUse);
        queued = Math.max(queued, now.queued);
        await Promise.all(runs);
      }),
    );
    clearInterval(watch);
    expect(queued).toBeGreaterThan(0);
    expect(Math.max(...seen)).toBeGreaterThan(0);
    expect(Math.max(...seen)).toBeLessThanOrEqual(threads);
  });
});

describe('a profile', () => {
  test('has each operation with its kernel and the runs it was profiled in', async () => {
    const session = await InferenceSession.create(convolutionModel(4), { enableProfiling: true, kernel: 'product' });
    await session.run({ x: image(8) });
    session.runSync({ x: image(8) });
    session.endProfiling();
    await session.run({ x: image(8) });
    const [operation, ...others] = session.profile();
    expect(others).toEqual([]);
    expect(operation).toMatchObject({ node: 'y', operator: 'Conv', kernel: 'convolution.product', runs: 2 });
    expect(operation!.shape).toEqual([1, 4, 8, 8]);
    expect(operation!.milliseconds).toBeGreaterThan(0);
    session.startProfiling();
    await session.run({ x: image(9) });
    expect(session.profile().map(({ runs }) => runs)).toEqual([2, 1]);
  });

  test('is empty where none was asked for', async () => {
    const session = await InferenceSession.create(convolutionModel(4));
    await session.run({ x: image(8) });
    expect(session.profile()).toEqual([]);
  });
});
