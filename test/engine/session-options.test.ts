import fs from 'node:fs';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { InferenceSession, Tensor, type SessionOptions } from '../../src';
import { GdwsError, type ErrorCode } from '../../src/base/errors';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { StringStringEntryProtoSchema, TensorProto_DataLocation, TensorProtoSchema } from '../../src/onnx/onnx_pb';
import { encodeModel, writeModel } from '../../src/onnx/write';
import { temporaryFolder } from '../onnx/temporary-folder';
import { convolutionModel } from './convolution-model';

const folder = temporaryFolder();

/** y = x·w with a BatchNormalization behind it that the simplified model does not have, of (n, c, h, w). */
const model = (dims: (number | string)[] = ['n', 2, 'h', 'w']) =>
  encodeModel(
    makeModel({
      nodes: [
        makeNode({ opType: 'Conv', input: ['x', 'w'], output: ['c'], name: 'conv' }),
        makeNode({ opType: 'BatchNormalization', input: ['c', 's', 'b', 'm', 'v'], output: ['y'], name: 'norm' }),
      ],
      inputs: [makeValueInfo('x', 'float32', dims)],
      outputs: [makeValueInfo('y', 'float32', dims)],
      initializers: {
        w: { type: 'float32', dims: [2, 2, 1, 1], data: Float32Array.of(1, 2, 3, 4) },
        s: { type: 'float32', dims: [2], data: Float32Array.of(2, 3) },
        b: { type: 'float32', dims: [2], data: Float32Array.of(1, -1) },
        m: { type: 'float32', dims: [2], data: Float32Array.of(0.5, 0.25) },
        v: { type: 'float32', dims: [2], data: Float32Array.of(1, 4) },
      },
    }),
  );
const image = (height: number, width: number, count = 1) =>
  new Tensor(
    'float32',
    Float32Array.from({ length: count * 2 * height * width }, (_, i) => (i % 7) - 3),
    [count, 2, height, width],
  );

async function failure(options: SessionOptions, source: string | Uint8Array = model()): Promise<ErrorCode> {
  try {
    await InferenceSession.create(source as string, options);
  } catch (error) {
    if (error instanceof GdwsError) return error.code;
    throw error;
  }
  throw new Error('expected an error');
}

async function warningsOf(options: SessionOptions): Promise<string[]> {
  const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    await (await InferenceSession.create(model(), options)).release();
    return emit.mock.calls.map(([, options]) => (options as { code: string }).code);
  } finally {
    emit.mockRestore();
  }
}

describe('executionProviders', () => {
  test('must have the CPU; each other one causes a warning once', async () => {
    const executionProviders = ['cuda', { name: 'coreml' }, 'cpu'];
    expect(await warningsOf({ executionProviders })).toEqual(['GDWS_UNKNOWN_PROVIDER', 'GDWS_UNKNOWN_PROVIDER']);
    expect(await warningsOf({ executionProviders })).toEqual([]);
    expect(await warningsOf({ executionProviders: ['cpu'] })).toEqual([]);
    await expect(InferenceSession.create(model(), { executionProviders: ['cuda', { name: 'dml' }] })).rejects.toThrow(
      /cuda, dml.*add 'cpu'/,
    );
  });
});

