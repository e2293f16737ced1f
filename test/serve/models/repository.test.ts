import fs from 'node:fs';
import promises from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { openRepository } from '../../../src/serve/models/open-repository';
import type { IndexEntry } from '../../../src/serve/models/model-repository';
import { convolutionStack } from '../../runtime/models';
import { codeOf, factorOf, ModelsFolder, multiplying, rejection, statesOf, until } from './models-folder';

let models: ModelsFolder;
beforeEach(() => (models = new ModelsFolder()));
afterEach(() => models.remove());

test('models are folders with versions, or files; the newest version serves', async () => {
  models.write('digits/1/model.onnx', multiplying(1));
  models.write('digits/10/model.onnx', multiplying(10));
  models.write('digits/9/model.onnx', multiplying(9));
  models.write('digits/labels.txt', 'cat\ndog');
  models.write('flat.onnx', multiplying(3));
  models.write('empty/readme.txt', 'no model');
  models.write('half/1/weights.bin', 'no model yet');
  models.write('notes.txt', 'no model');
  models.write('.hidden.onnx', multiplying(4));
  models.write('two words.onnx', multiplying(4));
  models.write('digits/0/model.onnx', multiplying(0));
  models.write('digits/v2/model.onnx', multiplying(0));
  const repository = await models.open();
  const states = ['digits/1 UNAVAILABLE', 'digits/9 UNAVAILABLE', 'digits/10 READY', 'flat/1 READY'];
  expect(statesOf(repository)).toEqual(states);
  const digits = repository.find('digits');
  expect(digits).toMatchObject({ name: 'digits', version: '10', versions: ['10'], labels: ['cat', 'dog'] });
  expect(digits.memoryBytes).toBeGreaterThan(0);
  expect(await factorOf(digits)).toBe(10);
  expect(await factorOf(repository.find('flat', '1'))).toBe(3);
  expect(repository.served().map(({ name, version }) => [name, version])).toEqual([
    ['digits', '10'],
    ['flat', '1'],
  ]);
  expect(codeOf(() => repository.find('digits', '9'))).toBe('MODEL_NOT_READY');
  for (const version of ['2', '010', 'latest', '']) {
    expect(codeOf(() => repository.find('digits', version))).toBe('MODEL_UNKNOWN');
  }
  for (const name of ['empty', 'half', 'nobody', '../digits', 'digits/10', '__proto__', 'constructor', '']) {
    expect(codeOf(() => repository.find(name))).toBe('MODEL_UNKNOWN');
  }
});

test.each([
  ['all', ['1', '2', '3']],
  [{ latest: 2 }, ['2', '3']],
  [
    [1, 3, 7],
    ['1', '3'],
  ],
])('versions %j', async (versions, expected) => {
  for (const version of [1, 2, 3]) models.write(`m/${version}/model.onnx`, multiplying(version));
  models.write('m/config.json', { versions });
  const repository = await models.open();
  expect(repository.find('m').versions).toEqual(expected);
  for (const version of expected) expect(await factorOf(repository.find('m', version))).toBe(Number(version));
});

test('a folder that is itself one model', async () => {
  models.write('model.onnx', multiplying(5));
  models.write('labels.txt', 'one\ntwo');
  models.write('config.json', { maxBatch: 3 });
  const repository = await models.open({ name: 'digits' });
  expect(repository.find('digits')).toMatchObject({ version: '1', labels: ['one', 'two'] });
  expect(repository.find('digits').batched.maxBatch).toBe(3);
  models.write('7/model.onnx', multiplying(7));
  await until(() => repository.find('digits').version === '7');
});

test('links within the folder are followed, and those that lead out of it are not', async () => {
  const outside = new ModelsFolder();
  outside.write('m/1/model.onnx', multiplying(6));
  outside.write('secret.txt', 'secret');
  models.write('..data/model.onnx', multiplying(2));
  models.write('config/1/model.onnx', multiplying(3));
  fs.mkdirSync(models.file('inside/1'), { recursive: true });
  fs.symlinkSync(models.file('..data/model.onnx'), models.file('inside/1/model.onnx'));
  fs.symlinkSync(outside.file('m'), models.file('whole'));
  fs.symlinkSync(outside.file('m/1/model.onnx'), models.file('file.onnx'));
  fs.mkdirSync(models.file('version'));
  fs.symlinkSync(outside.file('m/1'), models.file('version/1'));
  fs.symlinkSync(outside.file('secret.txt'), models.file('config/labels.txt'));
  fs.symlinkSync(models.file('nowhere'), models.file('broken'));
  fs.symlinkSync(models.file('circle'), models.file('circle'));
  const repository = await models.open();
  expect(statesOf(repository)).toEqual(['config/1 READY', 'inside/1 READY']);
  expect(await factorOf(repository.find('inside'))).toBe(2);
  expect(repository.find('config').labels).toBeUndefined();
  await outside.remove();
});

