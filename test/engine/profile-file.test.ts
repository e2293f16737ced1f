import fs from 'node:fs';
import path from 'node:path';
import { InferenceSession, Tensor, type SessionOptions } from '../../src';
import { temporaryFolder } from '../onnx/temporary-folder';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { floats } from '../graph/small-network';

interface TraceEvent {
  readonly cat: string;
  readonly dur: number;
  readonly ts: number;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const folder = temporaryFolder();

/** Two operations, named first and second, of one shape. */
const dims = ['batch', 4, 'height', 'width'];
const model = encodeModel(
  makeModel({
    nodes: [
      makeNode({ opType: 'Conv', input: ['x', 'w'], output: ['h'], name: 'first', attributes: { pads: [1, 1, 1, 1] } }),
      makeNode({
        opType: 'Conv',
        input: ['h', 'w'],
        output: ['y'],
        name: 'second',
        attributes: { pads: [1, 1, 1, 1] },
      }),
    ],
    inputs: [makeValueInfo('x', 'float32', dims)],
    outputs: [makeValueInfo('y', 'float32', dims)],
    initializers: { w: floats([4, 4, 3, 3]) },
  }),
);
const image = (size: number) => new Tensor('float32', new Float32Array(4 * size * size).fill(1), [1, 4, size, size]);

let count = 0;
async function profiled(options: SessionOptions = {}) {
  const place = folder.file(`profile-${++count}`);
  fs.mkdirSync(place);
  const given = { enableProfiling: true, profileFilePrefix: path.join(place, 'run'), ...options };
  const session = await InferenceSession.create(model, given);
  const read = () =>
    fs.readdirSync(place).map((file) => JSON.parse(fs.readFileSync(path.join(place, file), 'utf8')) as TraceEvent[]);
  return { session, place, read };
}
const named = (events: readonly TraceEvent[], name: string) => events.filter((event) => event.name === name);
const endOf = ({ ts, dur }: TraceEvent) => ts + dur;

describe.each([1, 2])('the file of a profile, with %d threads', (intraOpNumThreads) => {
  test('has each operation of each run within its run, with times that add up to those of the profile', async () => {
    const { session, read } = await profiled({ intraOpNumThreads });
    const begun = performance.now();
    for (const size of [64, 64, 65]) await session.run({ x: image(size) });
    session.runSync({ x: image(64) });
    const all = (performance.now() - begun) * 1e3;
    const times = session.profile();
    session.endProfiling();
    const [events] = read();
    const runs = named(events!, 'model_run');
    const executions = named(events!, 'SequentialExecutor::Execute');
    const [first, second] = ['first', 'second'].map((name) => named(events!, `${name}_kernel_time`));
    expect([runs.length, executions.length, first!.length, second!.length]).toEqual([4, 4, 4, 4]);
    executions.forEach((execution, i) => {
      const run = runs[i]!;
      // Nanoseconds are rounded. An operation begins where the one before ends.
      expect(first![i]!.ts).toBeCloseTo(execution.ts, 1);
      expect(second![i]!.ts).toBeCloseTo(endOf(first![i]!), 1);
      expect(endOf(second![i]!)).toBeCloseTo(endOf(execution), 1);
      expect(execution.ts).toBeGreaterThanOrEqual(run.ts);
      expect(endOf(execution)).toBeLessThanOrEqual(endOf(run));
      if (i > 0) expect(run.ts).toBeGreaterThanOrEqual(endOf(runs[i - 1]!) - 0.01);
    });
    expect(runs.reduce((sum, { dur }) => sum + dur, 0)).toBeLessThanOrEqual(all);
    expect(times).toHaveLength(4);
    for (const { node, shape, milliseconds, kernel } of times) {
      const those = named(events!, `${node}_kernel_time`).filter(
        ({ args }) => JSON.stringify(args.output_shape) === JSON.stringify(shape),
      );
      expect(those.every(({ args }) => args.kernel === kernel)).toBe(true);
      expect(those.reduce((sum, { dur }) => sum + dur, 0)).toBeCloseTo(milliseconds * 1e3, 1);
    }
    const [loading, initialization] = ['model_loading_array', 'session_initialization'].map(
      (name) => named(events!, name)[0]!,
    );
    expect(endOf(loading!)).toBeLessThanOrEqual(initialization!.ts + 0.01);
    expect(endOf(initialization!)).toBeLessThanOrEqual(runs[0]!.ts + 0.01);
  });
});

test('runs at once have a place each, and none is lost', async () => {
  const { session, read } = await profiled({ intraOpNumThreads: 1 });
  await session.run({ x: image(16) });
  await Promise.all(Array.from({ length: 20 }, (_, i) => session.run({ x: image(16 + (i % 2)) })));
  session.endProfiling();
  const [events] = read();
  expect(named(events!, 'model_run')).toHaveLength(21);
  expect(named(events!, 'second_kernel_time')).toHaveLength(21);
});

test('runs after the end are in no file; a second profile has one of its own', async () => {
  const { session, read } = await profiled();
  await session.run({ x: image(8) });
  session.endProfiling();
  await session.run({ x: image(8) });
  session.endProfiling();
  expect(read().map((events) => named(events, 'second_kernel_time').length)).toEqual([1]);
  session.startProfiling();
  await session.run({ x: image(8) });
  await session.run({ x: image(8) });
  session.endProfiling();
  expect(read().map((events) => named(events, 'second_kernel_time').length)).toEqual([1, 2]);
});

test('a release writes it once', async () => {
  const { session, read } = await profiled();
  await session.run({ x: image(8) });
  await session.release();
  await session.release();
  expect(read().map((events) => named(events, 'model_run').length)).toEqual([1]);
});

test('sessions of one prefix and the same time have a file each', async () => {
  const now = jest.spyOn(Date, 'now').mockReturnValue(Date.UTC(2026, 0, 31));
  const profileFilePrefix = folder.file('same');
  const sessions = await Promise.all(
    [1, 2, 3].map(() => InferenceSession.create(model, { enableProfiling: true, profileFilePrefix })),
  );
  now.mockRestore();
  for (const session of sessions) session.endProfiling();
  expect(fs.readdirSync(folder.path).filter((name) => name.startsWith('same_'))).toHaveLength(3);
});

test('without a prefix there is none', async () => {
  const { session, place } = await profiled({ profileFilePrefix: undefined });
  await session.run({ x: image(8) });
  session.endProfiling();
  await session.release();
  expect(fs.readdirSync(place)).toEqual([]);
  expect(fs.readdirSync('.').filter((name) => /_\d{4}-\d\d-\d\d_.*\.json$/.test(name))).toEqual([]);
});

test('what cannot be written is an error, leaves nothing, and the session is released all the same', async () => {
  const { session, place } = await profiled();
  await session.run({ x: image(8) });
  fs.rmSync(place, { recursive: true });
  await expect(session.release()).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
  await expect(session.run({ x: image(8) })).rejects.toMatchObject({ code: 'SESSION_RELEASED' });
  await session.release();
  expect(fs.existsSync(place)).toBe(false);
});
