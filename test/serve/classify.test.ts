import sharp from 'sharp';
import { imageTensor, InferenceSession, topK } from '../../src';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import type { Server } from '../../src/serve/server';
import { classifier } from '../cli/small-classifier';
import { numbers } from '../runtime/models';
import { MemoryRepository, type PlainModel } from './memory-repository';
import { identities } from './models';
import { startServer } from './start-server';

const labels = ['cat', 'dog', 'bird', 'fish'];
const recipe = { mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.1], crop: 0.875 };
const repository = new MemoryRepository();
let server: Server;
let model: PlainModel;
const pictures: Record<string, Buffer> = {};
beforeAll(async () => {
  model = await repository.add('m', '1', classifier(), { recipe, labels });
  await repository.add('plain', '1', classifier(), { recipe: {} });
  await repository.add('half', '1', classifier({ type: 'float16', dims: ['n', 3, 'h', 'w'] }), {
    recipe: { size: [8, 8] },
  });
  await repository.add('open', '1', classifier({ dims: ['n', 3, 'h', 'w'] }), { recipe: {} });
  await repository.add('tensors', '1', classifier());
  await repository.add('two', '1', identities(['float32', 'int32']), { recipe: {} });
  await repository.add('flat', '1', identities(['float32']), { recipe: {} });
  const map = encodeModel(
    makeModel({
      nodes: [makeNode({ opType: 'Relu', input: ['x'], output: ['y'] })],
      inputs: [makeValueInfo('x', 'float32', ['n', 3, 8, 8])],
      outputs: [makeValueInfo('y', 'float32', ['n', 3, 8, 8])],
      initializers: {},
    }),
  );
  await repository.add('map', '1', map, { recipe: {} });
  server = await startServer(repository, { pixelLimit: 10_000, bodyLimit: 1_000_000 });
  const pixels = Uint8Array.from(numbers(20 * 14 * 3, 7), (value) => 127.5 * (value + 1));
  const raw = () => sharp(pixels, { raw: { width: 20, height: 14, channels: 3 } });
  pictures.jpeg = await raw().jpeg().toBuffer();
  pictures.png = await raw().png().toBuffer();
  pictures.webp = await raw().webp().toBuffer();
  pictures.tiff = await raw().tiff().toBuffer();
  pictures.gif = await raw().gif().toBuffer();
  pictures.svg = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="/etc/passwd"/></svg>',
  );
});

async function classify(name: string, body: Uint8Array, query = '') {
  const headers = { 'content-type': 'image/jpeg' };
  const answer = await fetch(`${server.http}/v2/models/${name}/classify${query}`, { method: 'POST', body, headers });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

test.each(['jpeg', 'png', 'webp'])(
  'a %s becomes what the recipe says, and has the classes of the model',
  async (format) => {
    const { status, json } = await classify('m', pictures[format]!, '?top=3');
    const input = await imageTensor(pictures[format]!, { ...recipe, size: 8 });
    const session = await InferenceSession.create(classifier());
    const { [session.outputNames[0]!]: logits } = await session.run({ [session.inputNames[0]!]: input });
    await session.release();
    const [classes] = topK(logits as never, 3, { labels });
    expect([status, json]).toEqual([200, { model_name: 'm', model_version: '1', classes }]);
  },
);

test('without labels, five classes or as many as there are; by version, too', async () => {
  const { json } = await classify('plain/versions/1', pictures.png!);
  expect((json.classes as object[]).map((one) => Object.keys(one))).toEqual(
    Array(4).fill(['index', 'value', 'probability']),
  );
});

test('in half precision, at the size of the recipe', async () => {
  expect((await classify('half', pictures.png!)).status).toBe(200);
});

test.each([
  ['open', 'size'],
  ['tensors', 'expects'],
  ['two', 'inputs'],
  ['flat', 'axes'],
  ['map', 'no classifier'],
])('the model %s takes none', async (name, said) => {
  const { status, json } = await classify(name, pictures.png!);
  expect([status, Object.keys(json)]).toEqual([400, ['error']]);
  expect(json.error).toContain(said);
});

test.each(['tiff', 'gif', 'svg'])('a %s is not taken', async (format) => {
  const { status, json } = await classify('m', pictures[format]!);
  expect([status, json.error]).toEqual([415, expect.stringContaining(format)]);
});

test.each(['', 'x', '{"a":1}', '\u0000'.repeat(100)])('%j is no picture', async (text) => {
  expect((await classify('m', Buffer.from(text))).status).toBe(400);
});

test('pictures that are cut short', async () => {
  const asked = model.asked.length;
  for (const format of ['jpeg', 'png', 'webp']) {
    const bytes = pictures[format]!;
    for (const length of [10, 30, bytes.length >> 1])
      expect((await classify('m', bytes.subarray(0, length))).status).toBe(400);
  }
  expect(model.asked).toHaveLength(asked);
});

test('few bytes, many pixels', async () => {
  const bomb = await sharp(Buffer.alloc(8000 * 8000), { raw: { width: 8000, height: 8000, channels: 1 } })
    .png()
    .toBuffer();
  expect(bomb.length).toBeLessThan(1_000_000);
  expect((await classify('m', bomb)).status).toBe(413);
});

test.each(['0', '-1', '1.5', 'x', '', '9999999', '1&top=2'])('top=%s is refused', async (top) => {
  expect((await classify('m', pictures.png!, `?top=${top}`)).status).toBe(400);
});

test('no more than some pictures wait to be read', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => classify('m', pictures.jpeg!)));
  const statuses = new Set(answers.map(({ status }) => status));
  expect([...statuses].every((status) => status === 200 || status === 503)).toBe(true);
  expect((await classify('m', pictures.jpeg!)).status).toBe(200);
});
