import http from 'node:http';
import { status } from '@grpc/grpc-js';
import { create, toBinary } from '@bufbuild/protobuf';
import { GRPCInferenceService, ModelInferRequestSchema } from '../../src/serve/grpc/inference_pb';
import { GrpcClient, statusOf } from './grpc-client';

/** A generator of 32 bits, for cases that can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Bytes with a few changes: other bytes, parts left out, parts twice, parts of elsewhere. */
function mutated(bytes: Buffer, below: (limit: number) => number, tokens: readonly string[]): Buffer {
  let changed = Buffer.from(bytes);
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(changed.length + 1);
    const end = Math.min(changed.length, at + below(12));
    const [head, part, tail] = [changed.subarray(0, at), changed.subarray(at, end), changed.subarray(end)];
    const token = Buffer.from(tokens[below(tokens.length)] ?? '');
    const choices = [
      [head, tail],
      [head, part, part, tail],
      [head, token, tail],
      [head, token, part, tail],
      [head, Buffer.of(below(256)), tail],
      [head],
    ];
    changed = Buffer.concat(choices[below(choices.length)]!);
  }
  return changed;
}

const jsonTokens = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\u0000', '\ud800', '-', '1e999', '-0', '9223372036854775808', '00'],
  ...['null', 'true', 'NaN', '"NaN"', '[[', ']]', '__proto__', 'constructor', '"inputs"', '"outputs"', '"shape"'],
  ...[
    '"datatype"',
    '"data"',
    '"parameters"',
    '"binary_data_size":',
    '"binary_data":true',
    '-1',
    '0',
    '1.5',
    '4294967296',
  ],
];

const valid = (type: string, datatype: string, data: string, more = '') =>
  `{"id":"1","parameters":{"timeout":0,"priority":1},"inputs":[{"name":"x_${type}","shape":[2],"datatype":"${datatype}",` +
  `"data":${data}${more}}],"outputs":[{"name":"y_${type}","parameters":{"binary_data":false}}]}`;

const bodies = [
  valid('float32', 'FP32', '[1.5,-2]'),
  valid('int64', 'INT64', '[9007199254740993,-1]'),
  valid('bool', 'BOOL', '[true,false]'),
].map((text) => Buffer.from(text));

/** Sends requests over HTTP that are nearly right; gives how often each status was answered. */
export async function fuzzHttp(address: string, count: number, seed: number): Promise<Map<number, number>> {
  const below = random(seed);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const statuses = new Map<number, number>();
  const one = async () => {
    const [model, bytes] = [
      ['float32', bodies[0]!],
      ['int64', bodies[1]!],
      ['bool', bodies[2]!],
    ][below(3)] as [string, Buffer];
    const body = mutated(bytes, below, jsonTokens);
    const headers: Record<string, string> =
      below(4) === 0 ? { 'inference-header-content-length': String(below(body.length + 2)) } : {};
    const status = await post(agent, `${address}/v2/models/${model}/infer`, body, headers);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  };
  for (let done = 0; done < count; done += 8) await Promise.all(Array.from({ length: 8 }, one));
  agent.destroy();
  return statuses;
}

function post(agent: http.Agent, address: string, body: Buffer, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.request(address, { method: 'POST', agent, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString();
        const isBinary = answer.headers['inference-header-content-length'] !== undefined;
        // Every answer is an answer of the protocol.
        const members = isBinary ? ['outputs'] : Object.keys(JSON.parse(text) as object);
        if (!members.includes(answer.statusCode === 200 ? 'outputs' : 'error')) reject(new Error(text));
        if (/\.ts|\.js|\/work|node_modules/.test(text)) reject(new Error(`says too much: ${text}`));
        resolve(answer.statusCode!);
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Sends messages over gRPC that are nearly right; gives how often each status was answered. */
export async function fuzzGrpc(address: string, count: number, seed: number): Promise<Map<number, number>> {
  const below = random(seed);
  const client = new GrpcClient(address);
  const statuses = new Map<number, number>();
  const inputs = [{ name: 'x_float32', datatype: 'FP32', shape: [2n] }];
  const messages = [
    { inputs: [{ ...inputs[0], contents: { fp32Contents: [1, 2] } }] },
    { inputs, rawInputContents: [new Uint8Array(8)], outputs: [{ name: 'y_float32' }], id: 'x' },
  ].map((message) =>
    Buffer.from(
      toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, { modelName: 'float32', ...message })),
    ),
  );
  const { typeName } = GRPCInferenceService;
  const names = GRPCInferenceService.methods.filter(({ methodKind }) => methodKind === 'unary').map(({ name }) => name);
  const one = async () => {
    const name = below(3) === 0 ? names[below(names.length)]! : 'ModelInfer';
    const bytes = mutated(messages[below(2)]!, below, [
      '\u0000',
      '\u00ff',
      '\n\n',
      'x_',
      '(',
      '*',
      '\u0008\u0096\u0001',
    ]);
    const [code, details] = await statusOf(client.send(`/${typeName}/${name}`, bytes));
    if (/\.ts|\.js|\/work|node_modules/.test(details)) throw new Error(`says too much: ${details}`);
    if (code === Number(status.UNAVAILABLE)) throw new Error(`${name} of ${bytes.toString('hex')}: ${details}`);
    statuses.set(code, (statuses.get(code) ?? 0) + 1);
  };
  for (let done = 0; done < count; done += 8) await Promise.all(Array.from({ length: 8 }, one));
  client.close();
  return statuses;
}
