import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { Tensor, type GdwsError } from '../../../src';
import type { IndexEntry, ModelRepository } from '../../../src/serve/models/model-repository';
import { convolutionStack } from '../../runtime/models';
import { codeOf, factorOf, ModelsFolder, multiplying, rejection, statesOf, until } from './models-folder';

let models: ModelsFolder;
beforeEach(() => (models = new ModelsFolder()));
afterEach(async () => {
  await Promise.all(asking.splice(0).map((clients) => clients.stop()));
  await models.remove();
});

const asking: Clients[] = [];

/** Requests with numbers, from several clients, until they are stopped. */
class Clients {
  answered = 0;
  readonly faults: string[] = [];
  /** Factors by which numbers were multiplied. */
  readonly factors = new Set<number>();
  private isOver = false;
  private readonly done: Promise<void[]>;

  /** @param version asks for this one instead of the newest */
  constructor(
    private readonly repository: ModelRepository,
    count: number,
    private readonly version?: string,
  ) {
    asking.push(this);
    this.done = Promise.all(Array.from({ length: count }, (_, client) => this.ask(client)));
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.done;
  }

  private async ask(client: number): Promise<void> {
    for (let number = client + 1; !this.isOver; number += 7) {
      try {
        const { batched } = this.repository.find('m', this.version);
        // As a server does that decodes a picture between finding a model and asking it.
        for (let count = 0; count < client % 3; count++) await turn();
        const rows = 1 + (number % 3);
        const x = new Tensor('float32', new Float32Array(2 * rows).fill(number), [rows, 2]);
        const { results } = await batched.request({ x });
        const values = new Set([...(results.y!.data as Float32Array)].map((value) => value / number));
        const isRight = results.y!.dims[0] === rows && values.size === 1 && Number.isInteger([...values][0]);
        if (!isRight) this.faults.push(`${number} became ${[...values].join()}`);
        for (const value of values) this.factors.add(value);
        this.answered++;
      } catch (error) {
        this.faults.push(`${(error as GdwsError).code}: ${(error as Error).message}`);
      }
      await turn();
    }
  }
}

