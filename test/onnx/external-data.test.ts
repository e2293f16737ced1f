import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { makeAttribute } from '../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import {
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  type ModelProto,
} from '../../src/onnx/onnx_pb';
import { readModel } from '../../src/onnx/read';
import { decodeTensor } from '../../src/onnx/tensor';
import type { Constant } from '../../src/onnx/value';
import { encodeModel, writeModel } from '../../src/onnx/write';
import { evaluate } from './oracle';
import { refusal } from './refusal';
import { temporaryFolder } from './temporary-folder';

const folder = temporaryFolder();
const weights = Float32Array.from({ length: 8 }, (_, i) => i - 3.5);
const bytesOf = (data: Float32Array) => new Uint8Array(data.buffer);

/** y = (w1 + w2) + x, with w1 an initializer and w2 a Constant, both at a place outside of the file. */
function modelWith(...places: Record<string, string | number>[]): ModelProto {
  const [first, second = first] = places.map((place) =>
    create(TensorProtoSchema, {
      name: 'w1',
      dataType: 1,
      dims: [4n],
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: Object.entries(place).map(([key, value]) =>
        create(StringStringEntryProtoSchema, { key, value: String(value) }),
      ),
    }),
  );
  const model = makeModel({
    nodes: [
      makeNode({ opType: 'Constant', input: [], output: ['w2'] }),
      makeNode({ opType: 'Add', input: ['w1', 'w2'], output: ['w'] }),
      makeNode({ opType: 'Add', input: ['w', 'x'], output: ['y'] }),
    ],
    inputs: [makeValueInfo('x', 'float32', [4])],
    outputs: [makeValueInfo('y', 'float32', [4])],
  });
  model.graph!.initializer.push(first!);
  model.graph!.node[0]!.attribute.push(makeAttribute('value', { tensor: second! }));
  return model;
}

/** Puts a model into a folder of its own, for data beside it. */
function place(name: string, model: ModelProto): string {
  fs.mkdirSync(folder.file(name, 'sub'), { recursive: true });
  fs.writeFileSync(folder.file(name, 'weights.bin'), bytesOf(weights));
  fs.writeFileSync(folder.file('outside.bin'), bytesOf(weights));
  const file = folder.file(name, 'model.onnx');
  fs.writeFileSync(file, encodeModel(model));
  return file;
}

const x: Constant = { type: 'float32', dims: [4], data: Float32Array.of(1, 2, 3, 4) };

test('data beside a model is read as onnxruntime-node reads it, at any offset', async () => {
  const model = modelWith(
    { location: 'weights.bin', length: 16 },
    { location: './weights.bin', offset: 16, length: 16 },
  );
  const file = place('plain', model);
  const read = await readModel(file);
  expect(decodeTensor(read.graph!.initializer[0]!).data).toEqual(weights.subarray(0, 4));
  expect(decodeTensor(read.graph!.node[0]!.attribute[0]!.t!).data).toEqual(weights.subarray(4));
  const expected = await evaluate(file, { x });
  // All of it is in the model now.
  expect(await evaluate(encodeModel(read), { x })).toEqual(expected);
});

test('without a length there is as much as the tensor has', async () => {
  const read = await readModel(
    place('lengthless', modelWith({ location: 'weights.bin' }, { location: 'weights.bin', offset: 8 })),
  );
  expect(decodeTensor(read.graph!.initializer[0]!).data).toEqual(weights.subarray(0, 4));
  expect(decodeTensor(read.graph!.node[0]!.attribute[0]!.t!).data).toEqual(weights.subarray(2, 6));
});

test('folders and links within the folder of the model may be used', async () => {
  const file = place(
    'inside',
    modelWith({ location: 'sub/link.bin', length: 16 }, { location: 'sub/../weights.bin', length: 16 }),
  );
  fs.symlinkSync('../weights.bin', folder.file('inside', 'sub', 'link.bin'));
  const read = await readModel(file);
  expect(decodeTensor(read.graph!.initializer[0]!).data).toEqual(weights.subarray(0, 4));
});

test('the folder of the model may itself be reached by a link', async () => {
  place('target', modelWith({ location: 'weights.bin', length: 16 }));
  fs.symlinkSync('target', folder.file('alias'));
  await expect(readModel(folder.file('alias', 'model.onnx'))).resolves.toBeDefined();
});

