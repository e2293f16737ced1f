import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { decodeModel } from '../../src/onnx/read';
import { externalize } from '../../src/onnx/externalize';
import { compiledTree } from '../compiled-tree';
import { convolutionStack } from '../runtime/models';
import { emulatedPlatforms } from './emulators';
import type { Outcomes } from './sessions.child';

// Sessions in Node of other platforms, in emulators, and here: the outcomes must be the same. Platforms whose addon is
// not built (npm run build:platforms), or whose emulator is missing, are skipped.

const root = path.resolve(__dirname, '../..');
const here = `${process.platform}-${process.arch}`;
const names = emulatedPlatforms('sessions').filter((name) => name !== here);

const tree = compiledTree('src', 'test/runtime', 'test/platforms');
afterAll(() => fs.rmSync(tree, { recursive: true, force: true }));

/** Runs a script of the tree on a platform; what it prints goes to a file, since pipes fail in Wine. */
function runOn(platform: string, script: string, ...given: string[]): { code: number | null; printed: string } {
  const log = path.join(tree, `${platform}.log`);
  const descriptor = fs.openSync(log, 'w');
  const foreign = platform === here ? [] : [path.join(root, 'scripts/platforms/run-node.mjs'), platform];
  const { status } = spawnSync(process.execPath, [...foreign, path.join(tree, 'test', script), ...given], {
    cwd: tree,
    stdio: ['ignore', descriptor, descriptor],
    timeout: 600_000,
  });
  fs.closeSync(descriptor);
  return { code: status, printed: fs.readFileSync(log, 'utf8') };
}

/** Names of files of weights that a model in `folder` gives, and whether they may be read. */
const locations: Readonly<Record<string, string>> = {
  inside: 'weights/inside.bin',
  above: '../above.bin',
  'above, by a folder': 'weights/../../above.bin',
  'above, as Windows writes it': '..\\above.bin',
  absolute: '/above.bin',
  'on a drive': 'C:\\above.bin',
  'of a drive': 'C:above.bin',
  'on a server': '\\\\server\\share\\above.bin',
  'in the namespace of devices': '\\\\?\\C:\\above.bin',
  'a device': 'NUL',
};

function outcomesOn(platform: string): Outcomes {
  const folder = path.join(tree, platform, 'models');
  fs.mkdirSync(path.join(folder, 'weights'), { recursive: true });
  const stack = convolutionStack({ channels: 16, layers: 4 });
  fs.writeFileSync(path.join(folder, 'stack.onnx'), stack);
  fs.writeFileSync(path.join(folder, 'other.onnx'), convolutionStack({ channels: 16, layers: 3 }));
  const external = Object.entries(locations).map(([name, location]) => {
    const { bytes, parts } = externalize(decodeModel(stack), location);
    fs.writeFileSync(path.join(folder, `${name}.onnx`), bytes);
    for (const file of ['weights/inside.bin', '../above.bin'])
      fs.writeFileSync(path.join(folder, file), Buffer.concat(parts));
    return `${name}.onnx`;
  });
  const file = path.join(folder, 'stack.onnx');
  const windows = `Z:${file.replaceAll('/', '\\')}`;
  const spellings =
    platform === 'win32-x64'
      ? [windows, windows.replaceAll('\\', '/'), `\\\\?\\${windows}`, windows.toUpperCase()]
      : [];
  fs.writeFileSync(path.join(folder, 'plan.json'), JSON.stringify({ spellings, external }));
  const { code, printed } = runOn(platform, 'platforms/sessions.child.js', folder);
  if (code !== 0) throw new Error(`${platform} ended with ${code}: ${printed}`);
  return JSON.parse(fs.readFileSync(path.join(folder, 'outcomes.json'), 'utf8')) as Outcomes;
}

/** Logits are compared to the rounding of kernels, all else exactly. */
function expectSame(found: unknown, wanted: unknown, at = ''): void {
  if (Array.isArray(wanted) && typeof wanted[0] === 'number') {
    expect(found).toHaveLength(wanted.length);
    const worst = Math.max(...wanted.map((value, i) => Math.abs((value as number) - (found as number[])[i]!)));
    const scale = Math.max(...wanted.map((value) => Math.abs(value as number)));
    expect({ at, isNear: worst <= 1e-4 * scale }).toEqual({ at, isNear: true });
  } else if (typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted)) {
    for (const [key, value] of Object.entries(wanted)) expectSame((found as Outcomes)[key], value, `${at}/${key}`);
  } else expect({ at, found }).toEqual({ at, found: wanted });
}

const native = outcomesOn(here);

test('the outcomes here are what sessions promise', () => {
  const { files, external } = native as { files: Outcomes; external: Outcomes };
  expect(native.aborted).toEqual(['ABORTED']);
  expect(native.worker).toMatchObject({ code: 1 });
  expect(native['after a worker was terminated']).toEqual(native['two threads']);
  expect(Object.keys(files).filter((name) => typeof files[name] === 'string')).toEqual(['changed', 'cut']);
  const read = Object.keys(external).filter((name) => typeof external[name] !== 'string');
  expect(read.map((name) => path.basename(name, '.onnx'))).toEqual(['inside']);
});

const describePlatform = (platform: string) => {
  let outcomes: Outcomes;
  beforeAll(() => (outcomes = outcomesOn(platform)), 1_200_000);

  test('is of that platform', () => expect(outcomes.platform).toBe(platform.replace('musl', '')));

  test.each(['one thread', 'two threads', 'worker', 'after a worker was terminated', 'aborted'])(
    '%s: as here',
    (name) => expectSame(outcomes[name], native[name]),
  );

  test('files that are removed, replaced, changed and cut: as here, or refused by the system', () => {
    const files = outcomes.files as Outcomes;
    for (const [name, wanted] of Object.entries(native.files as Outcomes)) {
      if (platform.startsWith('win32') && files[name] === 'EPERM') continue;
      expectSame(files[name], wanted, name);
    }
  });

  test('a path by every spelling', () => {
    const wanted = native['one thread'];
    for (const [spelling, found] of Object.entries(outcomes.paths as Outcomes)) expectSame(found, wanted, spelling);
  });

  test('weights beside the model are read, and no others', () => {
    const [found, wanted] = [outcomes.external, native.external].map((all) => Object.values(all as Outcomes));
    expectSame(found![0], wanted![0]);
    expect(found!.slice(1)).toEqual(found!.slice(1).map(() => 'EXTERNAL_DATA'));
  });

  test.each([
    ['return', 0],
    ['process.exit(3)', 3],
    ['exit in finally', 4],
    ['uncaught exception', 1],
    ['exit while equations are solved', 5],
    ['exit while a network is compiled', 5],
  ])(
    'a process that ends while work is in flight, by %s: code %i',
    (end, code) => {
      const model = path.join(tree, platform, 'models', 'exit.onnx');
      fs.writeFileSync(model, convolutionStack({ channels: 32, layers: 2 }));
      const spelled = platform.startsWith('win32') ? `Z:${model.replaceAll('/', '\\')}` : model;
      for (const inWorker of [false, true]) {
        const ended = runOn(platform, 'runtime/exit.child.js', JSON.stringify({ model: spelled, end, inWorker }));
        expect({ inWorker, code: ended.code }).toEqual({ inWorker, code });
        expect(ended.printed).toContain('ready');
      }
    },
    1_200_000,
  );
};
for (const name of names) describe(`Node of ${name}`, () => describePlatform(name));