describe('freeDimensionOverrides', () => {
  test('are the sizes that feeds must have, for inputs and outputs alike', async () => {
    const session = await InferenceSession.create(model(), { freeDimensionOverrides: { h: 4, w: 5 } });
    expect(session.inputMetadata[0]).toMatchObject({ shape: ['n', 2, 4, 5] });
    expect(session.outputMetadata[0]).toMatchObject({ shape: ['n', 2, 4, 5] });
    expect((await session.run({ x: image(4, 5, 3) })).y!.dims).toEqual([3, 2, 4, 5]);
    await expect(session.run({ x: image(5, 4) })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
  });

  test('let the file of a model be closed at once where nothing else is open', async () => {
    const file = folder.file('fixed.onnx');
    fs.writeFileSync(file, model());
    const session = await InferenceSession.create(file, { freeDimensionOverrides: { n: 1, h: 4, w: 4 } });
    fs.writeFileSync(file, 'something else');
    expect((await session.run({ x: image(4, 4) })).y!.dims).toEqual([1, 2, 4, 4]);
  });

  test('of names that the model does not have cause a warning', async () => {
    expect(await warningsOf({ freeDimensionOverrides: { batch: 4 } })).toEqual(['GDWS_UNKNOWN_DIM']);
    expect(await warningsOf({ freeDimensionOverrides: { n: 4 } })).toEqual([]);
  });
});

describe('optimizedModelFilePath', () => {
  test('has the simplified model, which gives the same', async () => {
    const [source, file] = [folder.file('source.onnx'), folder.file('optimized.onnx')];
    fs.writeFileSync(source, model());
    const x = image(3, 3);
    const wanted = (await (await InferenceSession.create(model())).run({ x })).y!.data;
    for (const given of [source, model()]) {
      const session = await InferenceSession.create(given as string, { optimizedModelFilePath: file });
      expect((await session.run({ x })).y!.data).toEqual(wanted);
      const optimized = await InferenceSession.create(file, { enableProfiling: true });
      expect((await optimized.run({ x })).y!.data).toEqual(wanted);
      expect(optimized.profile()).toHaveLength(1);
      expect(fs.readFileSync(file).includes('BatchNormalization')).toBe(false);
      fs.rmSync(file);
    }
  });

  test('is whole or not there, and never the model itself', async () => {
    const source = folder.file('itself.onnx');
    fs.writeFileSync(source, model());
    const link = folder.file('link.onnx');
    fs.symlinkSync(source, link);
    for (const optimizedModelFilePath of [source, link]) {
      expect(await failure({ optimizedModelFilePath }, source)).toBe('ARGUMENT_INVALID');
    }
    expect(fs.readFileSync(source)).toEqual(Buffer.from(model()));
    // Nor the weights beside it.
    const large = folder.file('large.onnx');
    const wide = makeModel({
      nodes: [makeNode({ opType: 'Conv', input: ['x', 'w'], output: ['y'] })],
      inputs: [makeValueInfo('x', 'float32', [1, 64, 4, 4])],
      outputs: [makeValueInfo('y', 'float32', [1, 64, 2, 2])],
      initializers: { w: { type: 'float32', dims: [64, 64, 3, 3], data: new Float32Array(64 * 64 * 9) } },
    });
    await writeModel(wide, large, 100_000);
    const weights = `${large}.data`;
    const bytes = fs.readFileSync(weights);
    for (const tuning of ['off', 'on'] as const) {
      expect(await failure({ optimizedModelFilePath: weights, tuning }, large)).toBe('ARGUMENT_INVALID');
    }
    expect(fs.readFileSync(weights)).toEqual(bytes);
    // A folder in its place.
    const place = folder.file('taken.onnx');
    fs.mkdirSync(place);
    const before = fs.readdirSync(path.dirname(place));
    expect(await failure({ optimizedModelFilePath: place }, source)).toBe('OUTPUT_UNWRITABLE');
    expect(fs.readdirSync(path.dirname(place))).toEqual(before);
  });
});

describe('externalData', () => {
  test('of several tensors, at any place in a file, is read and left as it is', async () => {
    // The second tensor is listed first: were it moved to an aligned place, it would cover the end of the other.
    const places = { b: 14, a: 2 };
    const added = makeModel({
      nodes: [makeNode({ opType: 'Sum', input: ['x', 'a', 'b'], output: ['y'] })],
      inputs: [makeValueInfo('x', 'float32', [3])],
      outputs: [makeValueInfo('y', 'float32', [3])],
    });
    for (const [name, offset] of Object.entries(places)) {
      const entries = { location: 'w.bin', offset: String(offset), length: '12' };
      added.graph!.initializer.push(
        create(TensorProtoSchema, {
          name,
          dims: [3n],
          dataType: 1,
          dataLocation: TensorProto_DataLocation.EXTERNAL,
          externalData: Object.entries(entries).map(([key, value]) =>
            create(StringStringEntryProtoSchema, { key, value }),
          ),
        }),
      );
    }
    const data = new Uint8Array(26);
    data.set(new Uint8Array(Float32Array.of(1.1, 2.2, 3.3).buffer), places.a);
    data.set(new Uint8Array(Float32Array.of(10, 20, 30).buffer), places.b);
    const [given, file] = [data.slice(), folder.file('beside.onnx')];
    fs.writeFileSync(file, encodeModel(added));
    const x = new Tensor('float32', new Float32Array(3), [3]);
    for (const source of [encodeModel(added), file]) {
      const session = await InferenceSession.create(source as string, {
        externalData: [{ path: 'w.bin', data: given }],
      });
      expect((await session.run({ x })).y!.data).toEqual(
        Float32Array.of(1.1, 2.2, 3.3).map((one, i) => one + 10 * (i + 1)),
      );
      expect(given).toEqual(data);
    }
    const creating = InferenceSession.create(file, { externalData: [{ path: 'w.bin', data: given }] });
    given.fill(0);
    expect((await (await creating).run({ x })).y!.data).not.toContain(0);
    const externalData = [{ path: 'w.bin', data }];
    expect(await failure({ externalData, limits: { externalBytes: 23 } }, file)).toBe('LIMIT_EXCEEDED');
  });

  test('is refused with the place of what is wrong', async () => {
    const wrong = [
      [{ externalData: ['w.bin'] }, /externalData\[0\] is no object with a 'path'/],
      [
        {
          externalData: [
            { path: 'w', data: new Uint8Array(1) },
            { path: 'v', data: 'v' },
          ],
        },
        /externalData\[1\]\.data/,
      ],
      [
        { externalData: ['w', './w'].map((path) => ({ path, data: new Uint8Array(1) })) },
        /externalData\[1\] gives '\.\/w' again/,
      ],
    ] as const;
    for (const [options, message] of wrong) {
      await expect(InferenceSession.create(model(), options)).rejects.toThrow(message);
      expect(await failure(options)).toBe('ARGUMENT_INVALID');
    }
  });
});

test('a run that is told to terminate does not begin', async () => {
  const session = await InferenceSession.create(convolutionModel(4));
  const x = new Tensor('float32', new Float32Array(64 * 4), [1, 4, 8, 8]);
  await expect(session.run({ x }, { terminate: true })).rejects.toMatchObject({ code: 'ABORTED' });
  expect((await session.run({ x }, { terminate: false })).y!.dims).toEqual([1, 4, 8, 8]);
});
