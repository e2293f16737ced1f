import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import ts from 'typescript';
import * as theirs from 'onnxruntime-node';
import { Tensor, type InferenceSession } from '../../src';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { StringStringEntryProtoSchema, TensorProto_DataLocation, TensorProtoSchema } from '../../src/onnx/onnx_pb';
import type { DataType } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import * as ours from '../../src/onnxruntime-node';

// Each row of the table of docs/onnxruntime.md has cases here: code that is run with both packages.

type Api = typeof theirs;
type Code = (ort: Api) => unknown;
type Cases = Readonly<Record<string, Code>>;

/** What became of code: its value, or that it threw. */
type Outcome = { readonly value: unknown } | { readonly refused: true };

interface Row {
  /** Both give the same value, or refuse. */
  readonly same?: Cases;
  /** We give this; onnxruntime-node refuses, or gives something else. */
  readonly better?: Readonly<Record<string, readonly [Code, value: unknown]>>;
  /** We refuse, with this code; onnxruntime-node does not. */
  readonly refused?: Readonly<Record<string, readonly [Code, code: string]>>;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-onnxruntime-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const fresh = (() => {
  let count = 0;
  return (name: string) => path.join(folder, `${++count}-${name}`);
})();

/** sum = x + x and product = sum · x, of (n, 3). */
const model = (type: DataType = 'float32', dims: (string | number)[] = ['n', 3]) =>
  encodeModel(
    makeModel({
      nodes: [
        makeNode({ opType: 'Add', input: ['x', 'x'], output: ['sum'], name: 'add' }),
        makeNode({ opType: 'Mul', input: ['sum', 'x'], output: ['product'], name: 'mul' }),
      ],
      inputs: [makeValueInfo('x', type, dims)],
      outputs: [makeValueInfo('sum', type, dims), makeValueInfo('product', type, dims)],
    }),
  );
const bytes = model();
const file = fresh('model.onnx');
fs.writeFileSync(file, bytes);

/** sum = x + w, where w lies in the file w.bin. */
const withWeightsBeside = (location = 'w.bin') => {
  const model = makeModel({
    nodes: [makeNode({ opType: 'Add', input: ['x', 'w'], output: ['sum'] })],
    inputs: [makeValueInfo('x', 'float32', ['n', 3])],
    outputs: [makeValueInfo('sum', 'float32', ['n', 3])],
  });
  const entries = { location, offset: '4', length: '12' };
  model.graph!.initializer.push(
    create(TensorProtoSchema, {
      name: 'w',
      dims: [3n],
      dataType: 1,
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: Object.entries(entries).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value })),
    }),
  );
  return encodeModel(model);
};
const weights = () => new Uint8Array(Float32Array.of(0, 10, 20, 30).buffer);

