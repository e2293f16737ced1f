import fs from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { clone, create } from '@bufbuild/protobuf';
import {
  batched,
  compress,
  GradientSession,
  ImageSet,
  InferenceSession,
  readNpy,
  Tensor,
  writeNpy,
  type BatchingOptions,
  type GdwsError,
  type RequestOptions,
} from '../../src';
import type { ErrorCode, ErrorDetails } from '../../src/base/errors';
import { withPackages } from '../../src/base/optional';
import { InferenceClient } from '../../src/client';
import { makeModel, makeNode, makeValueInfo, type ModelParts, type NodeParts } from '../../src/onnx/make';
import {
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  type ModelProto,
} from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { operatorTable } from '../../src/operators';
import { openRepository } from '../../src/serve/models/open-repository';
import { Cancellation } from '../../src/batching/cancellation';
import { Gate } from '../../src/serve/gate';
import { readTokens } from '../../src/serve/tokens';

/** One way to go wrong, and what the error must name. */
export interface Provocation {
  readonly title: string;
  readonly code: ErrorCode;
  /** Does it with a folder of its own, in which `file` is the path of every model. */
  readonly provoke: (file: string) => Promise<unknown>;
  /** What the error and its message must name; `file: true` stands for the model's path. */
  readonly names: Omit<ErrorDetails, 'file' | 'remedy' | 'cause'> & { readonly file?: true | string };
}

const floats = (dims: readonly number[], value = 0.5): Constant => ({
  type: 'float32',
  dims,
  data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)).fill(value),
});
const integers = (...values: number[]): Constant => ({
  type: 'int64',
  dims: [values.length],
  data: BigInt64Array.from(values, BigInt),
});
const image = new Tensor('float32', new Float32Array(3 * 64), [1, 3, 8, 8]);

/** A model of one node `layer` from `x` to `y`. */
function model(
  node: Omit<NodeParts, 'output' | 'name'> & { readonly name?: string },
  initializers: Readonly<Record<string, Constant>> = {},
  x: readonly (number | string)[] = [1, 3, 8, 8],
  parts: Partial<ModelParts> = {},
): ModelProto {
  return makeModel({
    nodes: [makeNode({ name: 'layer', ...node, output: ['y'] })],
    inputs: [makeValueInfo('x', 'float32', x)],
    outputs: [makeValueInfo('y', 'float32', ['a', 'b', 'c', 'd'])],
    initializers,
    ...parts,
  });
}

const conv = (dims: readonly number[] = [4, 3, 3, 3], value?: number, x?: readonly (number | string)[]) =>
  model({ opType: 'Conv', input: ['x', 'w'] }, { w: floats(dims, value) }, x);
const absent: string = 'no-such-package';
const relu = model({ opType: 'Relu', input: ['x'] });

async function write(file: string, made: ModelProto): Promise<string> {
  await fs.writeFile(file, encodeModel(made));
  return file;
}

/** Opens a model from its file. */
const opens = (made: ModelProto) => async (file: string) => InferenceSession.create(await write(file, made));

/** Opens it and runs it once. */
const runs = (made: ModelProto, feeds: Record<string, unknown>, fetches?: string[]) => async (file: string) => {
  const session = await InferenceSession.create(await write(file, made));
  try {
    return await (fetches ? session.run(feeds as never, fetches) : session.run(feeds as never));
  } finally {
    await session.release();
  }
};

/** The model with what an edit does to it. */
function edited(made: ModelProto, edit: (copy: ModelProto) => void): ModelProto {
  const copy = clone(ModelProtoSchema, made);
  edit(copy);
  return copy;
}

const external = (location: string) =>
  edited(conv(), (copy) => {
    const tensor = copy.graph!.initializer[0]!;
    tensor.rawData = new Uint8Array();
    tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
    tensor.externalData = [create(StringStringEntryProtoSchema, { key: 'location', value: location })];
  });

const layer = (operator: string) => ({ file: true as const, node: 'layer', operator });