describe('refused', () => {
  const refusals: [string, Record<string, string | number>, RegExp][] = [
    ['a path up', { location: '../outside.bin' }, /outside/],
    ['a path up and down', { location: 'sub/../../outside.bin' }, /outside/],
    ['an absolute path', { location: path.resolve('/etc/passwd') }, /relative/],
    ['an absolute path of Windows', { location: 'C:\\data.bin' }, /relative/],
    ['a link that leads out', { location: 'sub/out.bin' }, /link/],
    ['a folder link that leads out', { location: 'sub/up/outside.bin' }, /link/],
    ['a file that is not there', { location: 'missing.bin' }, /ENOENT/],
    ['a folder', { location: 'sub' }, /regular file/],
    ['the folder of the model', { location: '.' }, /regular file/],
    ['a pipe, which would be waited for', { location: 'sub/pipe' }, /regular file/],
    ['a name with a zero', { location: 'a\0b' }, /relative/],
    ['no location', { offset: 0 }, /where its data lies/],
    ['an empty location', { location: '' }, /where its data lies/],
    ['a length beyond the file', { location: 'weights.bin', length: 33 }, /32 bytes/],
    ['an offset beyond the file', { location: 'weights.bin', offset: 33 }, /32 bytes/],
    ['an offset and a length beyond the file', { location: 'weights.bin', offset: 20, length: 16 }, /32 bytes/],
    ['a negative offset', { location: 'weights.bin', offset: -4, length: 16 }, /offset is '-4'/],
    ['an offset that is no number', { location: 'weights.bin', offset: '0x10' }, /offset/],
    ['a length beyond all numbers', { location: 'weights.bin', length: '99999999999999999999' }, /length/],
  ];
  test.each(refusals)('%s', async (name, entries, message) => {
    const own = name.replaceAll(' ', '-');
    const file = place(own, modelWith(entries));
    fs.symlinkSync('../../outside.bin', folder.file(own, 'sub', 'out.bin'));
    fs.symlinkSync('../..', folder.file(own, 'sub', 'up'));
    if (process.platform !== 'win32') execFileSync('mkfifo', [folder.file(own, 'sub', 'pipe')]);
    const error = await readModel(file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'GdwsError', code: 'EXTERNAL_DATA', file, tensor: 'w1' });
    expect((error as Error).message).toMatch(message);
  });

  test('data of another size than the tensor', async () => {
    const read = await readModel(place('short', modelWith({ location: 'weights.bin', length: 12 })));
    expect(() => decodeTensor(read.graph!.initializer[0]!)).toThrow(refusal({ code: 'MODEL_INVALID' }));
  });

  test('bytes without a path', async () => {
    const bytes = encodeModel(modelWith({ location: 'weights.bin' }));
    await expect(readModel(bytes)).rejects.toMatchObject({ code: 'EXTERNAL_DATA', tensor: 'w1' });
  });
});

describe('written', () => {
  const model = () =>
    makeModel({
      nodes: [
        makeNode({ opType: 'Add', input: ['x', 'w'], output: ['s'] }),
        makeNode({ opType: 'Mul', input: ['s', 'small'], output: ['y'] }),
      ],
      inputs: [makeValueInfo('x', 'float32', [3000])],
      outputs: [makeValueInfo('y', 'float32', [3000])],
      initializers: {
        w: { type: 'float32', dims: [3000], data: Float32Array.from({ length: 3000 }, (_, i) => i / 7) },
        small: { type: 'float32', dims: [1], data: Float32Array.of(2) },
      },
    });
  const feed: Constant = { type: 'float32', dims: [3000], data: new Float32Array(3000).fill(0.5) };

  test('a model that was read with external data holds it itself', async () => {
    const file = place('inline', modelWith({ location: 'weights.bin', length: 16 }));
    const target = folder.file('inline-copy.onnx');
    await writeModel(await readModel(file), target);
    expect(await evaluate(target, { x })).toEqual(await evaluate(file, { x }));
    expect(fs.existsSync(`${target}.data`)).toBe(false);
  });

  test('one too large for a file has its weights beside it, and is itself unchanged', async () => {
    fs.mkdirSync(folder.file('large'));
    const file = folder.file('large', 'model.onnx');
    const original = model();
    const before = encodeModel(original);
    await writeModel(original, file, 10_000);
    expect(encodeModel(original)).toEqual(before);
    expect(fs.readdirSync(folder.file('large')).sort()).toEqual(['model.onnx', 'model.onnx.data']);
    expect(fs.statSync(file).size).toBeLessThan(1000);
    expect(await evaluate(file, { x: feed })).toEqual(await evaluate(before, { x: feed }));
    const read = await readModel(file);
    expect(encodeModel(read).length).toBeGreaterThan(12_000);
    expect(await evaluate(read, { x: feed })).toEqual(await evaluate(before, { x: feed }));
  });

  test('one too large even without its weights is refused, and nothing is left', async () => {
    fs.mkdirSync(folder.file('too-large'));
    await expect(writeModel(model(), folder.file('too-large', 'm.onnx'), 100)).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
    });
    expect(fs.readdirSync(folder.file('too-large'))).toEqual([]);
  });
});