const elements = () => Float32Array.of(1, 2, 3, 4, 5, 6);
const x = (ort: Api) => new ort.Tensor('float32', elements(), [2, 3]);
const shared = <T extends Uint8Array | Float32Array>(array: T): T => {
  const Type = array.constructor as new (buffer: SharedArrayBuffer) => T;
  const copy = new Type(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
};
const doubled = { type: 'float32', dims: [2, 3], data: [2, 4, 6, 8, 10, 12] };
const multiplied = { type: 'float32', dims: [2, 3], data: [2, 8, 18, 32, 50, 72] };
const all = { sum: doubled, product: multiplied };

/** Values that tests compare: of tensors what they say, of results the names in order. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('dims' in value && 'type' in value) {
    const { type, dims, data } = value as theirs.Tensor;
    return { type, dims: [...dims], data: [...(data as Float32Array)] };
  }
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}

async function outcomeOf(code: Code, ort: Api): Promise<Outcome & { error?: unknown }> {
  try {
    return { value: plain(await code(ort)) };
  } catch (error) {
    return { refused: true, error };
  }
}

type Options = theirs.InferenceSession.SessionOptions;
type Loose = Record<string, unknown>;

/** The result of a run of a session with these options, also such as types do not allow. */
const withOptions =
  (options: Loose | undefined, source: string | Uint8Array = bytes): Code =>
  async (ort) => {
    const session = await ort.InferenceSession.create(source as string, options as Options);
    return session.run({ x: x(ort) });
  };
const eachOption = (name: string, values: readonly unknown[]): Cases =>
  Object.fromEntries(values.map((value) => [JSON.stringify(value), withOptions({ [name]: value })]));

/** The result of a run with these arguments behind the feeds. */
const withArguments =
  (make: (ort: Api) => readonly unknown[]): Code =>
  async (ort) => {
    const session = await ort.InferenceSession.create(bytes);
    return (session.run as (...all: unknown[]) => Promise<unknown>)({ x: x(ort) }, ...make(ort));
  };
const eachRunOption = (name: string, values: readonly unknown[]): Cases =>
  Object.fromEntries(values.map((value) => [JSON.stringify(value), withArguments(() => [{ [name]: value }])]));

const withFeeds =
  (make: (ort: Api) => unknown, source = bytes): Code =>
  async (ort) => {
    const session = await ort.InferenceSession.create(source);
    return session.run(make(ort) as theirs.InferenceSession.FeedsType);
  };

const created =
  (...args: unknown[]): Code =>
  async (ort) => {
    const { InferenceSession } = ort as unknown as Creating;
    return (await InferenceSession.create(...args)).run({ x: x(ort) });
  };
interface Creating {
  readonly InferenceSession: { create(...args: unknown[]): Promise<theirs.InferenceSession> };
}

/** What a session gives of itself. */
const ofSession =
  (read: (session: theirs.InferenceSession, ort: Api) => unknown): Code =>
  async (ort) =>
    read(await ort.InferenceSession.create(bytes), ort);

const padded = new Uint8Array(bytes.length + 10);
padded.set(bytes, 5);

/** An environment is one for both packages: what code does to it is undone. */
const inEnvironment =
  (code: Code): Code =>
  async (ort) => {
    const { env } = ort;
    const before = { logLevel: env.logLevel, debug: env.debug, trace: env.trace };
    try {
      return await code(ort);
    } finally {
      Object.assign(env, before);
    }
  };

/** What is written to the console under `console.timeStamp`, `time` and `timeEnd`. */
async function marksOf(code: () => unknown): Promise<unknown[]> {
  const marks: unknown[] = [];
  const spies = (['timeStamp', 'time', 'timeEnd'] as const).map((name) =>
    jest.spyOn(console, name).mockImplementation((label?: string) => void marks.push([name, label])),
  );
  await code();
  for (const spy of spies) spy.mockRestore();
  return marks;
}

/** The events of a profile that is written by `end`, without numbers, and the name of its file. */
const profileOf =
  (end: (session: theirs.InferenceSession) => unknown): Code =>
  async (ort) => {
    const place = fresh('profiles');
    fs.mkdirSync(place);
    const options = { enableProfiling: true, profileFilePrefix: path.join(place, 'pre'), intraOpNumThreads: 2 };
    const session = await ort.InferenceSession.create(file, options);
    for (let run = 0; run < 2; ++run) await session.run({ x: x(ort) });
    await end(session);
    const [name, ...others] = fs.readdirSync(place);
    expect(others).toEqual([]);
    expect(name).toMatch(/^pre_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_\d{3}\.json$/);
    const events = JSON.parse(fs.readFileSync(path.join(place, name!), 'utf8')) as Record<string, unknown>[];
    return events.map(({ cat, pid, tid, dur, ts, ph, name, args, ...others }) => {
      expect([pid, tid, dur, ts].map((number) => typeof number)).toEqual(Array(4).fill('number'));
      expect(dur).toBeGreaterThanOrEqual(0);
      const { op_name: operator, provider, node_index: index } = args as Record<string, unknown>;
      return { cat, ph, name, operator, provider, index, others };
    });
  };

/** A model that onnxruntime-node runs, and that another session has written. */
const optimized = (level: string): Code => {
  return async (ort) => {
    const written = fresh('optimized.onnx');
    const options = { optimizedModelFilePath: written, graphOptimizationLevel: level } as Options;
    const session = await ort.InferenceSession.create(bytes, options);
    await session.release();
    const reader = await theirs.InferenceSession.create(written);
    return reader.run({ x: x(theirs) });
  };
};

const ofType = (type: DataType, data: theirs.Tensor['data']): Code =>
  withFeeds(() => ({ x: { type, data, dims: [1, 3], location: 'cpu' } }), model(type));

const strings = encodeModel(
  makeModel({
    nodes: [makeNode({ opType: 'Identity', input: ['s'], output: ['t'] })],
    inputs: [makeValueInfo('s', 'string', [2])],
    outputs: [makeValueInfo('t', 'string', [2])],
  }),
);

/** Both widen float16, of which onnxruntime adds none. */
const halves = encodeModel(
  makeModel({
    nodes: [makeNode({ opType: 'Cast', input: ['x'], output: ['y'], attributes: { to: 1 } })],
    inputs: [makeValueInfo('x', 'float16', ['n'])],
    outputs: [makeValueInfo('y', 'float32', ['n'])],
  }),
);

/** The class of a second copy of onnxruntime-common. */
const foreign = (): typeof Tensor => {
  let copy: { Tensor: typeof Tensor };
  jest.isolateModules(() => (copy = jest.requireActual('onnxruntime-common')));
  expect(copy!.Tensor).not.toBe(Tensor);
  return copy!.Tensor;
};

const lookalike = (changes: Loose = {}) => ({
  type: 'float32',
  data: elements(),
  dims: [2, 3],
  location: 'cpu',
  ...changes,
});

/** A backend whose sessions have no outputs. */
const backend = {
  init: () => Promise.resolve(),
  createInferenceSessionHandler: () =>
    Promise.resolve({ inputNames: ['x'], outputNames: [], run: () => Promise.resolve({}) }),
};

const levels = [2, 3, 4, 5, -1, 1.5, '2', null];

const rows: Readonly<Record<string, Row>> = {
  'InferenceSession.create(path, options?)': {
    same: {
      path: created(file),
      'path and options': created(file, { intraOpNumThreads: 1 }),
      'options undefined': created(file, undefined),
      'no such file': created(fresh('missing.onnx')),
      'options that are a number': created(file, 0),
      'options that are null': created(file, null),
      'a URL': created(new URL(`file://${file}`)),
      'the text of a URL': created(`file://${file}`),
      'no argument': created(),
      'bytes of another class': created(new Int8Array(bytes)),
    },
  },
  'InferenceSession.create(buffer, options?)': {
    same: { buffer: created(bytes.slice().buffer), options: created(bytes.slice().buffer, { intraOpNumThreads: 1 }) },
    better: { 'shared memory': [created(shared(bytes).buffer), all] },
  },
  'InferenceSession.create(buffer, byteOffset, byteLength?, options?)': {
    same: {
      part: created(padded.buffer, 5, bytes.length),
      'with options': created(padded.buffer, 5, bytes.length, { intraOpNumThreads: 1 }),
      'to the end': created(padded.slice(0, -5).buffer, 5),
      'options that are text': created(padded.buffer, 5, bytes.length, 'x'),
      'options in place of the length': created(padded.buffer, 5, {}),
      'an offset below 0': created(padded.buffer, -1),
      'a fraction': created(padded.buffer, 5.5),
      'an offset beyond the end': created(padded.buffer, 1e6),
      'no length': created(padded.buffer, 5, 0),
      'too large a length': created(padded.buffer, 5, 1e6),
    },
    better: { 'shared memory': [created(shared(padded).buffer, 5, bytes.length), all] },
  },
  'InferenceSession.create(bytes, options?)': {
    same: {
      bytes: created(bytes),
      'a Buffer': created(Buffer.from(bytes)),
      'a part of a buffer': created(padded.subarray(5, 5 + bytes.length)),
      'an offset': created(bytes, 0),
      'no model': created(Uint8Array.of(1, 2, 3)),
    },
    better: { 'shared memory': [created(shared(bytes)), all] },
    refused: {
      'weights in the working directory': [
        async (ort) => {
          const before = process.cwd();
          process.chdir(folder);
          try {
            fs.writeFileSync('w.bin', weights());
            return await created(withWeightsBeside(), { graphOptimizationLevel: 'disabled' })(ort);
          } finally {
            process.chdir(before);
          }
        },
        'EXTERNAL_DATA',
      ],
    },
  },
  'InferenceSession.run(feeds, options?)': {
    same: {
      feeds: withArguments(() => []),
      options: withArguments(() => [{ tag: 'one' }]),
      'no options': withArguments(() => [undefined]),
      'options that are text': withArguments(() => ['x']),
      'options that are a number': withArguments(() => [5]),
      ...Object.fromEntries(
        [null, undefined, 5, 'x', []].map((feeds) => [`feeds ${String(feeds)}`, withFeeds(() => feeds)]),
      ),
      'a Tensor in place of feeds': withFeeds(x),
      'inherited feeds': withFeeds((ort) => Object.create({ x: x(ort) }) as object),
      'a feed that is null': withFeeds(() => ({ x: null })),
      'a feed that is a number': withFeeds(() => ({ x: 5 })),
    },
  },
  'InferenceSession.run(feeds, fetches, options?)': {
    same: {
      names: withArguments(() => [['sum']]),
      'names in another order': async (ort) =>
        Object.keys((await withArguments(() => [['product', 'sum']])(ort)) as object),
      'a name twice': withArguments(() => [['sum', 'sum']]),
      'an unknown name': withArguments(() => [['other']]),
      'a number among names': withArguments(() => [[5]]),
      'no names': withArguments(() => [[]]),
      'an empty object': withArguments(() => [{}]),
      null: withArguments(() => [{ product: null }]),
      undefined: withArguments(() => [{ sum: undefined, product: null }]),
      'nothing but undefined': withArguments(() => [{ sum: undefined }]),
      'a name that the model does not have beside one': withArguments(() => [{ sum: null, other: null }]),
      'a Tensor in place of an object': withArguments((ort) => [x(ort)]),
      'options behind it': withArguments(() => [['sum'], { tag: 'one' }]),
      'options behind it that are text': withArguments(() => [['sum'], 'x']),
      'a tensor to fill': async (ort) => {
        const sum = new ort.Tensor('float32', new Float32Array(6), [2, 3]);
        const results = (await withArguments(() => [{ sum, product: null }])(ort)) as typeof all;
        return [results, plain(sum)];
      },
      'a tensor of another shape': withArguments((ort) => [
        { sum: new ort.Tensor('float32', new Float32Array(6), [3, 2]) },
      ]),
      'a tensor of another type': withArguments((ort) => [{ sum: new ort.Tensor('int32', new Int32Array(6), [2, 3]) }]),
    },
    better: {
      'a look-alike to fill': [
        async (ort) => {
          const sum = lookalike({ data: new Float32Array(6) });
          await withArguments(() => [{ sum }])(ort);
          return sum;
        },
        doubled,
      ],
    },
    refused: { 'no tensor': [withArguments(() => [{ sum: 5 }]), 'TYPE_MISMATCH'] },
  },
  'InferenceSession.release()': {
    same: {
      once: ofSession((session) => session.release()),
      'runs after it': ofSession(async (session, ort) => {
        await session.release();
        return session.run({ x: x(ort) });
      }),
      'names after it': ofSession(async (session) => {
        await session.release();
        return session.inputNames;
      }),
      'the end of a profile after it': ofSession(async (session) => {
        await session.release();
        session.endProfiling();
      }),
    },
    better: {
      twice: [
        ofSession(async (session) => {
          await session.release();
          return session.release();
        }),
        undefined,
      ],
    },
  },
  'InferenceSession.startProfiling()': {
    same: { returns: ofSession((session) => session.startProfiling()) },
    better: {
      times: [
        ofSession(async (session, ort) => {
          session.startProfiling();
          await session.run({ x: x(ort) });
          return (session as InferenceSession).profile().map(({ node, runs }) => [node, runs]);
        }),
        [
          ['add', 1],
          ['mul', 1],
        ],
      ],
    },
  },
  'InferenceSession.endProfiling()': {
    same: {
      'a profile': profileOf((session) => session.endProfiling()),
      'without a profile': ofSession((session) => session.endProfiling()),
      'a second time': profileOf((session) => {
        session.endProfiling();
        session.endProfiling();
      }),
    },
    refused: {
      'no such folder': [
        async (ort) => {
          const profileFilePrefix = path.join(fresh('nowhere'), 'pre');
          const session = await ort.InferenceSession.create(bytes, { enableProfiling: true, profileFilePrefix });
          session.endProfiling();
        },
        'OUTPUT_UNWRITABLE',
      ],
    },
  },
  'InferenceSession.inputNames': { same: { names: ofSession(({ inputNames }) => inputNames) } },
  'InferenceSession.outputNames': { same: { names: ofSession(({ outputNames }) => outputNames) } },
  'InferenceSession.inputMetadata': { same: { metadata: ofSession(({ inputMetadata }) => described(inputMetadata)) } },
  'InferenceSession.outputMetadata': {
    same: { metadata: ofSession(({ outputMetadata }) => described(outputMetadata)) },
  },
  'SessionOptions.executionProviders': {
    same: eachOption('executionProviders', [
      ...[[], null, ['cpu'], [{ name: 'cpu' }], ['nothing', 'cpu'], ['cpu', { name: 'nothing' }], ['coreml', 'cpu']],
      ...['cpu', ['nothing'], [{ name: 'wasm' }], [5], [{}], [null], ['CPU'], ['cuda'], ['tensorrt']],
    ]),
    better: { 'cuda where it is missing': [withOptions({ executionProviders: ['cuda', 'cpu'] }), all] },
  },
  'SessionOptions.intraOpNumThreads': {
    same: eachOption('intraOpNumThreads', [0, 1, 2, -1, 1.5, '2', null]),
    better: { undefined: [withOptions({ intraOpNumThreads: undefined }), all] },
  },
  'SessionOptions.interOpNumThreads': { same: eachOption('interOpNumThreads', [0, 1, -1, 1.5, '2', null]) },
  'SessionOptions.freeDimensionOverrides': {
    same: eachOption('freeDimensionOverrides', [{ n: 2 }, { other: 2 }, {}]),
    better: {
      metadata: [
        async (ort) => {
          const session = await ort.InferenceSession.create(bytes, { freeDimensionOverrides: { n: 2 } });
          return described([...session.inputMetadata, ...session.outputMetadata]).map(({ shape }) => shape);
        },
        Array(3).fill([2, 3]),
      ],
    },
    refused: {
      'other sizes': [withOptions({ freeDimensionOverrides: { n: 1 } }), 'SHAPE_MISMATCH'],
      'no size': [withOptions({ freeDimensionOverrides: { n: -1 } }), 'ARGUMENT_INVALID'],
      text: [withOptions({ freeDimensionOverrides: { n: '2' } }), 'ARGUMENT_INVALID'],
    },
  },
  'SessionOptions.graphOptimizationLevel': {
    same: eachOption('graphOptimizationLevel', ['disabled', 'basic', 'extended', 'layout', 'all', 'ALL', 3, null]),
  },
  'SessionOptions.enableCpuMemArena': { same: eachOption('enableCpuMemArena', [true, false, 1, null]) },
  'SessionOptions.enableMemPattern': { same: eachOption('enableMemPattern', [true, false, 'true', null]) },
  'SessionOptions.executionMode': {
    same: eachOption('executionMode', ['sequential', 'parallel', 'other', 1, null]),
  },
  'SessionOptions.optimizedModelFilePath': {
    same: {
      'is written': optimized('basic'),
      'is written without optimization': optimized('disabled'),
      'no such folder': withOptions({ optimizedModelFilePath: path.join(fresh('nowhere'), 'model.onnx') }),
      'no path': withOptions({ optimizedModelFilePath: 5 }),
    },
    refused: {
      'the model itself': [
        (ort) => {
          const source = fresh('model.onnx');
          fs.writeFileSync(source, bytes);
          return withOptions({ optimizedModelFilePath: source, graphOptimizationLevel: 'basic' }, source)(ort);
        },
        'ARGUMENT_INVALID',
      ],
    },
  },
  'SessionOptions.enableProfiling': {
    same: {
      ...eachOption('enableProfiling', [false, 1, 'true', null]),
      'a profile': profileOf((session) => session.endProfiling()),
    },
    better: { 'without a file': [withOptions({ enableProfiling: true }), all] },
  },
  'SessionOptions.profileFilePrefix': {
    same: {
      'at the end': profileOf((session) => session.endProfiling()),
      'at the release': profileOf((session) => session.release()),
      'without a profile': withOptions({ profileFilePrefix: fresh('pre') }),
      'no text': withOptions({ enableProfiling: true, profileFilePrefix: 5 }),
    },
  },
  'SessionOptions.logId': { same: eachOption('logId', ['one', 5, null]) },
  'SessionOptions.logSeverityLevel': { same: eachOption('logSeverityLevel', levels) },
  'SessionOptions.logVerbosityLevel': { same: eachOption('logVerbosityLevel', [0, -1, 'x']) },
  'SessionOptions.preferredOutputLocation': {
    same: eachOption('preferredOutputLocation', [
      ...['cpu', 'cpu-pinned', 'texture', 'gpu-buffer', 'ml-tensor', null, {}, { sum: 'cpu' }, { sum: 'gpu-buffer' }],
      ...['none', 'other', 5, { sum: 'other' }, { sum: null }, { other: 'cpu' }],
    ]),
  },
  'SessionOptions.enableGraphCapture': { same: eachOption('enableGraphCapture', [true, false, 'x']) },
  'SessionOptions.extra': {
    same: eachOption('extra', [{}, { session: { set_denormal_as_zero: '1' } }, { a: { b: 1 } }, { a: null }, 5, null]),
  },
  'SessionOptions.externalData': {
    same: {
      bytes: given('w.bin', weights()),
      'a Buffer': given('w.bin', Buffer.from(weights())),
      'shared memory': given('w.bin', shared(weights())),
      'another way to write the path': given('./w.bin', weights()),
      'a file that the model does not name': (ort) => {
        const externalData = [
          { path: 'w.bin', data: weights() },
          { path: 'other.bin', data: weights() },
        ];
        return withOptions({ externalData }, withWeightsBeside())(ort);
      },
      'changed afterwards': async (ort) => {
        const data = weights();
        const session = await ort.InferenceSession.create(withWeightsBeside(), {
          externalData: [{ path: 'w.bin', data }],
        });
        data.fill(0);
        return session.run({ x: x(ort) });
      },
      'rather than the file': async (ort) => {
        const source = fresh('beside.onnx');
        fs.writeFileSync(source, withWeightsBeside(`${path.basename(source)}.data`));
        fs.writeFileSync(`${source}.data`, new Uint8Array(16));
        const externalData = [{ path: `${path.basename(source)}.data`, data: weights() }];
        return [await withOptions({}, source)(ort), await withOptions({ externalData }, source)(ort)];
      },
      'too few bytes': given('w.bin', weights().subarray(4)),
      'another file': given('other.bin', weights()),
      'elements of another type': given('w.bin', Float32Array.of(0, 10, 20, 30)),
      'a path as data': given('w.bin', 'w.bin'),
      'twice the same': (ort) => {
        const one = { path: 'w.bin', data: weights() };
        return withOptions({ externalData: [one, one] }, withWeightsBeside())(ort);
      },
      ...eachOption('externalData', [null, [], 5, [5], ['w.bin'], [{ path: 'w.bin' }], [{ data: [] }]]),
    },
    better: {
      'an ArrayBuffer': [
        given('w.bin', weights().buffer),
        { sum: { type: 'float32', dims: [2, 3], data: [11, 22, 33, 14, 25, 36] } },
      ],
      'another way to write it in the model': [
        given('w.bin', weights(), './w.bin'),
        { sum: { type: 'float32', dims: [2, 3], data: [11, 22, 33, 14, 25, 36] } },
      ],
    },
  },
  'RunOptions.logSeverityLevel': { same: eachRunOption('logSeverityLevel', levels) },
  'RunOptions.logVerbosityLevel': { same: eachRunOption('logVerbosityLevel', [0, -1, 'x']) },
  'RunOptions.terminate': {
    same: eachRunOption('terminate', [false]),
    refused: { true: [withArguments(() => [{ terminate: true }]), 'ABORTED'] },
  },
  'RunOptions.tag': { same: eachRunOption('tag', ['one', '', 5, null]) },
  'RunOptions.extra': { same: eachRunOption('extra', [{}, { memory: { enable_memory_arena_shrinkage: 'cpu:0' } }, 5]) },
  'feeds that the model does not have': {
    same: {
      'a tensor': withFeeds((ort) => ({ x: x(ort), other: x(ort) })),
      'something else': withFeeds((ort) => ({ x: x(ort), other: 5, more: null })),
    },
  },
  'feeds that are missing': {
    same: {
      none: withFeeds(() => ({})),
      misspelt: withFeeds((ort) => ({ X: x(ort) })),
    },
  },
  'feeds of wrong types and shapes': {
    same: {
      rank: withFeeds((ort) => ({ x: new ort.Tensor('float32', elements(), [6]) })),
      size: withFeeds((ort) => ({ x: new ort.Tensor('float32', elements(), [3, 2]) })),
      type: withFeeds((ort) => ({ x: new ort.Tensor('int32', new Int32Array(6), [2, 3]) })),
    },
  },
  'tensors over SharedArrayBuffer': {
    better: {
      feeds: [withFeeds((ort) => ({ x: new ort.Tensor('float32', shared(elements()), [2, 3]) })), all],
      outputs: [
        async (ort) => {
          const sum = new ort.Tensor('float32', shared(new Float32Array(6)), [2, 3]);
          await withArguments(() => [{ sum }])(ort);
          return sum;
        },
        doubled,
      ],
    },
  },
  'tensors over a part of a buffer': {
    same: {
      feeds: withFeeds((ort) => ({
        x: new ort.Tensor('float32', Float32Array.of(0, ...elements(), 0).subarray(1, 7), [2, 3]),
      })),
      outputs: async (ort) => {
        const memory = new Float32Array(10).fill(-1);
        await withArguments(() => [{ sum: new ort.Tensor('float32', memory.subarray(2, 8), [2, 3]) }])(ort);
        return [...memory];
      },
    },
  },
  'tensors of strings': {
    same: {
      'where others are taken': withFeeds((ort) => ({ x: new ort.Tensor('string', ['a', 'b', 'c'], [1, 3]) })),
    },
    refused: {
      model: [withFeeds((ort) => ({ s: new ort.Tensor('string', ['a', 'b'], [2]) }), strings), 'OPERATOR_UNSUPPORTED'],
    },
  },
  'tensors of bool, float16, float64, int8 to uint64': {
    same: {
      bool: withFeeds(
        (ort) => ({ x: new ort.Tensor('bool', [true, false, true]) }),
        encodeModel(
          makeModel({
            nodes: [makeNode({ opType: 'Not', input: ['x'], output: ['y'] })],
            inputs: [makeValueInfo('x', 'bool', ['n'])],
            outputs: [makeValueInfo('y', 'bool', ['n'])],
          }),
        ),
      ),
      // A Tensor of newer Nodes has a Float16Array, which onnxruntime-node does not take.
      float16: withFeeds(
        () => ({ x: { type: 'float16', data: Uint16Array.of(0x3c00, 0xc000), dims: [2], location: 'cpu' } }),
        halves,
      ),
      float64: ofType('float64', Float64Array.of(1, -2, 0.5)),
      int8: withFeeds(
        (ort) => ({ x: new ort.Tensor('int8', Int8Array.of(1, -2, 3), [3]) }),
        encodeModel(
          makeModel({
            nodes: [makeNode({ opType: 'Cast', input: ['x'], output: ['y'], attributes: { to: 1 } })],
            inputs: [makeValueInfo('x', 'int8', ['n'])],
            outputs: [makeValueInfo('y', 'float32', ['n'])],
          }),
        ),
      ),
      int32: ofType('int32', Int32Array.of(1, -2, 3)),
      int64: ofType('int64', BigInt64Array.of(1n, -2n, 3n)),
      uint32: ofType('uint32', Uint32Array.of(1, 2, 3)),
      uint64: ofType('uint64', BigUint64Array.of(1n, 2n, 3n)),
      'int64 of numbers': ofType('int64', Float64Array.of(1, 2, 3)),
      'int4, which has no elements': withFeeds((ort) => ({ x: new ort.Tensor('int4', new Uint8Array(6), [2, 3]) })),
    },
  },
  'tensors without dims': {
    same: {
      number: withFeeds((ort) => ({ x: new ort.Tensor('float32', Float32Array.of(3), []) }), model('float32', [])),
      'one element, with dims': async (ort) => {
        const feeds = { x: new ort.Tensor('float32', Float32Array.of(3), [1]) };
        const { sum, product } = (await withFeeds(() => feeds, model('float32', []))(ort)) as typeof all;
        return [...sum.data, ...product.data];
      },
    },
  },
  'tensors without elements': {
    same: { feeds: withFeeds((ort) => ({ x: new ort.Tensor('float32', new Float32Array(0), [0, 3]) })) },
  },
  'tensors of another copy of onnxruntime-common': {
    same: {
      feeds: withFeeds(() => ({ x: new (foreign())('float32', elements(), [2, 3]) })),
    },
  },
  'objects that look like tensors': {
    same: {
      'that have all properties': withFeeds(() => ({ x: lookalike() })),
      'that have elements in a list': withFeeds(() => ({ x: lookalike({ data: [1, 2, 3, 4, 5, 6] }) })),
      'that have too few elements': withFeeds(() => ({ x: lookalike({ data: new Float32Array(3) }) })),
      'that are elsewhere': withFeeds(() => ({ x: lookalike({ location: 'texture' }) })),
      'without dims': withFeeds(() => ({ x: lookalike({ dims: undefined }) })),
      'without a type': withFeeds(() => ({ x: lookalike({ type: undefined }) })),
    },
    better: { 'without location': [withFeeds(() => ({ x: lookalike({ location: undefined }) })), all] },
    refused: {
      'too many elements': [withFeeds(() => ({ x: lookalike({ data: new Float32Array(9) }) })), 'SHAPE_MISMATCH'],
    },
  },
  Tensor: { same: { class: (ort) => ort.Tensor === Tensor } },
  'env.logLevel': {
    same: {
      values: inEnvironment(({ env }) =>
        (['verbose', 'info', 'warning', 'error', 'fatal'] as const).map((level) => {
          env.logLevel = level;
          return env.logLevel;
        }),
      ),
      'another value': inEnvironment(({ env }) => {
        env.logLevel = 'other' as 'info';
      }),
      'a run': inEnvironment((ort) => {
        ort.env.logLevel = 'error';
        return withOptions(undefined)(ort);
      }),
    },
  },
  'env.debug': {
    same: {
      'a run': inEnvironment((ort) => {
        ort.env.debug = true;
        return withOptions(undefined)(ort);
      }),
    },
  },
  'env.trace': {
    same: {
      marks: inEnvironment(async (ort) => {
        ort.env.trace = true;
        return (await marksOf(() => withOptions(undefined)(ort))).map((mark) => (mark as string[])[0]);
      }),
      'their names': inEnvironment(async (ort) => {
        ort.env.trace = true;
        const marks = (await marksOf(() => withOptions(undefined)(ort))) as string[][];
        return marks.filter(([kind]) => kind !== 'timeStamp');
      }),
    },
  },
  'env.versions': { same: { versions: ({ env }) => env.versions } },
  'env.wasm': { same: { object: ({ env }) => env.wasm } },
  'env.webgl': { same: { object: ({ env }) => env.webgl } },
  'env.webgpu': { same: { object: ({ env }) => env.webgpu } },
  listSupportedBackends: {
    same: {
      cpu: ({ listSupportedBackends }) => listSupportedBackends().find(({ name }) => name === 'cpu'),
    },
    refused: { webgpu: [({ listSupportedBackends }) => needed(listSupportedBackends(), 'webgpu'), 'none'] },
  },
  registerBackend: {
    same: { 'no backend': ({ registerBackend }) => registerBackend('mine', {} as never, 1) },
    refused: {
      'its sessions': [
        (ort) => {
          ort.registerBackend('mine', backend as never, -1);
          return withOptions({ executionProviders: ['mine'] })(ort);
        },
        'ARGUMENT_INVALID',
      ],
    },
  },
  ...Object.fromEntries(
    (['TRACE', 'TRACE_FUNC_BEGIN', 'TRACE_FUNC_END', 'TRACE_EVENT_BEGIN', 'TRACE_EVENT_END'] as const).map((name) => [
      name,
      {
        same: {
          marks: inEnvironment(async (ort) => {
            ort.env.trace = true;
            return (await marksOf(() => ort[name]('one', 'two'))).map((mark) => (mark as string[])[0]);
          }),
        },
      },
    ]),
  ),
};

function given(name: string, data: unknown, location?: string): Code {
  return withOptions({ externalData: [{ path: name, data }] }, withWeightsBeside(location));
}

/** Metadata without the type of their objects. */
function described(metadata: readonly theirs.InferenceSession.ValueMetadata[]) {
  return metadata.map((one) => ({ ...(one as theirs.InferenceSession.TensorValueMetadata) }));
}

function needed<T extends { name: string }>(all: readonly T[], name: string): T {
  const found = all.find((one) => one.name === name);
  if (!found) throw Object.assign(new Error(name), { code: 'none' });
  return found;
}

// Both warn of execution providers that they do not have.
beforeAll(() => {
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});
afterAll(() => jest.restoreAllMocks());

const document = fs.readFileSync(path.join(__dirname, '../../docs/onnxruntime.md'), 'utf8');
const table = [...document.matchAll(/^\| (?!---|member)([^|]+) \| ([^|]+) \|.*\|$/gm)].map(
  ([, name, verdicts]) => [name!.replaceAll('`', ''), verdicts!.split(', ')] as const,
);

test('the table has a row for each group of cases, and no other', () => {
  expect(table.map(([name]) => name)).toEqual(Object.keys(rows));
});

test('the table has each member and option of the API', () => {
  const declarations = path.join(path.dirname(require.resolve('onnxruntime-node')), 'index.d.ts');
  const program = ts.createProgram([declarations], { moduleResolution: ts.ModuleResolutionKind.Node10 });
  const checker = program.getTypeChecker();
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(declarations)!)!);
  const typeNamed = (name: string, within: readonly ts.Symbol[] = exported) => {
    const symbol = within.find((one) => one.name === name)!;
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  };
  const session = typeNamed('InferenceSession');
  const types = checker.getExportsOfModule(session);
  const membersOf = (symbol: ts.Symbol, prefix: string) =>
    checker
      .getDeclaredTypeOfSymbol(symbol)
      .getProperties()
      .map(({ name }) => `${prefix}.${name}`);
  const values = Object.keys(theirs).filter((name) => name !== 'env' && name !== 'InferenceSession');
  const wanted = [
    ...['InferenceSession.create', ...membersOf(session, 'InferenceSession')],
    ...membersOf(typeNamed('SessionOptions', types), 'SessionOptions'),
    ...membersOf(typeNamed('RunOptions', types), 'RunOptions'),
    ...membersOf(typeNamed('Env'), 'env').filter((name) => !name.includes('__')),
    ...values,
  ];
  expect(wanted).toContain('SessionOptions.externalData');
  expect(wanted).toContain('InferenceSession.inputMetadata');
  expect(table.map(([name]) => name.replace(/\(.*/, ''))).toEqual(expect.arrayContaining(wanted));
});