export const provocations: readonly Provocation[] = [
  {
    title: 'a file that is not there',
    code: 'MODEL_UNREADABLE',
    provoke: (file) => InferenceSession.create(file),
    names: { file: true },
  },
  {
    title: 'a file that is no protobuf',
    code: 'MODEL_UNREADABLE',
    provoke: async (file) => {
      await fs.writeFile(file, 'version https://git-lfs.github.com/spec/v1\n');
      return InferenceSession.create(file);
    },
    names: { file: true },
  },
  {
    title: 'a file that changes while a session needs it',
    code: 'MODEL_UNREADABLE',
    provoke: async (file) => {
      const session = await InferenceSession.create(await write(file, conv([4, 3, 3, 3], 0.5, ['n', 3, 8, 8])));
      await write(file, relu);
      return session.run({ x: new Tensor('float32', new Float32Array(2 * 3 * 64), [2, 3, 8, 8]) });
    },
    names: { file: true },
  },
  {
    title: 'nodes in a ring',
    code: 'MODEL_INVALID',
    provoke: opens(
      model({ opType: 'Relu', input: ['z'] }, {}, undefined, {
        nodes: [
          makeNode({ opType: 'Relu', name: 'layer', input: ['z'], output: ['y'] }),
          makeNode({ opType: 'Relu', name: 'layer', input: ['y'], output: ['z'] }),
        ],
      }),
    ),
    names: layer('Relu'),
  },
  {
    title: 'an input that is defined nowhere',
    code: 'MODEL_INVALID',
    provoke: opens(model({ opType: 'Relu', input: ['elsewhere'] })),
    names: { ...layer('Relu'), tensor: 'elsewhere' },
  },
  {
    title: 'too few bytes of weights',
    code: 'MODEL_INVALID',
    provoke: opens(edited(conv(), ({ graph }) => (graph!.initializer[0]!.rawData = new Uint8Array(8)))),
    names: { file: true, tensor: 'w', shape: [4, 3, 3, 3] },
  },
  {
    title: 'an attribute of the wrong type',
    code: 'MODEL_INVALID',
    provoke: opens(
      model({ opType: 'Conv', input: ['x', 'w'], attributes: { group: 'one' } }, { w: floats([4, 3, 3, 3]) }),
    ),
    names: layer('Conv'),
  },
  {
    title: 'weights that are not finite',
    code: 'MODEL_INVALID',
    provoke: async (file) => compress(await write(file, conv([4, 3, 3, 3], NaN)), { macs: 0.5, firstLayer: true }),
    names: { ...layer('Conv'), shape: [4, 3, 3, 3] },
  },
  {
    title: 'weights that are integers already, and are to be compressed',
    code: 'MODEL_QUANTIZED',
    provoke: async (file) => {
      const w: Constant = { type: 'uint8', dims: [4, 3, 3, 3], data: new Uint8Array(4 * 27) };
      return compress(await write(file, model({ opType: 'ConvInteger', input: ['x', 'w'] }, { w })), { macs: 0.5 });
    },
    names: layer('ConvInteger'),
  },
  {
    title: 'weights beside the model that are missing',
    code: 'EXTERNAL_DATA',
    provoke: opens(external('weights.bin')),
    names: { file: true, tensor: 'w' },
  },
  {
    title: 'weights outside the folder of the model',
    code: 'EXTERNAL_DATA',
    provoke: opens(external('../weights.bin')),
    names: { file: true, tensor: 'w' },
  },
  {
    title: 'an operator that nobody knows',
    code: 'OPERATOR_UNSUPPORTED',
    provoke: opens(model({ opType: 'Wobble', input: ['x'] })),
    names: layer('Wobble'),
  },
  {
    title: 'an operator that nobody knows, in a model of free shapes',
    code: 'OPERATOR_UNSUPPORTED',
    provoke: opens(model({ opType: 'Wobble', input: ['x'] }, {}, ['n', 3, 'h', 'w'])),
    names: layer('Wobble'),
  },
  {
    title: 'a node without a name',
    code: 'OPERATOR_UNSUPPORTED',
    provoke: opens(model({ opType: 'Wobble', input: ['x'], name: '' })),
    names: { ...layer('Wobble'), node: 'y' },
  },
  {
    title: 'an attribute that is not supported',
    code: 'OPERATOR_UNSUPPORTED',
    provoke: opens(
      model(
        { opType: 'Resize', input: ['x', '', 'scales'], attributes: { mode: 'spline' } },
        { scales: floats([4], 2) },
      ),
    ),
    names: { ...layer('Resize'), shape: [[1, 3, 8, 8], [4]] },
  },
  {
    title: 'an operator without a gradient',
    code: 'GRADIENT_UNSUPPORTED',
    provoke: async (file) => {
      const sorted = makeModel({
        nodes: [
          makeNode({ opType: 'Flatten', input: ['x'], output: ['rows'] }),
          makeNode({ opType: 'ArgMax', input: ['rows'], output: ['order'], attributes: { axis: 1, keepdims: 0 } }),
          makeNode({
            opType: 'Gather',
            name: 'layer',
            input: ['rows', 'order'],
            output: ['y'],
            attributes: { axis: 1 },
          }),
        ],
        inputs: [makeValueInfo('x', 'float32', [1, 3, 8, 8])],
        outputs: [makeValueInfo('y', 'float32', [])],
      });
      return GradientSession.create(await write(file, sorted));
    },
    names: layer('Gather'),
  },
  {
    title: 'weights that do not fit their input',
    code: 'SHAPE_MISMATCH',
    provoke: opens(conv([4, 2, 3, 3])),
    names: {
      ...layer('Conv'),
      shape: [
        [1, 3, 8, 8],
        [4, 2, 3, 3],
      ],
    },
  },
  {
    title: 'weights that do not fit a feed',
    code: 'SHAPE_MISMATCH',
    provoke: runs(conv([4, 2, 3, 3], 0.5, ['n', 'c', 'h', 'w']), { x: image }),
    names: {
      ...layer('Conv'),
      shape: [
        [1, 3, 8, 8],
        [4, 2, 3, 3],
      ],
    },
  },
  {
    title: 'a feed that does not fit its input',
    code: 'SHAPE_MISMATCH',
    provoke: runs(conv(), { x: new Tensor('float32', new Float32Array(64), [1, 1, 8, 8]) }),
    names: { file: true, tensor: 'x', shape: [1, 1, 8, 8] },
  },
  {
    title: 'a shape that is left open',
    code: 'SHAPE_UNKNOWN',
    provoke: async (file) =>
      compress(await write(file, conv([4, 3, 3, 3], 0.5, ['n', 3, 'h', 'w'])), { macs: 0.5, firstLayer: true }),
    names: layer('Conv'),
  },
  {
    title: 'a feed of another element type',
    code: 'TYPE_MISMATCH',
    provoke: runs(conv(), { x: new Tensor('int32', new Int32Array(3 * 64), [1, 3, 8, 8]) }),
    names: { file: true, tensor: 'x' },
  },
  {
    title: 'inputs of two element types',
    code: 'TYPE_MISMATCH',
    provoke: opens(model({ opType: 'Add', input: ['x', 'one'] }, { one: integers(1) })),
    names: { ...layer('Add'), shape: [[1, 3, 8, 8], [1]] },
  },
  {
    title: 'a feed that is no tensor',
    code: 'TYPE_MISMATCH',
    provoke: runs(relu, { x: new Float32Array(3 * 64) }),
    names: { file: true, tensor: 'x' },
  },
  {
    title: 'no feed',
    code: 'INPUT_MISSING',
    provoke: runs(relu, {}),
    names: { file: true, tensor: 'x', shape: [1, 3, 8, 8] },
  },
  {
    title: 'a feed that the model does not have',
    code: 'INPUT_UNKNOWN',
    provoke: async (file) => {
      const session = await InferenceSession.create(await write(file, relu), { strictNames: true });
      return session.run({ x: image, other: image });
    },
    names: { file: true, tensor: 'other' },
  },
  {
    title: 'an output that the model does not have',
    code: 'OUTPUT_UNKNOWN',
    provoke: runs(relu, { x: image }, ['other']),
    names: { file: true, tensor: 'other' },
  },
  {
    title: 'a number of threads that makes no sense',
    code: 'ARGUMENT_INVALID',
    provoke: async (file) => InferenceSession.create(await write(file, relu), { intraOpNumThreads: -1 }),
    names: {},
  },
  {
    title: 'two goals at once',
    code: 'ARGUMENT_INVALID',
    provoke: async (file) => compress(await write(file, conv()), { macs: 0.5, params: 0.5 }),
    names: {},
  },
  {
    title: 'a budget that nothing meets',
    code: 'BUDGET_OUT_OF_RANGE',
    provoke: async (file) => compress(await write(file, conv()), { macs: 0.01, firstLayer: true }),
    names: { file: true },
  },
  {
    title: 'a folder to write to that is not there',
    code: 'OUTPUT_UNWRITABLE',
    provoke: (file) => writeNpy(path.join(file, 'array.npy'), image),
    names: { file: 'array.npy' },
  },
  {
    title: 'an array that ends early',
    code: 'DATA_UNREADABLE',
    provoke: async (file) => {
      await writeNpy(file, image);
      await fs.truncate(file, 200);
      return readNpy(file);
    },
    names: { file: true, shape: [1, 3, 8, 8] },
  },
  {
    title: 'a package that is not installed',
    code: 'DEPENDENCY_MISSING',
    provoke: () => withPackages([absent], () => import(absent) as Promise<unknown>),
    names: {},
  },
  {
    title: 'a session that was released',
    code: 'SESSION_RELEASED',
    provoke: async (file) => {
      const session = await InferenceSession.create(await write(file, relu));
      await session.release();
      return session.run({ x: image });
    },
    names: { file: true },
  },
  {
    title: 'a signal that fired',
    code: 'ABORTED',
    provoke: async (file) => {
      const session = await InferenceSession.create(await write(file, relu));
      return session.run({ x: image }, { signal: AbortSignal.abort(new Error('enough')) });
    },
    names: {},
  },
  {
    title: 'less memory than calibration needs',
    code: 'OUT_OF_MEMORY',
    provoke: async (file) => {
      const images = new ImageSet([3, 8, 8], new Float32Array(8 * 3 * 64), new Int32Array(8));
      const calibration = { images, memory: 1 };
      return compress(await write(file, conv([4, 3, 3, 3], 0.5, ['n', 3, 8, 8])), {
        macs: 0.5,
        firstLayer: true,
        calibration,
      });
    },
    names: { file: true, shape: [1, 3, 8, 8] },
  },
  {
    title: 'more bytes than a file may have',
    code: 'LIMIT_EXCEEDED',
    provoke: async (file) => InferenceSession.create(await write(file, conv()), { limits: { fileBytes: 500 } }),
    names: { file: true },
  },
  {
    title: 'more bytes beside the model than there may be',
    code: 'LIMIT_EXCEEDED',
    provoke: async (file) => {
      await fs.writeFile(path.join(path.dirname(file), 'weights.bin'), new Uint8Array(4 * 4 * 27));
      return InferenceSession.create(await write(file, external('weights.bin')), { limits: { externalBytes: 100 } });
    },
    names: { file: true, tensor: 'w' },
  },
  {
    title: 'a few bytes that declare a tensor of 4 TB',
    code: 'LIMIT_EXCEEDED',
    provoke: opens(model({ opType: 'Expand', input: ['x', 's'] }, { s: integers(2 ** 15, 2 ** 15, 1024) }, [1])),
    names: { ...layer('Expand'), tensor: 'y', shape: [2 ** 15, 2 ** 15, 1024] },
  },
  {
    title: 'more nodes than there may be',
    code: 'LIMIT_EXCEEDED',
    provoke: async (file) => InferenceSession.create(await write(file, relu), { limits: { nodes: 0 } }),
    names: { file: true },
  },
  {
    title: 'messages too deep within each other',
    code: 'LIMIT_EXCEEDED',
    provoke: async (file) => InferenceSession.create(await write(file, relu), { limits: { depth: 3 } }),
    names: { file: true },
  },
  {
    title: 'more memory than a session may need',
    code: 'LIMIT_EXCEEDED',
    provoke: async (file) => InferenceSession.create(await write(file, conv()), { limits: { memoryBytes: 1000 } }),
    names: { ...layer('Conv'), shape: [[1, 4, 6, 6]] },
  },
  {
    title: 'constants that are too much to compute',
    code: 'LIMIT_EXCEEDED',
    provoke: async (file) => {
      const made = model({ opType: 'ConstantOfShape', input: ['s'] }, { s: integers(2, 2, 32, 32) });
      return InferenceSession.create(await write(file, made), { limits: { foldedElements: 4000 } });
    },
    names: layer('ConstantOfShape'),
  },
  {
    title: 'more requests than may wait',
    code: 'QUEUE_FULL',
    provoke: () => asked({}, { maxQueue: 0 }),
    names: {},
  },
  {
    title: 'a request whose time is over',
    code: 'DEADLINE_EXCEEDED',
    provoke: () => asked({ timeout: 0 }),
    names: {},
  },
  {
    title: 'a request after the last one',
    code: 'SERVER_CLOSING',
    provoke: () => asked({}),
    names: {},
  },
  {
    title: 'a model that is not in the folder',
    code: 'MODEL_UNKNOWN',
    provoke: async (file) => (await served(file)).find('n'),
    names: {},
  },
  {
    title: 'a model that is not loaded',
    code: 'MODEL_NOT_READY',
    provoke: async (file) => (await served(file)).find('m'),
    names: {},
  },
  {
    title: 'a key that no configuration has',
    code: 'CONFIG_INVALID',
    provoke: async (file) => {
      const repository = await served(file, { maxBach: 4 });
      return repository.load('m').catch(({ cause }: { cause: unknown }) => {
        throw cause;
      });
    },
    names: { file: 'config.json' },
  },
  {
    title: 'a defect in an operator',
    code: 'INTERNAL',
    provoke: async (file) => {
      const table = operatorTable as Map<string, unknown>;
      const defect = () => {
        throw new TypeError('undefined is not a function');
      };
      table.set('Wobble', { infer: defect });
      try {
        return await opens(model({ opType: 'Wobble', input: ['x'] }))(file);
      } finally {
        table.delete('Wobble');
      }
    },
    names: layer('Wobble'),
  },
  {
    title: 'more pictures than may wait',
    code: 'QUEUE_FULL',
    provoke: () => {
      const gate = new Gate(1, 0);
      const never = () => new Promise<void>(() => undefined);
      void gate.pass(never, new Cancellation());
      return gate.pass(never, new Cancellation());
    },
    names: {},
  },
  {
    title: 'a file of tokens that has none',
    code: 'CONFIG_INVALID',
    provoke: async (file) => {
      await fs.writeFile(file, '# nobody');
      return readTokens(file);
    },
    names: { file: true },
  },
  {
    title: 'a server that does not answer in time',
    code: 'DEADLINE_EXCEEDED',
    provoke: () =>
      answeredBy(
        () => undefined,
        (address) => new InferenceClient(address, { timeout: 50 }).serverMetadata(),
      ),
    names: {},
  },
  {
    title: 'a server that refuses',
    code: 'SERVER_REFUSED',
    provoke: () =>
      answeredBy(
        (answer) => void answer.writeHead(403).end('{"error":"no"}'),
        (address) => new InferenceClient(address).serverMetadata(),
      ),
    names: {},
  },
  {
    title: 'a server that breaks off',
    code: 'SERVER_UNREACHABLE',
    provoke: () =>
      answeredBy(
        (answer) => void answer.destroy(),
        (address) => new InferenceClient(address).serverMetadata(),
      ),
    names: {},
  },
];