describe('folders that cannot be read when the server starts', () => {
  /** From now on, these folders cannot be read, whoever asks; gives what ends that. */
  function denied(...folders: string[]): () => void {
    const { readdir } = promises;
    const spy = jest.spyOn(promises, 'readdir').mockImplementation(((folder: string, ...rest: never[]) => {
      if (!folders.some((one) => folder === models.file(one))) return readdir(folder, ...rest);
      const text = `EACCES: permission denied, scandir '${folder}'`;
      return Promise.reject(Object.assign(new Error(text), { code: 'EACCES' }));
    }) as never);
    return () => spy.mockRestore();
  }
  afterEach(() => jest.restoreAllMocks());

  test('of a model: the index says so, and it serves once it can be read', async () => {
    models.write('m/1/model.onnx', multiplying(2));
    models.write('m.onnx/1/model.onnx', multiplying(4));
    models.write('other.onnx', multiplying(3));
    const end = denied('m', 'm.onnx');
    const entries: IndexEntry[] = [];
    const repository = await models.open({ onChange: (entry) => entries.push(entry) });
    expect(statesOf(repository)).toEqual(['m/ UNAVAILABLE', 'm.onnx/ UNAVAILABLE', 'other/1 READY']);
    const [entry] = repository.index();
    expect(entry!.reason).toMatch(
      /^its folder cannot be read: EACCES: permission denied, .* Let the server read it\.$/,
    );
    expect(entry!.reason).not.toContain(models.folder);
    expect(codeOf(() => repository.find('m'))).toBe('MODEL_NOT_READY');
    expect(codeOf(() => repository.find('m', '1'))).toBe('MODEL_NOT_READY');
    // Later looks have nothing to add.
    await wait(300);
    expect(entries.filter(({ name }) => name === 'm')).toEqual([entry]);
    end();
    await until(() => statesOf(repository).join() === 'm/1 READY,m.onnx/1 READY,other/1 READY');
    expect(await factorOf(repository.find('m'))).toBe(2);
  });

  test('of a model that is asked for', async () => {
    models.write('m/1/model.onnx', multiplying(2));
    const end = denied('m');
    const repository = await models.open({ control: 'explicit' });
    expect(statesOf(repository)).toEqual(['m/ UNAVAILABLE']);
    expect(await rejection(repository.load('m'))).toBe('MODEL_NOT_READY');
    end();
    await repository.load('m');
    expect(statesOf(repository)).toEqual(['m/1 READY']);
  });

  test('of a version: those before serve', async () => {
    models.write('m/1/model.onnx', multiplying(1));
    models.write('m/2/model.onnx', multiplying(2));
    const end = denied('m/2');
    const repository = await models.open();
    expect(statesOf(repository)).toEqual(['m/1 READY', 'm/2 UNAVAILABLE']);
    expect(repository.index()[1]!.reason).toMatch(/^its folder cannot be read: EACCES/);
    end();
    await until(() => repository.find('m').version === '2');
    // What serves is not loaded again, nor withdrawn, where its folder cannot be read for a while.
    const { batched } = repository.find('m');
    const endLater = denied('m/2');
    await wait(300);
    endLater();
    await wait(300);
    expect(repository.find('m').batched).toBe(batched);
    expect(repository.index()[1]).toMatchObject({ state: 'READY', reason: '' });
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;
  asRoot('by the rights of the system', async () => {
    models.write('m/1/model.onnx', multiplying(2));
    models.write('other/1/model.onnx', multiplying(3));
    fs.chmodSync(models.folder, 0o755);
    fs.chmodSync(models.file('m'), 0o700);
    // Rights do not bind root.
    process.seteuid!(65534);
    try {
      const repository = await models.open({ control: 'none' });
      expect(statesOf(repository)).toEqual(['m/ UNAVAILABLE', 'other/1 READY']);
    } finally {
      process.seteuid!(0);
    }
  });
});

test('settings of a model are those of its configuration, then the defaults', async () => {
  models.write('m/1/model.onnx', multiplying(2));
  models.write('m/config.json', {
    ...{ maxBatch: 4, maxDelay: 0, maxQueue: 2, threads: 1, warmup: [{ x: [1, 2] }], labels: ['a', 'b'] },
    ...{ preprocessing: { preset: 'torchvision', crop: 1 }, limits: { nodes: 100 }, memoryBytes: 1e8 },
  });
  models.write('other/1/model.onnx', multiplying(2));
  const repository = await models.open({ defaults: { maxBatch: 8 } });
  const { batched, labels, recipe } = repository.find('m');
  expect([batched.maxBatch, labels]).toEqual([4, ['a', 'b']]);
  expect(recipe).toMatchObject({ crop: 1, size: 224 });
  const asked = Array.from({ length: 6 }, () => rejection(factorOf(repository.find('m'))));
  expect((await Promise.all(asked)).filter((code) => code === 'QUEUE_FULL').length).toBeGreaterThan(0);
  expect(repository.find('other').batched.maxBatch).toBe(8);
  expect(repository.find('other').recipe).toBeUndefined();
});

test.each([
  ['{ "maxBatch": 4', 'cannot be read'],
  [{ maxBach: 4 }, "there is no key 'maxBach'. Did you mean maxBatch?"],
  [{ limits: { node: 4 } }, "there is no key 'limits.node'. Did you mean nodes?"],
  [{ versions: { newest: 4 } }, "there is no key 'versions.newest'. Keys are: latest."],
  [{ maxBatch: 0 }, "the key 'maxBatch' is wrong: it must be >= 1."],
  [{ threads: 'two' }, "the key 'threads' is wrong: it must be integer."],
  [{ versions: 'some' }, "the key 'versions' has a value that it does not take."],
  [
    { preprocessing: { preset: 'imagenet' } },
    "the key 'preprocessing.preset' has a value that it does not take. Give one of: ",
  ],
  [{ labels: '../../etc/passwd' }, "the key 'labels'"],
  [{ labels: 'names.txt' }, "there is no file 'names.txt'"],
  [{ warmup: [{ x: [1, 3] }] }, 'the model takes [n, 2]'],
  [[], 'the configuration is wrong: it must be object.'],
])('the configuration %j is refused with a reason, and without a path', async (config, reason) => {
  models.write('m/1/model.onnx', multiplying(2));
  models.write('m/config.json', config);
  models.write('other.onnx', multiplying(2));
  const repository = await models.open();
  const [entry] = repository.index();
  expect(entry).toMatchObject({ name: 'm', version: '1', state: 'UNAVAILABLE' });
  expect(entry!.reason).toContain(reason);
  expect(entry!.reason).not.toContain(models.folder);
  expect(codeOf(() => repository.find('m'))).toBe('MODEL_NOT_READY');
  expect(await factorOf(repository.find('other'))).toBe(2);
});

test('a wrong configuration names its file and key to whoever loads it', async () => {
  models.write('m/1/model.onnx', multiplying(2));
  models.write('m/config.json', { maxQueu: 1 });
  const repository = await models.open({ control: 'explicit' });
  const error = await repository.load('m').catch((thrown: Error) => thrown);
  expect(error).toMatchObject({
    code: 'MODEL_NOT_READY',
    cause: { code: 'CONFIG_INVALID', file: models.file('m/config.json'), remedy: 'Did you mean maxQueue?' },
  });
});

test('explicit control: nothing is loaded but what is asked for', async () => {
  models.write('a/1/model.onnx', multiplying(1));
  models.write('b.onnx', multiplying(2));
  const repository = await models.open({ control: 'explicit' });
  expect(statesOf(repository)).toEqual(['a/1 UNAVAILABLE', 'b/1 UNAVAILABLE']);
  expect(codeOf(() => repository.find('a'))).toBe('MODEL_NOT_READY');
  await repository.load('a');
  expect(await factorOf(repository.find('a'))).toBe(1);
  models.write('a/2/model.onnx', multiplying(12));
  await wait(300);
  expect(repository.find('a').version).toBe('1');
  await repository.load('a');
  expect(repository.find('a').version).toBe('2');

  const asked = [1, 2, 3].map(() => factorOf(repository.find('a')));
  await repository.unload('a');
  expect(await Promise.all(asked)).toEqual([12, 12, 12]);
  expect(codeOf(() => repository.find('a'))).toBe('MODEL_NOT_READY');
  // The first version may still have its grace.
  await until(() => repository.index().every(({ state }) => state === 'UNAVAILABLE'));
  await repository.load('a');
  expect(await factorOf(repository.find('a'))).toBe(12);

  models.write('c.onnx', 'nonsense');
  expect(await rejection(repository.load('c'))).toBe('MODEL_NOT_READY');
  models.write('c.onnx', multiplying(3));
  await repository.load('c');
  expect(await factorOf(repository.find('c'))).toBe(3);
  for (const name of ['d', '../a', 'a/1']) {
    expect(await rejection(repository.load(name))).toBe('MODEL_UNKNOWN');
    expect(await rejection(repository.unload(name))).toBe('MODEL_UNKNOWN');
  }
  fs.rmSync(models.file('a'), { recursive: true });
  expect(await rejection(repository.load('a'))).toBe('MODEL_UNKNOWN');
  expect(codeOf(() => repository.find('a'))).toBe('MODEL_UNKNOWN');
});

test('control none: what is there at first, and nothing else', async () => {
  models.write('a.onnx', multiplying(1));
  const repository = await models.open({ control: 'none' });
  models.write('b.onnx', multiplying(2));
  models.write('a.onnx', multiplying(3));
  await wait(300);
  expect(statesOf(repository)).toEqual(['a/1 READY']);
  expect(await factorOf(repository.find('a'))).toBe(1);
  expect(await rejection(repository.load('b'))).toBe('ARGUMENT_INVALID');
  expect(await rejection(repository.unload('a'))).toBe('ARGUMENT_INVALID');
});

test('memory is bounded for a version and for all', async () => {
  const large = convolutionStack({ channels: 64, layers: 2, size: 8 });
  const defaults = { maxBatch: 1 };
  models.write('small.onnx', large);
  const first = await models.open({ control: 'none', defaults });
  const { memoryBytes } = first.find('small');
  expect(memoryBytes).toBeGreaterThan(2 * 64 * 64 * 9 * 4);
  models.write('more/1/model.onnx', large);
  models.write('more/config.json', { memoryBytes: 1 });
  const repository = await models.open({ memoryBytes: 1.5 * memoryBytes, defaults });
  expect(statesOf(repository)).toEqual(['more/1 UNAVAILABLE', 'small/1 READY']);
  const reason = () => repository.index()[0]!.reason;
  expect(reason()).toContain('1 bytes are left for it. Raise memoryBytes of the model or of the repository');
  const before = reason();
  models.write('more/config.json', {});
  await until(() => reason() !== before && reason() !== 'it is being loaded.');
  expect(repository.index()[0]!.state).toBe('UNAVAILABLE');
  expect(reason()).toContain('bytes are left for it. Raise memoryBytes of the model or of the repository');
  // Once there is room, it is tried again.
  fs.rmSync(models.file('small.onnx'));
  await until(() => statesOf(repository).join() === 'more/1 READY');
});

test('what lacks no memory, or has no more of it than before, is not loaded again whenever another model retires', async () => {
  const large = convolutionStack({ channels: 64, layers: 2, size: 8 });
  const defaults = { maxBatch: 1 };
  models.write('small.onnx', large);
  const alone = await models.open({ control: 'none', defaults });
  const memoryBytes = 2.5 * alone.find('small').memoryBytes;
  models.write('limited/1/model.onnx', multiplying(2, 10));
  models.write('limited/config.json', { limits: { nodes: 1 } });
  models.write('larger/1/model.onnx', convolutionStack({ channels: 512, layers: 2, size: 8 }));
  const loaded: string[] = [];
  const onChange = ({ name, state }: IndexEntry) => void (state === 'LOADING' && loaded.push(name));
  const repository = await models.open({ defaults, memoryBytes, onChange });
  const states = ['larger/1 UNAVAILABLE', 'limited/1 UNAVAILABLE', 'small/1 READY'];
  expect(statesOf(repository)).toEqual(states);
  expect(repository.index()[1]!.reason).toContain('limits.nodes');
  const before = repository.find('small');
  models.write('small.onnx', large);
  await until(() => before.memoryBytes === 0);
  await wait(300);
  expect(statesOf(repository)).toEqual(states);
  expect(loaded.sort()).toEqual(['larger', 'limited', 'small']);
});

test('a file that cannot be read at first is served once it can', async () => {
  models.write('m/1/model.onnx', Buffer.from(multiplying(2)).subarray(0, 40));
  const entries: IndexEntry[] = [];
  const repository = await models.open({ onChange: (entry) => entries.push(entry) });
  expect(statesOf(repository)).toEqual(['m/1 UNAVAILABLE']);
  models.write('m/1/model.onnx', multiplying(2));
  await until(() => statesOf(repository)[0] === 'm/1 READY');
  expect(entries.map(({ state }) => state)).toEqual(['LOADING', 'UNAVAILABLE', 'LOADING', 'READY']);
});

test('what is no folder, and options that make no sense, are refused', async () => {
  expect(await rejection(openRepository(models.file('nowhere')))).toBe('MODEL_UNREADABLE');
  models.write('file', 'x');
  expect(await rejection(openRepository(models.file('file')))).toBe('MODEL_UNREADABLE');
  const wrong = [{ control: 'sometimes' }, { name: '../x' }, { interval: 0 }, { memoryBytes: 0 }, { intervall: 5 }];
  for (const options of wrong)
    expect(await rejection(openRepository(models.folder, options as never))).toBe('ARGUMENT_INVALID');
  expect(await rejection(openRepository(models.folder, { defaults: { maxBach: 1 } as never }))).toBe('CONFIG_INVALID');
});