describe.each(table)('%s', (name, verdicts) => {
  const { same = {}, better = {}, refused = {} } = rows[name] ?? {};

  test('the table says what its cases are', () => {
    const found = [
      ...(Object.keys(better).length > 0 ? ['better'] : []),
      ...(Object.keys(refused).length > 0 ? ['refused'] : []),
    ];
    if (found.length > 0) expect(verdicts).toEqual(found);
    else expect([['same'], ['no effect']]).toContainEqual(verdicts);
  });

  if (Object.keys(same).length > 0) {
    test.each(Object.entries(same))('the same: %s', async (_, code) => {
      const [our, their] = [await outcomeOf(code, ours), await outcomeOf(code, theirs)];
      // An expectation within the code that fails is no refusal.
      if (our.error !== undefined) expect(our.error).not.toHaveProperty('matcherResult');
      expect({ ...our, error: undefined }).toEqual({ ...their, error: undefined });
    });
  }
  if (Object.keys(better).length > 0) {
    test.each(Object.entries(better))('better: %s', async (_, [code, value]) => {
      expect(await outcomeOf(code, ours)).toEqual({ value });
      expect(await outcomeOf(code, theirs)).not.toEqual({ value });
    });
  }
  if (Object.keys(refused).length > 0) {
    test.each(Object.entries(refused))('refused: %s', async (_, [code, errorCode]) => {
      expect(await outcomeOf(code, theirs)).not.toHaveProperty('refused');
      expect(await outcomeOf(code, ours)).toMatchObject({
        refused: true,
        error: { code: errorCode },
      });
    });
  }
});
