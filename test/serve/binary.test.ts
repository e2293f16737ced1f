import type { Server } from '../../src/serve/server';
import { MemoryRepository } from './memory-repository';
import { identities } from './models';
import { startServer } from './start-server';

// Tensors as bytes behind the JSON, as Triton has them, byte by byte.

let server: Server;
beforeAll(async () => {
  const repository = new MemoryRepository();
  await repository.add('m', '1', identities(['float32', 'int16', 'bool'], ['n']));
  server = await startServer(repository);
});

async function infer(json: unknown, bytes: readonly number[], headers: Record<string, string> = {}) {
  const head = Buffer.from(JSON.stringify(json));
  const answer = await fetch(`${server.http}/v2/models/m/infer`, {
    method: 'POST',
    body: Buffer.concat([head, Buffer.from(bytes)]),
    headers: { 'inference-header-content-length': String(head.length), ...headers },
  });
  return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
}

const binary = (name: string, datatype: string, length: number, size: number) => ({
  ...{ name, datatype, shape: [length], parameters: { binary_data_size: size } },
});
const floats = binary('x_float32', 'FP32', 2, 8);
const shorts = binary('x_int16', 'INT16', 3, 6);
const flags = { name: 'x_bool', datatype: 'BOOL', shape: [2], data: [true, false] };
/** -2 and 1.5, then 1, -1 and 256. */
const bytes = [0, 0, 0, 0xc0, 0, 0, 0xc0, 0x3f, 1, 0, 0xff, 0xff, 0, 1];

test('bytes in, JSON out', async () => {
  const { status, headers, body } = await infer({ inputs: [floats, flags, shorts] }, bytes);
  expect(status).toBe(200);
  expect(headers.get('inference-header-content-length')).toBeNull();
  expect(headers.get('content-type')).toBe('application/json');
  expect((JSON.parse(body.toString()) as { outputs: unknown }).outputs).toEqual([
    { name: 'y_float32', datatype: 'FP32', shape: [2], data: [-2, 1.5] },
    { name: 'y_int16', datatype: 'INT16', shape: [3], data: [1, -1, 256] },
    { name: 'y_bool', datatype: 'BOOL', shape: [2], data: [true, false] },
  ]);
});

test('bytes at any address', async () => {
  for (let length = 0; length < 9; length++) {
    const id = '7'.repeat(length);
    const { body } = await infer({ id, inputs: [floats, flags, shorts] }, bytes);
    const { outputs } = JSON.parse(body.toString()) as { outputs: { data: unknown }[] };
    expect(outputs.map(({ data }) => data)).toEqual([
      [-2, 1.5],
      [1, -1, 256],
      [true, false],
    ]);
  }
});

test('bytes out: those of each output, in their order, right behind the JSON', async () => {
  const outputs = [
    { name: 'y_bool' },
    { name: 'y_int16', parameters: { binary_data: true } },
    { name: 'y_float32', parameters: { binary_data: true } },
  ];
  const { headers, body } = await infer({ id: '7', inputs: [floats, flags, shorts], outputs }, bytes);
  expect(headers.get('content-type')).toBe('application/octet-stream');
  const length = Number(headers.get('inference-header-content-length'));
  expect(body.subarray(0, length).toString()).toBe(
    '{"model_name":"m","model_version":"1","id":"7","outputs":[' +
      '{"name":"y_bool","datatype":"BOOL","shape":[2],"data":[true,false]},' +
      '{"name":"y_int16","datatype":"INT16","shape":[3],"parameters":{"binary_data_size":6}},' +
      '{"name":"y_float32","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}}]}',
  );
  expect([...body.subarray(length)]).toEqual([...bytes.slice(8), ...bytes.slice(0, 8)]);
});

test('binary_data_output holds for all outputs that do not say otherwise', async () => {
  const parameters = { binary_data_output: true };
  const inputs = [floats, flags, shorts];
  const all = await infer({ inputs, parameters }, bytes);
  expect([...all.body.subarray(Number(all.headers.get('inference-header-content-length')))]).toEqual([...bytes, 1, 0]);
  const outputs = [{ name: 'y_bool' }, { name: 'y_int16', parameters: { binary_data: false } }];
  const some = await infer({ inputs, parameters, outputs }, bytes);
  const length = Number(some.headers.get('inference-header-content-length'));
  expect(some.body.subarray(0, length).toString()).toContain('"data":[1,-1,256]');
  expect([...some.body.subarray(length)]).toEqual([1, 0]);
});

test('bytes at any address: a JSON of each length', async () => {
  for (let id = ''; id.length < 8; id += 'i') {
    const { body } = await infer({ id, inputs: [floats, flags, shorts] }, bytes);
    expect(body.toString()).toContain('"data":[-2,1.5]');
  }
});

test.each([
  ['too few bytes', [floats, flags, shorts], bytes.slice(0, -1)],
  ['too many', [floats, flags, shorts], [...bytes, 0]],
  ['a size that is not that of the shape', [{ ...floats, shape: [3] }, flags, shorts], bytes],
  ['a size below 0', [binary('x_float32', 'FP32', 2, -8), flags, shorts], bytes],
  ['a size that is no integer', [binary('x_float32', 'FP32', 2, 8.5), flags, shorts], bytes],
  ['data, and bytes too', [{ ...floats, data: [1, 2] }, flags, shorts], bytes],
  ['booleans that are neither 0 nor 1', [floats, shorts, binary('x_bool', 'BOOL', 1, 1)], [...bytes, 2]],
])('%s: refused', async (_, inputs, given) => {
  const { status, body } = await infer({ inputs }, given);
  expect([status, Object.keys(JSON.parse(body.toString()) as object)]).toEqual([400, ['error']]);
});

test.each(['-1', '1e2', '999999', 'x', '', '1, 2', '99999999999999999999'])(
  'Inference-Header-Content-Length %j: refused',
  async (length) => {
    const headers = { 'inference-header-content-length': length };
    expect((await infer({ inputs: [floats, flags, shorts] }, bytes, headers)).status).toBe(400);
  },
);