/** What a model answers to requests, of which the second waits for the first. */
async function asked(second: RequestOptions, options?: BatchingOptions): Promise<unknown> {
  const one = await batched(
    await InferenceSession.create(encodeModel(model({ opType: 'Neg', input: ['x'] }))),
    options,
  );
  const answers = [{}, second].map((given) => one.request({ x: image }, given));
  await Promise.all(answers).finally(() => one.drain());
  return one.request({ x: image });
}

/** A folder with the model `m`, and a configuration. */
async function served(file: string, config?: object) {
  const folder = path.dirname(file);
  await fs.mkdir(path.join(folder, 'm', '1'), { recursive: true });
  await write(path.join(folder, 'm', '1', 'model.onnx'), conv());
  if (config) await fs.writeFile(path.join(folder, 'm', 'config.json'), JSON.stringify(config));
  return openRepository(folder, { control: 'explicit' });
}

/** Asks a server of this machine that answers as `answer` does. */
async function answeredBy(
  answer: (response: http.ServerResponse) => void,
  ask: (address: string) => Promise<unknown>,
): Promise<unknown> {
  const server = http.createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** What a provocation throws. */
export async function thrownBy({ provoke }: Provocation, file: string): Promise<GdwsError> {
  try {
    await provoke(file);
  } catch (error) {
    return error as GdwsError;
  }
  throw new Error('nothing was thrown');
}