test('new versions, replaced files and removed versions: no request is lost or gets an answer of another', async () => {
  models.write('m/1/model.onnx', multiplying(1));
  const repository = await models.open();
  const clients = new Clients(repository, 12);
  for (let version = 2; version <= 6; version++) {
    models.write(`m/${version}/model.onnx`, multiplying(version));
    await until(() => repository.find('m').version === String(version));
    fs.rmSync(models.file(`m/${version - 1}`), { recursive: true });
  }
  for (let factor = 7; factor <= 9; factor++) {
    models.write('m/6/model.onnx', multiplying(factor));
    await until(() => clients.factors.has(factor));
  }
  models.write('m/config.json', { maxBatch: 8 });
  await until(() => repository.find('m').batched.maxBatch === 8);
  await clients.stop();
  expect(clients.faults).toEqual([]);
  expect([...clients.factors].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(clients.answered).toBeGreaterThan(100);
  await until(() => statesOf(repository).join() === 'm/6 READY');
});

test('the version before answers what it took, and is released then', async () => {
  models.write('m/1/model.onnx', multiplying(1));
  const repository = await models.open({ grace: 0 });
  const before = repository.find('m');
  const asked = Array.from({ length: 200 }, () => factorOf(before));
  models.write('m/2/model.onnx', multiplying(2));
  await until(() => repository.find('m').version === '2');
  expect(new Set(await Promise.all(asked))).toEqual(new Set([1]));
  await until(() => before.memoryBytes === 0);
  expect(['SERVER_CLOSING', 'SESSION_RELEASED']).toContain(await rejection(factorOf(before)));
  expect(statesOf(repository)).toEqual(['m/1 UNAVAILABLE', 'm/2 READY']);
});

test('a broken version leaves the one before serving, and the index says why', async () => {
  models.write('m/1/model.onnx', multiplying(1));
  const repository = await models.open();
  const clients = new Clients(repository, 4);
  models.write('m/2/model.onnx', 'version https://git-lfs.github.com/spec/v1\n');
  await until(() => statesOf(repository).includes('m/2 UNAVAILABLE'));
  const [first, second] = repository.index();
  expect(first).toEqual({ name: 'm', version: '1', state: 'READY', reason: '' });
  expect(second!.reason).not.toBe('');
  expect(second!.reason).not.toContain(models.folder);
  expect(codeOf(() => repository.find('m', '2'))).toBe('MODEL_NOT_READY');
  expect(await factorOf(repository.find('m'))).toBe(1);
  // A folder without its model file is half copied.
  fs.mkdirSync(models.file('m/3'));
  fs.rmSync(models.file('m/1'), { recursive: true });
  await wait(300);
  expect(await factorOf(repository.find('m'))).toBe(1);
  models.write('m/2/model.onnx', multiplying(2));
  await until(() => repository.find('m').version === '2');
  await clients.stop();
  expect(clients.faults).toEqual([]);
  await until(() => statesOf(repository).join() === 'm/2 READY');
});

test('at a start, the newest versions that can be loaded serve, until the newer ones are mended', async () => {
  for (const version of [1, 2, 3]) models.write(`m/${version}/model.onnx`, multiplying(version));
  models.write('m/4/model.onnx', 'nonsense');
  models.write('m/5/model.onnx', 'nonsense');
  const repository = await models.open();
  const unavailable = ['m/1 UNAVAILABLE', 'm/2 UNAVAILABLE'];
  expect(statesOf(repository)).toEqual([...unavailable, 'm/3 READY', 'm/4 UNAVAILABLE', 'm/5 UNAVAILABLE']);
  expect(repository.index()[4]!.reason).toMatch(/model/);
  expect(repository.index()[1]!.reason).toBe('its configuration does not have it serve.');
  expect(await factorOf(repository.find('m'))).toBe(3);

  models.write('m/config.json', { versions: { latest: 2 } });
  await until(() => repository.find('m').versions.join() === '2,3');
  models.write('m/4/model.onnx', multiplying(4));
  await until(() => repository.find('m').versions.join() === '3,4');
  models.write('m/config.json', { versions: [2, 5] });
  // Of those that are named, each is wanted: what cannot be replaced yet serves on.
  await until(() => repository.find('m').versions.join() === '2,3,4');
  models.write('m/5/model.onnx', multiplying(5));
  await until(() => repository.find('m').versions.join() === '2,5');
});

test('where only one version has room, a newer one that has none leaves it serving, at a start too', async () => {
  const large = convolutionStack({ channels: 64, layers: 2, size: 8 });
  models.write('m/1/model.onnx', large);
  models.write('m/2/model.onnx', convolutionStack({ channels: 256, layers: 2, size: 8 }));
  const defaults = { maxBatch: 1 };
  const alone = await models.open({ control: 'none', defaults: { ...defaults, versions: [1] } });
  const repository = await models.open({ defaults, memoryBytes: 1.5 * alone.find('m').memoryBytes });
  expect(statesOf(repository)).toEqual(['m/1 READY', 'm/2 UNAVAILABLE']);
});

test('a file that is written over, slowly and with nonsense, leaves what serves', async () => {
  models.write('m/1/model.onnx', multiplying(1));
  const repository = await models.open();
  const clients = new Clients(repository, 6);
  const bytes = multiplying(2);
  const file = fs.openSync(models.file('m/1/model.onnx'), 'w');
  for (let at = 0; at < bytes.length; at += 20) {
    fs.writeSync(file, bytes.subarray(at, at + 20));
    await wait(5);
  }
  fs.closeSync(file);
  await until(() => clients.factors.has(2));
  fs.writeFileSync(models.file('m/1/model.onnx'), 'nonsense');
  await until(() => repository.index()[0]!.reason !== '');
  expect(repository.index()[0]).toMatchObject({ state: 'READY' });
  expect(repository.index()[0]!.reason).toMatch(/^the files that replaced it are not served/);
  models.write('m/config.json', { maxBatches: 2 });
  await until(() => repository.index()[0]!.reason.includes('maxBatches'));
  expect(await factorOf(repository.find('m'))).toBe(2);
  await clients.stop();
  expect(clients.faults).toEqual([]);
  expect([...clients.factors]).toEqual([1, 2]);
});

/** Copies a file as onto a disk that has no more than so many bytes left: the writer fails half way. */
function copyOntoFullDisk(from: string, to: string, bytes: number): void {
  // A shell counts in blocks of 512 bytes; without the trap, the writer would be killed.
  const script = `trap '' XFSZ; ulimit -f ${bytes / 512}; cat "$1" > "$2"`;
  const { status } = spawnSync('/bin/sh', ['-c', script, 'sh', from, to]);
  expect([status, fs.statSync(to).size]).toEqual([1, bytes]);
}

test('a disk that becomes full while a version is written, or written over, leaves what serves', async () => {
  models.write('m/1/model.onnx', multiplying(1));
  const repository = await models.open();
  const clients = new Clients(repository, 4);
  models.write('next', multiplying(2, 1e5));
  fs.mkdirSync(models.file('m/2'));
  copyOntoFullDisk(models.file('next'), models.file('m/2/model.onnx'), 65_536);
  await until(() => statesOf(repository).includes('m/2 UNAVAILABLE'));
  expect(repository.index()[1]!.reason).not.toBe('');
  fs.copyFileSync(models.file('next'), models.file('m/2/model.onnx'));
  await until(() => repository.find('m').version === '2');

  copyOntoFullDisk(models.file('next'), models.file('m/2/model.onnx'), 65_536);
  await until(() => repository.index()[1]!.reason !== '');
  expect(repository.index()[1]).toMatchObject({ version: '2', state: 'READY' });
  expect(await factorOf(repository.find('m'))).toBe(2);
  models.write('m/2/model.onnx', multiplying(3, 1e5));
  await until(() => clients.factors.has(3));
  await until(() => repository.index()[1]!.reason === '');
  await clients.stop();
  expect(clients.faults).toEqual([]);
  expect([...clients.factors].sort()).toEqual([1, 2, 3]);
});

test('files that are replaced while they are loaded are loaded again', async () => {
  models.write('m/1/model.onnx', multiplying(1, 2e6));
  const replace = ({ state }: IndexEntry) => {
    // Once it is open, and long before all of it is read and run.
    if (state === 'LOADING') setTimeout(() => models.write('m/1/model.onnx', multiplying(2)), 4);
  };
  const repository = await models.open({ control: 'explicit', onChange: replace });
  await repository.load('m');
  expect(await factorOf(repository.find('m'))).toBe(2);
});

test('whoever found the version before may ask it for a while', async () => {
  models.write('m/1/model.onnx', multiplying(1));
  const repository = await models.open({ grace: 60_000 });
  const before = repository.find('m');
  models.write('m/2/model.onnx', multiplying(2));
  await until(() => repository.find('m').version === '2');
  await wait(100);
  expect(await factorOf(before)).toBe(1);
  // Closing does not wait for it.
  await repository.close();
  expect(before.memoryBytes).toBe(0);
});

test('a model that is removed is unloaded, and one that comes back is loaded', async () => {
  models.write('m/1/model.onnx', multiplying(1));
  models.write('n.onnx', multiplying(2));
  const repository = await models.open();
  const served = repository.find('m');
  fs.rmSync(models.file('m'), { recursive: true });
  await until(() => codeOf(() => repository.find('m')) === 'MODEL_UNKNOWN');
  await until(() => served.memoryBytes === 0);
  expect(statesOf(repository)).toEqual(['n/1 READY']);
  models.write('m/1/model.onnx', multiplying(3));
  await until(() => codeOf(() => repository.find('m')) === 'none');
  expect(await factorOf(repository.find('m'))).toBe(3);
});

test('where the folder cannot be read, all serve on', async () => {
  models.write('m/1/model.onnx', multiplying(1));
  const repository = await models.open();
  fs.renameSync(models.folder, `${models.folder}.away`);
  await wait(400);
  expect(await factorOf(repository.find('m'))).toBe(1);
  fs.renameSync(`${models.folder}.away`, models.folder);
  models.write('m/2/model.onnx', multiplying(2));
  await until(() => repository.find('m').version === '2');
});

test('where the folder of a model cannot be read, it serves on, whatever it is called', async () => {
  models.write('m.onnx/1/model.onnx', multiplying(1));
  models.write('n/1/model.onnx', multiplying(2));
  const repository = await models.open({ interval: 20 });
  const { readdir } = promises;
  let looks = 0;
  const denied = jest.spyOn(promises, 'readdir').mockImplementation(((folder: string, ...rest: never[]) => {
    if (folder === models.folder) looks++;
    if (folder === models.file('m.onnx')) return Promise.reject(Object.assign(new Error('denied'), { code: 'EACCES' }));
    return readdir(folder, ...rest);
  }) as never);
  await until(() => looks > 20);
  denied.mockRestore();
  expect(statesOf(repository)).toEqual(['m.onnx/1 READY', 'n/1 READY']);
  expect(await factorOf(repository.find('m.onnx'))).toBe(1);
});

test('without news of the system, changes are seen by looking', async () => {
  const watch = jest.spyOn(fs, 'watch').mockImplementation(() => {
    throw new Error('no space left for watches');
  });
  models.write('m/1/model.onnx', multiplying(1));
  const repository = await models.open({ interval: 50 });
  models.write('m/2/model.onnx', multiplying(2));
  await until(() => repository.find('m').version === '2');
  watch.mockRestore();
});

test('closing under load answers all that was taken, and takes no more', async () => {
  models.write('m/1/model.onnx', multiplying(1));
  let isLoading = false;
  const onChange = ({ version, state }: IndexEntry) => void (isLoading ||= version === '2' && state === 'LOADING');
  const repository = await models.open({ onChange });
  const served = repository.find('m');
  const asked = Array.from({ length: 100 }, () => factorOf(served));
  // A load that is under way, too.
  models.write('m/2/model.onnx', multiplying(2, 2e6));
  await until(() => isLoading);
  const closing = repository.close();
  expect(codeOf(() => repository.find('m'))).toBe('MODEL_NOT_READY');
  expect(await rejection(factorOf(served))).not.toBe('none');
  expect(new Set(await Promise.all(asked))).toEqual(new Set([1]));
  await closing;
  expect(served.memoryBytes).toBe(0);
  expect(statesOf(repository).filter((state) => state.endsWith('READY'))).toEqual([]);
  await repository.close();
});
