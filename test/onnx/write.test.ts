import fs from 'node:fs';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { readModel } from '../../src/onnx/read';
import { encodeModel, writeModel, writeWhole } from '../../src/onnx/write';
import { temporaryFolder } from './temporary-folder';

const folder = temporaryFolder();
const model = makeModel({
  nodes: [makeNode({ opType: 'Relu', input: ['x'], output: ['y'] })],
  inputs: [makeValueInfo('x', 'float32', [1])],
  outputs: [makeValueInfo('y', 'float32', [1])],
});

/** A folder of its own within the temporary one. */
function own(name: string): string {
  fs.mkdirSync(folder.file(name));
  return folder.file(name);
}

test('a model file is written, over an older one too, and nothing else', async () => {
  const file = `${own('plain')}/model.onnx`;
  fs.writeFileSync(file, 'old');
  await writeModel(model, file);
  expect(new Uint8Array(fs.readFileSync(file))).toEqual(encodeModel(model));
  expect((await readModel(file)).graph!.node[0]!.opType).toBe('Relu');
  expect(fs.readdirSync(folder.file('plain'))).toEqual(['model.onnx']);
});

test('writing through a link keeps the link', async () => {
  own('link');
  fs.writeFileSync(folder.file('link', 'real.onnx'), 'old');
  fs.symlinkSync('real.onnx', folder.file('link', 'model.onnx'));
  await writeModel(model, folder.file('link', 'model.onnx'));
  expect(fs.lstatSync(folder.file('link', 'model.onnx')).isSymbolicLink()).toBe(true);
  expect(new Uint8Array(fs.readFileSync(folder.file('link', 'real.onnx')))).toEqual(encodeModel(model));
});

test('text is written as UTF-8', async () => {
  const file = `${own('text')}/report.json`;
  await writeWhole(file, '{"ü": 1}');
  expect(fs.readFileSync(file, 'utf8')).toBe('{"ü": 1}');
});

describe('what cannot be written leaves all as it was', () => {
  test('into a folder that is not there', async () => {
    const file = folder.file('nowhere', 'model.onnx');
    await expect(writeModel(model, file)).rejects.toMatchObject({ name: 'GdwsError', code: 'OUTPUT_UNWRITABLE', file });
    expect(fs.existsSync(folder.file('nowhere'))).toBe(false);
  });

  test('over a folder', async () => {
    const parent = own('folder');
    fs.mkdirSync(folder.file('folder', 'model.onnx'));
    await expect(writeModel(model, `${parent}/model.onnx`)).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    expect(fs.readdirSync(parent)).toEqual(['model.onnx']);
  });

  test('over a device', async () => {
    await expect(writeModel(model, '/dev/null')).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    expect(fs.statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('below a file', async () => {
    const parent = own('below');
    fs.writeFileSync(`${parent}/file`, 'kept');
    await expect(writeModel(model, `${parent}/file/model.onnx`)).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    expect(fs.readFileSync(`${parent}/file`, 'utf8')).toBe('kept');
  });

  test('under a name that is too long', async () => {
    const parent = own('long');
    await expect(writeModel(model, `${parent}/${'x'.repeat(300)}`)).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
    });
    expect(fs.readdirSync(parent)).toEqual([]);
  });
});
