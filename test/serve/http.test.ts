import type { Server } from '../../src/serve/server';
import { GdwsError } from '../../src';
import type { DataType } from '../../src/onnx/value';
import { MemoryRepository, type PlainModel } from './memory-repository';
import { identities } from './models';
import { startServer } from './start-server';

/** Every datatype that the engine has, by the type of ONNX. */
const types: Readonly<Record<string, DataType>> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BF16: 'bfloat16',
};

const repository = new MemoryRepository();
let server: Server;
let two: PlainModel;
beforeAll(async () => {
  await repository.add('two', '1', identities(['float32', 'int32'], ['n', 2]));
  two = await repository.add('two', '2', identities(['float32', 'int32'], ['n', 2]));
  for (const [datatype, type] of Object.entries(types)) await repository.add(datatype, '1', identities([type]));
  await repository.add('scalar', '1', identities(['float32'], []));
  await repository.add('gone', '1', identities(['float32']));
  await repository.unload('gone');
  server = await startServer(repository, { control: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

async function ask(path: string, body?: string | Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
  const method = body === undefined ? 'GET' : 'POST';
  const answer = await fetch(server.http + path, { method, body: body as string, headers });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.startsWith('application/json');
  const json = (isJson ? JSON.parse(text) : {}) as Record<string, unknown>;
  return { status: answer.status, headers: answer.headers, text, json };
}

/** A request to the model of one datatype, with data as text so that digits stay as they are. */
function requestOf(datatype: string, shape: readonly number[], data: string): string {
  const type = types[datatype]!;
  return `{"inputs":[{"name":"x_${type}","shape":[${shape.join(',')}],"datatype":"${datatype}","data":${data}}]}`;
}

const inputsOfTwo = [
  { name: 'x_float32', shape: [1, 2], datatype: 'FP32', data: [0.5, -2] },
  { name: 'x_int32', shape: [1, 2], datatype: 'INT32', data: [1, 2] },
];
const inferTwo = (members: object = {}, path = '/v2/models/two/infer') =>
  ask(path, JSON.stringify({ inputs: inputsOfTwo, ...members }));

describe('health and metadata', () => {
  test('of the server', async () => {
    expect(await ask('/v2/health/live')).toMatchObject({ status: 200, json: { live: true } });
    expect(await ask('/v2/health/ready')).toMatchObject({ status: 200, json: { ready: true } });
    const { json } = await ask('/v2');
    expect(json).toEqual({ name: 'gdws', version: expect.any(String) as string, extensions: expect.any(Array) as [] });
    expect(json.extensions).toEqual(expect.arrayContaining(['binary_tensor_data', 'model_repository', 'statistics']));
  });

  test('of a model, newest version or the one that is named', async () => {
    const tensors = (side: string) => [
      { name: `${side}_float32`, datatype: 'FP32', shape: [-1, 2] },
      { name: `${side}_int32`, datatype: 'INT32', shape: [-1, 2] },
    ];
    const metadata = {
      name: 'two',
      versions: ['1', '2'],
      platform: 'gdws_onnx',
      inputs: tensors('x'),
      outputs: tensors('y'),
    };
    expect((await ask('/v2/models/two')).json).toEqual(metadata);
    expect((await ask('/v2/models/two/versions/1')).json).toEqual(metadata);
    expect(await ask('/v2/models/two/ready')).toMatchObject({ status: 200, json: { name: 'two', ready: true } });
    expect(await ask('/v2/models/two/versions/2/ready')).toMatchObject({ status: 200 });
    expect(await ask('/v2/models/gone/ready')).toMatchObject({ status: 503, json: { name: 'gone', ready: false } });
    expect((await ask('/v2/models/FP16/config')).json).toEqual({
      ...{ name: 'FP16', platform: 'gdws_onnx', backend: 'gdws', max_batch_size: 0 },
      input: [{ name: 'x_float16', data_type: 'TYPE_FP16', dims: [-1, -1] }],
      output: [{ name: 'y_float16', data_type: 'TYPE_FP16', dims: [-1, -1] }],
    });
    expect((await ask('/v2/models/BF16/versions/1/config')).status).toBe(200);
  });

  test.each([
    '/v2/models/none',
    '/v2/models/two/versions/9',
    '/v2/models/none/ready',
    '/v2/models/none/stats',
    '/v2/none',
    '/x',
  ])('%s is not found', async (path) => {
    const { status, json } = await ask(path);
    expect([status, Object.keys(json)]).toEqual([404, ['error']]);
  });

  test('the OpenAPI document has every path', async () => {
    const { json } = await ask('/v2/docs/json');
    expect(json.openapi).toMatch(/^3\./);
    const paths = Object.keys(json.paths as object);
    const ofModel = ['', '/ready', '/config', '/stats', '/infer', '/classify'];
    const wanted = ofModel.flatMap((suffix) => [
      ...[`/v2/models/{model}${suffix}`, `/v2/models/{model}/versions/{version}${suffix}`],
    ]);
    const others = ['/v2/', '/v2/health/live', '/v2/health/ready', '/v2/models/stats', '/v2/repository/index'];
    const control = ['load', 'unload'].map((action) => `/v2/repository/models/{model}/${action}`);
    expect(paths.map((path) => (path === '/v2' ? '/v2/' : path)).sort()).toEqual(
      [...wanted, ...others, ...control].sort(),
    );
  });
});

describe('infer with JSON', () => {
  const exact: readonly [datatype: string, data: string][] = [
    ['BOOL', '[true,false,false,true]'],
    ['UINT8', '[0,255,7,128]'],
    ['UINT16', '[0,65535,7,128]'],
    ['UINT32', '[0,4294967295,7,128]'],
    ['UINT64', '[0,18446744073709551615,9007199254740993,128]'],
    ['INT8', '[-128,127,0,1]'],
    ['INT16', '[-32768,32767,0,1]'],
    ['INT32', '[-2147483648,2147483647,0,1]'],
    ['INT64', '[-9223372036854775808,9223372036854775807,9007199254740993,-1]'],
    ['FP16', '[0.5,-65504,0.0999755859375,-0]'],
    ['FP32', '[0.5,-3.4028234663852886e+38,1e-45,"NaN"]'],
    ['FP64', '[0.5,"-Infinity","Infinity",-2]'],
    ['BF16', '[0.5,-2,128,1.0078125]'],
  ];
  test.each(exact)('%s goes through to the last digit, flat and nested', async (datatype, data) => {
    const type = types[datatype]!;
    const [a, b, c, d] = data.slice(1, -1).split(',');
    for (const given of [data, `[[${a},${b}],[${c},${d}]]`]) {
      const { status, text } = await ask(`/v2/models/${datatype}/infer`, requestOf(datatype, [2, 2], given));
      const written = data.replace('1e-45', '1.401298464324817e-45');
      expect([status, text]).toEqual([
        200,
        `{"model_name":"${datatype}","model_version":"1","outputs":[{"name":"y_${type}","datatype":"${datatype}","shape":[2,2],"data":${written}}]}`,
      ]);
    }
  });

  test('scalars, empty tensors, and numbers that are 1 or 0', async () => {
    const scalar = '{"inputs":[{"name":"x_float32","shape":[],"datatype":"FP32","data":3.5}]}';
    expect((await ask('/v2/models/scalar/infer', scalar)).text).toContain('"shape":[],"data":[3.5]');
    expect((await ask('/v2/models/FP32/infer', requestOf('FP32', [0, 4], '[]'))).text).toContain(
      '"shape":[0,4],"data":[]',
    );
    expect((await ask('/v2/models/BOOL/infer', requestOf('BOOL', [1, 2], '[1,0]'))).text).toContain('[true,false]');
  });

  const wrong: readonly [datatype: string, shape: number[], data: string][] = [
    ['BOOL', [1, 1], '[2]'],
    ['BOOL', [1, 1], '["true"]'],
    ['UINT8', [1, 1], '[256]'],
    ['UINT8', [1, 1], '[-1]'],
    ['INT8', [1, 1], '[1.5]'],
    ['INT32', [1, 1], '[2147483648]'],
    ['INT64', [1, 1], '[9223372036854775808]'],
    ['INT64', [1, 1], '[9007199254740993.0]'],
    ['INT64', [1, 1], '[0000000000000000001]'],
    ['UINT64', [1, 1], '[18446744073709551616]'],
    ['UINT64', [1, 1], '["1"]'],
    ['UINT64', [1, 1], '[{"integer":"12345678901234567"}]'],
    ['FP32', [1, 1], '[null]'],
    ['FP32', [1, 1], '["1"]'],
    ['FP32', [1, 1], '[NaN]'],
    ['FP32', [2, 2], '[1,2,3]'],
    ['FP32', [2, 2], '[[1,2],[3]]'],
    ['FP32', [2, 2], '[[1,2,3,4]]'],
    ['FP32', [2, 2], '[[[1],[2]],[[3],[4]]]'],
    ['FP32', [-1, 2], '[1,2]'],
    ['FP32', [1.5, 2], '[1,2,3]'],
    ['FP32', [1e15, 1e15], '[1]'],
    ['FP32', [2], '[1,2]'],
    ['FP32', [1, 1], '{}'],
  ];
  test.each(wrong)('%s %j %s is refused', async (datatype, shape, data) => {
    const { status, json } = await ask(`/v2/models/${datatype}/infer`, requestOf(datatype, shape, data));
    expect([status, Object.keys(json)]).toEqual([400, ['error']]);
  });

  test("BYTES is refused by name, and a datatype that is not the input's", async () => {
    const bytes = '{"inputs":[{"name":"x_float32","shape":[1,1],"datatype":"BYTES","data":["a"]}]}';
    expect((await ask('/v2/models/FP32/infer', bytes)).json.error).toContain('BYTES');
    const other = '{"inputs":[{"name":"x_float32","shape":[1,1],"datatype":"INT32","data":[1]}]}';
    expect(await ask('/v2/models/FP32/infer', other)).toMatchObject({ status: 400 });
  });

  test('id, version and order of outputs', async () => {
    const outputs = [{ name: 'y_int32' }, { name: 'y_float32' }];
    const { json } = await inferTwo({ id: 'a"b', outputs }, '/v2/models/two/versions/1/infer');
    expect(json).toEqual({
      ...{ model_name: 'two', model_version: '1', id: 'a"b' },
      outputs: [
        { name: 'y_int32', datatype: 'INT32', shape: [1, 2], data: [1, 2] },
        { name: 'y_float32', datatype: 'FP32', shape: [1, 2], data: [0.5, -2] },
      ],
    });
    expect((await inferTwo({ outputs: [{ name: 'y_int32' }] })).json).toMatchObject({ model_version: '2' });
    expect(two.asked.at(-1)!.fetches).toEqual(['y_int32']);
  });

  test('timeout is in microseconds, and priority 1 is high', async () => {
    await inferTwo({ parameters: { timeout: 1_500_000, priority: 1 } });
    expect(two.asked.at(-1)).toMatchObject({ timeout: 1500, priority: 'high' });
    await inferTwo({ parameters: { timeout: 0, priority: 2, other: 'x' } });
    expect(two.asked.at(-1)).toMatchObject({ timeout: undefined, priority: 'normal' });
  });

  test.each([
    ['an unknown input', { inputs: [...inputsOfTwo, { ...inputsOfTwo[0], name: 'x_flot32' }] }, 'x_float32'],
    ['an input that is missing', { inputs: inputsOfTwo.slice(1) }, 'x_float32'],
    ['an input twice', { inputs: [...inputsOfTwo, inputsOfTwo[0]] }, 'twice'],
    ['an unknown output', { outputs: [{ name: 'y' }] }, 'y_float32'],
    ['an output twice', { outputs: [{ name: 'y_int32' }, { name: 'y_int32' }] }, 'twice'],
    ['an output without a name', { outputs: [{}] }, 'name'],
    ['a name of a prototype', { outputs: [{ name: '__proto__' }] }, 'no such output'],
    ['inputs that are no list', { inputs: {} }, 'list'],
    ['an input that is no object', { inputs: [1] }, 'object'],
    ['an id that is no string', { id: 7 }, 'id'],
    ['a timeout that is no number', { parameters: { timeout: 'soon' } }, 'timeout'],
    ['a timeout below 0', { parameters: { timeout: -1 } }, 'timeout'],
    ['a parameter that is an object', { parameters: { timeout: {} } }, 'parameter'],
    ['a parameter of another server', { parameters: { sequence_id: 3 } }, 'sequence_id'],
    ['classification of an output', { outputs: [{ name: 'y_int32', parameters: { classification: 1 } }] }, 'classify'],
    [
      'binary_data that is no boolean',
      { outputs: [{ name: 'y_int32', parameters: { binary_data: 1 } }] },
      'binary_data',
    ],
    ['an input without data', { inputs: inputsOfTwo.map((one) => ({ ...one, data: undefined })) }, 'data'],
    ['a shape of strings', { inputs: inputsOfTwo.map((one) => ({ ...one, shape: ['1', '2'] })) }, 'shape'],
  ])('%s is refused, and the message says why', async (_, members, said) => {
    const { status, json } = await inferTwo(members);
    expect([status, Object.keys(json)]).toEqual([400, ['error']]);
    expect(json.error).toContain(said);
  });

  test.each(['', '{', '[]', 'null', '"x"', '{"inputs":[', '\u0000', '{"inputs":[]}x', '['.repeat(10_000)])(
    'what is no request is refused: %j',
    async (body) => {
      const { status, json } = await ask('/v2/models/two/infer', body);
      expect([status, Object.keys(json)]).toEqual([400, ['error']]);
    },
  );

  test('bytes that are not UTF-8, and bodies that are compressed', async () => {
    expect((await ask('/v2/models/two/infer', new Uint8Array([0x7b, 0xff]))).status).toBe(400);
    expect((await ask('/v2/models/two/infer', '{}', { 'content-encoding': 'gzip' })).status).toBe(415);
  });
});

describe('errors of the model', () => {
  afterEach(() => (two.failure = undefined));

  test.each([
    ['QUEUE_FULL', 503, true],
    ['MODEL_NOT_READY', 503, true],
    ['SERVER_CLOSING', 503, true],
    ['SESSION_RELEASED', 503, true],
    ['DEADLINE_EXCEEDED', 504, false],
    ['SHAPE_MISMATCH', 400, false],
    ['OUT_OF_MEMORY', 503, true],
  ] as const)('%s is %i', async (code, status, isTransient) => {
    two.failure = new GdwsError(code, 'that is how it is.', { file: '/srv/secret/model.onnx' });
    const answer = await inferTwo();
    expect([answer.status, answer.json]).toEqual([status, { error: 'that is how it is.' }]);
    expect(answer.headers.get('retry-after')).toBe(isTransient ? '1' : null);
  });

  test.each([
    new Error('at /srv/secret/model.onnx'),
    new GdwsError('MODEL_INVALID', 'bad bytes in /srv/secret/model.onnx'),
    new GdwsError('INTERNAL', 'at /srv/secret'),
  ])('what goes wrong within is 500, without details', async (error) => {
    two.failure = error;
    const { status, text } = await inferTwo();
    expect(status).toBe(500);
    expect(text).not.toMatch(/secret|at |\.ts/);
  });

  test('the client who goes away takes its request out', async () => {
    let go!: () => void;
    two.hold = new Promise((resolve) => (go = resolve));
    const gone = new AbortController();
    const asked = two.asked.length;
    const answer = fetch(`${server.http}/v2/models/two/infer`, {
      method: 'POST',
      body: JSON.stringify({ inputs: inputsOfTwo }),
      signal: gone.signal,
    }).catch((error: Error) => error.name);
    while (two.asked.length === asked) await new Promise((resolve) => setTimeout(resolve, 5));
    gone.abort();
    expect(await answer).toBe('AbortError');
    while (!two.asked.at(-1)!.cancellation!.isCancelled) await new Promise((resolve) => setTimeout(resolve, 5));
    go();
    two.hold = Promise.resolve();
    expect((await inferTwo()).status).toBe(200);
  });
});

describe('the repository and statistics', () => {
  test('index', async () => {
    const all = (await ask('/v2/repository/index', '')).json as unknown as { name: string; state: string }[];
    expect(all).toHaveLength(repository.models.size);
    expect(all.find(({ name }) => name === 'gone')).toEqual({
      ...{ name: 'gone', version: '1', state: 'UNAVAILABLE', reason: 'it was unloaded' },
    });
    const ready = (await ask('/v2/repository/index', '{"ready":true}')).json as unknown as unknown[];
    expect(ready).toHaveLength(all.length - 1);
    expect((await ask('/v2/repository/index', '[1]')).status).toBe(400);
  });

  test('load and unload', async () => {
    expect((await ask('/v2/models/gone/infer', requestOf('FP32', [1, 1], '[1]'))).status).toBe(503);
    expect((await ask('/v2/repository/models/gone/load', '')).status).toBe(200);
    expect((await ask('/v2/models/gone/infer', requestOf('FP32', [1, 1], '[1]'))).status).toBe(200);
    expect((await ask('/v2/repository/models/gone/unload', '{"parameters":{"unload_dependents":false}}')).status).toBe(
      200,
    );
    expect(repository.done.slice(-2)).toEqual(['READY gone', 'UNAVAILABLE gone']);
    expect((await ask('/v2/repository/models/none/load', '')).status).toBe(404);
    expect((await ask('/v2/repository/models/gone/load', '{"parameters":{"config":"{}"}}')).status).toBe(400);
  });

  test('without --control explicit nobody loads or unloads', async () => {
    const other = await startServer(repository);
    for (const action of ['load', 'unload']) {
      const answer = await fetch(`${other.http}/v2/repository/models/two/${action}`, { method: 'POST' });
      expect(answer.status).toBe(403);
    }
  });

  test('statistics count what was answered', async () => {
    const of = async () => {
      const { model_stats: list } = (await ask('/v2/models/INT8/stats')).json as { model_stats: never[] };
      return list[0] as unknown as {
        inference_count: number;
        inference_stats: Record<string, { count: number; ns: number }>;
      };
    };
    const before = await of();
    await ask('/v2/models/INT8/infer', requestOf('INT8', [1, 1], '[1]'));
    await ask('/v2/models/INT8/infer', requestOf('INT8', [1], '[1]'));
    const after = await of();
    expect(after.inference_count).toBe(before.inference_count + 1);
    expect(after.inference_stats.success!.count).toBe(before.inference_stats.success!.count + 1);
    expect(after.inference_stats.fail!.count).toBe(before.inference_stats.fail!.count + 1);
    expect(after.inference_stats.compute_infer!.ns).toBeGreaterThan(before.inference_stats.compute_infer!.ns);
    const { model_stats: all } = (await ask('/v2/models/stats')).json as { model_stats: unknown[] };
    expect(all).toHaveLength(repository.served().length);
    const versions = (await ask('/v2/models/two/stats')).json as { model_stats: { version: string }[] };
    expect(versions.model_stats.map(({ version }) => version)).toEqual(['1', '2']);
    const one = (await ask('/v2/models/two/versions/1/stats')).json as { model_stats: { version: string }[] };
    expect(one.model_stats.map(({ version }) => version)).toEqual(['1']);
  });
});
