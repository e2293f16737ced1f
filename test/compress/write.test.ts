import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { compress } from '../../src';
import { readModel } from '../../src/onnx/read';
import { writeModel } from '../../src/onnx/write';
import { classifier } from '../calibrate/subjects';

let folder: string;
let bytes: Buffer;
const inFolder = (name: string) => path.join(folder, name);

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-source-'));
  const model = classifier([[1, 0], [0, 1]]); // prettier-ignore
  await fs.writeFile(inFolder('model.onnx'), model);
  bytes = await fs.readFile(inFolder('model.onnx'));
});
afterEach(() => fs.rm(folder, { recursive: true }));

const compressed = () => compress(inFolder('model.onnx'), { error: 0.1 });

test.each(['model.onnx', 'sub/../model.onnx', 'symbolic.onnx', 'hard.onnx'])(
  'a compression does not write over its source as %s',
  async (name) => {
    await fs.mkdir(inFolder('sub'));
    await fs.symlink(inFolder('model.onnx'), inFolder('symbolic.onnx'));
    await fs.link(inFolder('model.onnx'), inFolder('hard.onnx'));
    const target = `${folder}/${name}`;
    const refused = (await compressed()).write(target);
    await expect(refused).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', file: target });
    await expect(refused).rejects.toThrow('the output is the model itself');
    expect((await fs.readFile(inFolder('model.onnx'))).equals(bytes)).toBe(true);
  },
);

test('a relative path is no way around', async () => {
  const target = path.relative(process.cwd(), inFolder('model.onnx'));
  await expect((await compressed()).write(target)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
});

test('nor over the file with its weights', async () => {
  const model = await readModel(inFolder('model.onnx'));
  model.graph!.initializer[0]!.rawData = new Uint8Array(model.graph!.initializer[0]!.rawData);
  // Weights of a kilobyte and more go to a file of their own, where the model may not be larger than this.
  const [large] = model.graph!.initializer;
  model.graph!.initializer.push({ ...large!, name: 'spare', dims: [512n], rawData: new Uint8Array(2048) });
  await writeModel(model, inFolder('apart.onnx'), 1500);
  const data = await fs.readFile(inFolder('apart.onnx.data'));
  const apart = await compress(inFolder('apart.onnx'), { error: 0.1 });
  await expect(apart.write(inFolder('apart.onnx.data'))).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  expect((await fs.readFile(inFolder('apart.onnx.data'))).equals(data)).toBe(true);
});

test('where it is allowed, the source is replaced; other files always are', async () => {
  await fs.writeFile(inFolder('other.onnx'), 'old');
  const compression = await compressed();
  await compression.write(inFolder('other.onnx'));
  expect((await fs.readFile(inFolder('other.onnx'))).equals(compression.bytes())).toBe(true);
  await compression.write(inFolder('model.onnx'), { overwriteSource: true });
  expect((await fs.readFile(inFolder('model.onnx'))).equals(compression.bytes())).toBe(true);
});
