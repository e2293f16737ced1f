import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as onnxruntime from 'onnxruntime-node';
import { disagreement, tolerance } from '../../benchmarks/agreement';
import { GdwsError } from '../../src/base/errors';
import { randomFeeds } from '../../src/cli/random-feeds';
import { compress } from '../../src/compress/compress';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { GradientSession } from '../../src/gradient/gradient-session';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { NodeProto } from '../../src/onnx/onnx_pb';
import { elementCount, type Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { numbers } from '../runtime/models';

const floats = (...dims: number[]): Constant => ({ type: 'float32', dims, data: numbers(elementCount(dims)) });
const integers = (...data: number[]): Constant => ({
  type: 'int64',
  dims: [data.length],
  data: BigInt64Array.from(data, BigInt),
});

interface Open {
  readonly dims: readonly (number | string)[];
  readonly nodes: readonly NodeProto[];
  readonly constants: Record<string, Constant>;
  readonly outputs?: readonly (number | string)[];
}

const modelOf = ({ dims, nodes, constants, outputs = ['a', 'b'] }: Open) =>
  encodeModel(
    makeModel({
      nodes,
      inputs: [makeValueInfo('x', 'float32', dims)],
      outputs: [makeValueInfo('y', 'float32', outputs)],
      initializers: constants,
    }),
  );
const chain = (...layers: [opType: string, constants?: string[], attributes?: Record<string, number | number[]>][]) =>
  layers.map(([opType, constants = [], attributes = {}], i) =>
    makeNode({
      opType,
      name: `${opType}${i}`,
      input: [i === 0 ? 'x' : `t${i - 1}`, ...constants],
      output: [i === layers.length - 1 ? 'y' : `t${i}`],
      attributes,
    }),
  );

/** Clips of eight frames: the mean of what a network says of each. */
const clips = modelOf({
  dims: ['frames', 3, 6, 6],
  nodes: chain(
    ['Conv', ['w']],
    ['Relu'],
    ['GlobalAveragePool'],
    ['Reshape', ['clips']],
    ['ReduceMean', [], { axes: [1], keepdims: 0 }],
  ),
  constants: { w: floats(16, 3, 3, 3), clips: integers(-1, 8, 16) },
});
/** The difference of pairs of images, all firsts before all seconds. */
const pairs = modelOf({
  dims: ['images', 3, 5, 5],
  nodes: [
    makeNode({ opType: 'Split', input: ['x'], output: ['first', 'second'], attributes: { axis: 0 } }),
    makeNode({ opType: 'Sub', input: ['first', 'second'], output: ['difference'] }),
    makeNode({ opType: 'Conv', input: ['difference', 'w'], output: ['y'] }),
  ],
  constants: { w: floats(4, 3, 3, 3) },
  outputs: ['a', 'b', 'c', 'd'],
});
/** Features of a sound. */
const waveform = modelOf({
  dims: ['length'],
  nodes: chain(
    ['Unsqueeze', ['ahead']],
    ['Conv', ['w'], { strides: [2] }],
    ['Relu'],
    ['ReduceMean', [], { axes: [2], keepdims: 0 }],
  ),
  constants: { ahead: integers(0, 1), w: floats(6, 1, 5) },
});
/** A picture as most files have it, of 8 columns. */
const picture = modelOf({
  dims: ['height', 8, 3],
  nodes: chain(
    ['Transpose', [], { perm: [2, 0, 1] }],
    ['Unsqueeze', ['ahead']],
    ['Conv', ['w']],
    ['MaxPool', [], { kernel_shape: [3, 3] }],
    ['GlobalAveragePool'],
    ['Flatten'],
  ),
  constants: { ahead: integers(0), w: floats(5, 3, 3, 3) },
});

const folder = fs.mkdtempSync(path.join(tmpdir(), 'gdws-open-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const image = (...dims: number[]) => new Tensor('float32', numbers(elementCount(dims)), dims);

describe('a leading dim that is open and cannot be 1 waits for the run', () => {
  test.each<[string, Uint8Array, number[][], number[]]>([
    [
      'frames of clips',
      clips,
      [
        [8, 3, 6, 6],
        [24, 3, 6, 6],
      ],
      [9, 3, 6, 6],
    ],
    [
      'pairs of images',
      pairs,
      [
        [2, 3, 5, 5],
        [6, 3, 5, 5],
      ],
      [3, 3, 5, 5],
    ],
    ['a waveform without a batch', waveform, [[64], [7]], [4]],
    [
      'a picture of open height',
      picture,
      [
        [5, 8, 3],
        [19, 8, 3],
      ],
      [2, 8, 3],
    ],
  ])('of %s', async (name, bytes, shapes, misfit) => {
    const other = await onnxruntime.InferenceSession.create(bytes, { intraOpNumThreads: 1 });
    const file = path.join(folder, `${name}.onnx`);
    fs.writeFileSync(file, bytes);
    for (const source of [bytes, file]) {
      const session = await InferenceSession.create(source as string, { intraOpNumThreads: 1 });
      for (const dims of shapes) {
        const x = image(...dims);
        const expected = await other.run({ x: new onnxruntime.Tensor('float32', x.data, dims) });
        for (const found of [await session.run({ x }), session.runSync({ x })]) {
          expect(disagreement(found, expected).relative).toBeLessThan(tolerance);
        }
        // What gdws bench --shape feeds.
        const { feeds } = randomFeeds(session, file, undefined, { x: dims });
        expect((await session.run(feeds)).y!.dims).toEqual(expected.y!.dims);
      }
      // What does not fit is an error of the run, which names the node.
      const wrong = await session.run({ x: image(...misfit) }).catch((error: unknown) => error);
      expect(wrong).toBeInstanceOf(GdwsError);
      expect((wrong as GdwsError).code).toBe('SHAPE_MISMATCH');
      expect((wrong as GdwsError).node).toBeDefined();
      expect(() => session.runSync({ x: image(...misfit) })).toThrow(GdwsError);
      await session.release();
    }
    await other.release();
  });

  test.each([
    ['frames of clips', clips, [16, 3, 6, 6], 2],
    ['a waveform without a batch', waveform, [33], 1],
    ['a picture of open height', picture, [9, 8, 3], 1],
  ])('of %s, with gradients', async (_, bytes, dims, rows) => {
    const session = await GradientSession.create(bytes, { intraOpNumThreads: 1 });
    const x = image(...dims);
    const gradient = await session.gradient({ x }, (logits) => logits.map(() => 1));
    expect(gradient.logits.dims[0]).toBe(rows);
    expect(gradient.inputs.x!.dims).toEqual(dims);
    const step = 1e-2;
    const sumAt = async (moved: number) => {
      const data = x.data.slice();
      data[5]! += moved;
      const logits = (await session.logits({ x: new Tensor('float32', data, dims) })).data as Float32Array;
      return logits.reduce((sum, value) => sum + value, 0);
    };
    const slope = ((await sumAt(step)) - (await sumAt(-step))) / (2 * step);
    expect((gradient.inputs.x!.data as Float32Array)[5]).toBeCloseTo(slope, 2);
    await session.weightGradients({ x }, (logits) => logits.map(() => 1));
    await session.release();
  });

  test('and of what compress counts', async () => {
    const options = { firstLayer: true };
    await expect(compress(clips, { ...options, macs: 0.5 })).resolves.toBeDefined();
    const unknown = compress(picture, { ...options, macs: 0.5 });
    await expect(unknown).rejects.toMatchObject({ code: 'SHAPE_UNKNOWN' });
    await expect(unknown).rejects.toThrow(/input 'x'.*--shape/);
    const known = await compress(picture, { ...options, macs: 0.9, inputShapes: { x: [32, 8, 3] } });
    expect(known.summary.layers).toHaveLength(1);
  });
});

describe('what does not rest on the guess is reported when the session is made', () => {
  const regrouped = chain(['Reshape', ['clips']], ['Frobnicate']);

  test.each<[string, Open, string, string]>([
    [
      'an operator that is not there',
      { dims: ['n', 16], nodes: regrouped, constants: { clips: integers(-1, 8, 16) } },
      'OPERATOR_UNSUPPORTED',
      'Frobnicate1',
    ],
    [
      'an operator in a form that is not there',
      {
        dims: ['n', 3, 8, 8],
        nodes: chain(['Reshape', ['clips']], ['Cast', [], { to: 5 }]),
        constants: { clips: integers(-1, 8, 192) },
      },
      'OPERATOR_UNSUPPORTED',
      'Cast1',
    ],
    [
      'channels that do not fit',
      { dims: ['n', 3, 8, 8], nodes: chain(['Conv', ['w']]), constants: { w: floats(4, 5, 3, 3) } },
      'SHAPE_MISMATCH',
      'Conv0',
    ],
    [
      'constants that do not fit',
      {
        dims: ['n', 16],
        nodes: [
          makeNode({ opType: 'Reshape', input: ['w', 'sizes'], output: ['v'], name: 'Reshape0' }),
          makeNode({ opType: 'MatMul', input: ['x', 'v'], output: ['y'] }),
        ],
        constants: { w: floats(5, 5), sizes: integers(16, 2) },
      },
      'SHAPE_MISMATCH',
      'Reshape0',
    ],
    [
      'a dim of 0, which is not open',
      { dims: [0, 16], nodes: chain(['Reshape', ['clips']]), constants: { clips: integers(2, 8, 16) } },
      'SHAPE_MISMATCH',
      'Reshape0',
    ],
  ])('%s', async (_, parts, code, node) => {
    const model = modelOf(parts);
    await expect(InferenceSession.create(model)).rejects.toMatchObject({ code, node });
  });

  test('a dim of 0 is told as such, and another is refused', async () => {
    const model = modelOf({ dims: [0, 16], nodes: chain(['Relu']), constants: {} });
    const session = await InferenceSession.create(model);
    expect(session.inputMetadata[0]).toMatchObject({ shape: [0, 16] });
    expect((await session.run({ x: image(0, 16) })).y!.dims).toEqual([0, 16]);
    await expect(session.run({ x: image(1, 16) })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
  });
});
