import fs from 'node:fs';
import path from 'node:path';
import { Tensor } from 'onnxruntime-common';
import { drawNetwork, InferenceSession, networkPageOf, type DrawOptions } from '../../src';
import { randomFeeds } from '../../src/cli/random-feeds';
import { makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { bool, body, floats, model } from '../engine/segments/models';
import { temporaryFolder } from '../onnx/temporary-folder';

const folder = temporaryFolder();
const mnist = path.join(__dirname, '../../examples/robust-mnist.onnx');
const quick = { time: 0.05, threads: 2 };
const digit = { feeds: () => ({ input: new Tensor('float32', new Float32Array(784), [1, 1, 28, 28]) }) };

function written(name: string, parts: Parameters<typeof model>[0]): { file: string; options: DrawOptions } {
  const file = folder.file(name);
  fs.writeFileSync(file, encodeModel(model(parts)));
  return { file, options: { ...quick, feeds: (session) => randomFeeds(session, file, undefined).feeds } };
}

test('times are those of a profile: sums of medians of the same operations, with all threads and with one', async () => {
  const progress: number[] = [];
  const drawing = await drawNetwork(mnist, { ...quick, ...digit, onProgress: (done) => progress.push(done) });
  const session = await InferenceSession.create(mnist, { enableProfiling: true, intraOpNumThreads: 2 });
  await session.run(digit.feeds());
  const kernels = session.profile().map(({ kernel }) => kernel);
  await session.release();
  expect(drawing.boxes.flatMap(({ operations }) => operations.map(({ kernel }) => kernel))).toEqual(kernels);
  for (const { operations, milliseconds, alone } of drawing.boxes) {
    expect(milliseconds).toBeCloseTo(
      operations.reduce((sum, one) => sum + one.milliseconds, 0),
      9,
    );
    expect(alone).toBeCloseTo(
      operations.reduce((sum, one) => sum + one.alone!, 0),
      9,
    );
    expect(milliseconds).toBeGreaterThan(0);
  }
  const total = drawing.boxes.reduce((sum, { milliseconds }) => sum + milliseconds!, 0);
  expect(drawing.measured!.ofOperations).toBeCloseTo(total, 9);
  expect(total).toBeLessThan(1.5 * drawing.measured!.milliseconds);
  expect(drawing.measured!.runs).toBeGreaterThan(1);
  // As `gdws inspect` counts them.
  expect(drawing.macs).toBe(15_129_024);
  expect(drawing.boxes.reduce((sum, { macs }) => sum + (macs ?? 0), 0)).toBe(drawing.macs);
  expect(drawing.boxes.reduce((sum, { params }) => sum + params, 0)).toBe(drawing.params);
  expect(progress.at(-1)).toBe(1);
  expect(drawing.boxes.every(({ where }) => where === 'floats')).toBe(true);
});

test('with one thread there is no comparison of threads', async () => {
  const drawing = await drawNetwork(mnist, { ...quick, ...digit, threads: 1 });
  expect(drawing.boxes.every(({ alone }) => alone === undefined)).toBe(true);
});

test('what the engine does not know is drawn, with the reason', async () => {
  const { file, options } = written('strange.onnx', {
    nodes: [
      { opType: 'Relu', name: 'relu', input: ['x'], output: ['r'] },
      { opType: 'Strange', name: 'strange', input: ['r'], output: ['s'] },
      { opType: 'Neg', name: 'neg', input: ['s'], output: ['y'] },
    ],
    inputs: [makeValueInfo('x', 'float32', [1, 4])],
    outputs: ['y'],
  });
  const drawing = await drawNetwork(file, options);
  expect(drawing.boxes.map(({ where }) => where)).toEqual(['unknown', 'unsupported', 'unknown']);
  expect(drawing.boxes[1]!.reason).toBe('The engine has no operator Strange.');
  expect(drawing.boxes.map(({ reads }) => reads)).toEqual([['x'], [0], [1]]);
  expect(drawing.measured).toBeUndefined();
  expect(drawing.refusal!.message).toContain('Strange');
  expect(await networkPageOf(drawing)).toContain('Not run:');
});

test('a node that the engine refuses for its attributes has the reason', async () => {
  const { file, options } = written('attributes.onnx', {
    nodes: [{ opType: 'Conv', name: 'conv', input: ['x', 'w'], output: ['y'], attributes: { group: 3 } }],
    inputs: [makeValueInfo('x', 'float32', [1, 2, 4, 4])],
    outputs: ['y'],
    initializers: { w: floats([2, 2, 1, 1], 1, 2, 3, 4) },
  });
  const drawing = await drawNetwork(file, options);
  expect(drawing.boxes).toHaveLength(1);
  expect(drawing.boxes[0]).toMatchObject({ where: 'unsupported', reason: drawing.refusal!.message });
});

test('open dims are those of the feeds; where they are not given, the network is drawn without times', async () => {
  const { file, options } = written('open.onnx', {
    nodes: [{ opType: 'Conv', name: 'conv', input: ['x', 'w'], output: ['y'] }],
    inputs: [makeValueInfo('x', 'float32', ['n', 2, 'h', 'w'])],
    outputs: ['y'],
    initializers: { w: floats([2, 2, 1, 1], 1, 2, 3, 4) },
  });
  const open = await drawNetwork(file, options);
  expect(open.refusal!.remedy).toContain('--shape x=');
  expect([open.macs, open.boxes[0]!.macs, open.boxes[0]!.where]).toEqual([undefined, undefined, 'unknown']);
  expect(open.inputs[0]!.type).toBe('float32 n×2×h×w');
  const shapes = { x: [1, 2, 5, 7] };
  const given = await drawNetwork(file, {
    ...options,
    inputShapes: shapes,
    feeds: (session) => randomFeeds(session, file, undefined, shapes).feeds,
  });
  expect([given.macs, given.boxes[0]!.where]).toEqual([2 * 2 * 5 * 7, 'floats']);
  expect(given.boxes[0]!.nodes[0]!.outputs[0]!.type).toBe('float32 1×2×5×7');
});

test('branches are in JavaScript, and what is within them is told apart', async () => {
  const branch = (opType: string) =>
    body({ nodes: [{ opType, input: ['x'], output: [`${opType} y`] }], outputs: [`${opType} y`] });
  const { file, options } = written('if.onnx', {
    nodes: [
      { opType: 'ReduceSum', name: 'sum', input: ['x'], output: ['s'], attributes: { keepdims: 0 } },
      { opType: 'Greater', name: 'greater', input: ['s', 'zero'], output: ['c'] },
      {
        ...{ opType: 'If', name: 'if', input: ['c'], output: ['i'] },
        attributes: { then_branch: branch('Sigmoid'), else_branch: branch('Tanh') },
      },
      { opType: 'Neg', name: 'neg', input: ['i'], output: ['y'] },
    ],
    inputs: [makeValueInfo('x', 'float32', [1, 4])],
    outputs: ['y'],
    initializers: { zero: floats([], 0), never: bool(false) },
  });
  const drawing = await drawNetwork(file, options);
  const box = drawing.boxes.find(({ nodes }) => nodes[0]!.name === 'if')!;
  expect(box.where).toBe('javascript');
  expect(box.nodes[0]!.attributes.map(([, text]) => text)).toEqual(['graph of 1 nodes', 'graph of 1 nodes']);
  expect(drawing.measured!.within.length).toBeGreaterThan(0);
});

test('an abort and unknown shapes are errors', async () => {
  await expect(drawNetwork(mnist, { ...digit, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ABORTED',
  });
  await expect(drawNetwork(mnist, { ...digit, inputShapes: { none: [1] } })).rejects.toMatchObject({
    code: 'INPUT_UNKNOWN',
  });
  await expect(drawNetwork(mnist, { ...digit, limits: { nodes: 5 } })).rejects.toMatchObject({
    code: 'LIMIT_EXCEEDED',
  });
  await expect(drawNetwork(mnist, { ...digit, time: 0 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
});
