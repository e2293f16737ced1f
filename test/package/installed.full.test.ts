import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { builtFolder, emulatedPlatforms } from '../platforms/emulators';
import { startRegistry, type LocalRegistry } from './local-registry';
import { root, run, sizeOf } from './npm';
import { machine, published, type Target } from './targets';

// The packages with the addons that `npm run build:platforms` made: what is in them, and from an empty folder, with scripts blocked,
// to the first result, in Node of the platform. Platforms that are not built are skipped, and not run those that are not emulated.

const fileOf = (name: string) => (name === 'wasm32' ? 'gdws.wasm' : 'gdws.node');
const built = published.filter(({ name }) => fs.existsSync(path.join(builtFolder(name), fileOf(name))));
const emulated = emulatedPlatforms('installed');

let folder: string;
let registry: LocalRegistry | undefined;
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-installed-'));
  if (built.length > 0) registry = await startRegistry(folder, { targets: built.map(({ name }) => name) });
}, 600_000);
afterAll(() => {
  registry?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

const filesOf = (name: string) =>
  registry!.packed.find((one) => one.name === `@gdws/${name}`)!.files.map((file) => file.path);

/** Prints the scores of the bundled network for an image, and what computed them. */
const program = `
  import { InferenceSession, Tensor, simd } from 'gdws';
  const session = await InferenceSession.create('model.onnx');
  const image = new Tensor('float32', Float32Array.from({ length: 784 }, (_, at) => (at % 7) / 7), [1, 1, 28, 28]);
  const scores = (await session.run({ [session.inputNames[0]]: image }))[session.outputNames[0]];
  console.log(JSON.stringify({ scores: [...scores.data], inUse: simd().inUse }));`;

interface Printed {
  readonly scores: readonly number[];
  readonly inUse: string;
}

/** Installs gdws and the package of a platform in an empty folder. */
function install({ name, os: system, cpu, libc }: Target): string {
  const consumer = path.join(folder, 'consumers', name);
  fs.mkdirSync(consumer, { recursive: true });
  fs.writeFileSync(path.join(consumer, 'package.json'), '{ "name": "consumer", "private": true }');
  const platform = Object.entries({ os: system, cpu, libc }).flatMap(([key, value]) =>
    value ? [`--${key}=${value}`] : [],
  );
  // Who has no other takes WebAssembly.
  registry!.install(
    consumer,
    system ? ['--include=optional', 'gdws', ...platform] : ['--omit=optional', 'gdws', '@gdws/wasm32'],
  );
  fs.copyFileSync(path.join(root, 'examples/robust-mnist.onnx'), path.join(consumer, 'model.onnx'));
  fs.writeFileSync(path.join(consumer, 'first.mjs'), program);
  return consumer;
}

for (const target of published) {
  const { name } = target;
  const isBuilt = built.includes(target);
  if (!isBuilt) console.warn(`Skipped, since it is not built: ${name}.`);
  (isBuilt ? describe : describe.skip)(`@gdws/${name}`, () => {
    test('has the licences of what its addon has in it', () => {
      const addon = fs.readFileSync(path.join(builtFolder(name), fileOf(name)), 'latin1');
      // Zig's compiler brings libc++ and compiler-rt.
      expect(addon).toContain('St3__1');
      const licences = filesOf(name).filter((file) => file.startsWith('licences/'));
      for (const wanted of ['LLVM', 'Zig', 'node-addon-api', ...(target.os === 'win32' ? ['mingw-w64'] : [])])
        expect(licences).toContain(`licences/${wanted}.txt`);
      for (const wanted of ['COPYING.MPL2', 'COPYING.APACHE']) expect(licences).toContain(`licences/${wanted}`);
      // Its teams are threads of the engine.
      expect(filesOf(name)).not.toContain('libgomp.so.1');
    });

    test('names no folder of the machine that built it, in any of its files', () => {
      const staged = path.join(folder, name);
      for (const file of filesOf(name)) {
        const text = fs.readFileSync(path.join(staged, file), 'latin1');
        // READMEs may speak of folders.
        const places = [root, ...(file === fileOf(name) ? ['/home/', '/work/', '/root/', '/Users/', 'zig-cache'] : [])];
        expect({ file, found: places.filter((place) => text.includes(place)) }).toEqual({ file, found: [] });
      }
    });

    const runs = name === machine || name === 'wasm32' ? 'here' : emulated.includes(name) ? 'emulated' : undefined;
    test(`from an empty folder to the first result${runs ? '' : ', installed only'}, within 12 MB`, () => {
      const began = performance.now();
      const consumer = install(target);
      expect(fs.readdirSync(path.join(consumer, 'node_modules/@gdws'))).toEqual([name]);
      expect(sizeOf(path.join(consumer, 'node_modules'))).toBeLessThan(12e6);
      expect(fs.statSync(path.join(builtFolder(name), fileOf(name))).size).toBeLessThan(4e6);
      if (!runs) return;
      // To files, since pipes fail in Wine.
      const [printed, errors] = ['printed', 'errors'].map((file) => path.join(consumer, file)) as [string, string];
      const streams = [printed, errors].map((file) => fs.openSync(file, 'w'));
      const script = path.join(consumer, 'first.mjs');
      const foreign = [path.join(root, 'scripts/platforms/run-node.mjs'), '--installed', name];
      const { status } = spawnSync(process.execPath, [...(runs === 'here' ? [] : foreign), script], {
        cwd: consumer,
        stdio: ['ignore', ...streams],
        env: { ...process.env, GDWS_ADDON: '', NODE_PATH: '' },
      });
      for (const stream of streams) fs.closeSync(stream);
      expect({ status, errors: status === 0 ? '' : fs.readFileSync(errors, 'utf8') }).toEqual({
        status: 0,
        errors: '',
      });
      const { scores, inUse } = JSON.parse(fs.readFileSync(printed, 'utf8')) as Printed;
      console.log(
        `${name}: from npm install to the first result ${((performance.now() - began) / 1000).toFixed(1)} s.`,
      );
      expect(scores).toHaveLength(10);
      scores.forEach((score, at) => expect(score).toBeCloseTo(wanted()[at]!, 3));
      expect(inUse === 'wasm').toBe(name === 'wasm32');
    }, 1_200_000);
  });
}

let ofCheckout: readonly number[] | undefined;

/** What the addon of this checkout gives, or where none is built for it, that of build:platforms. */
function wanted(): readonly number[] {
  if (ofCheckout) return ofCheckout;
  const consumer = path.join(folder, 'checkout');
  fs.mkdirSync(path.join(consumer, 'node_modules'), { recursive: true });
  fs.symlinkSync(root, path.join(consumer, 'node_modules/gdws'));
  fs.copyFileSync(path.join(root, 'examples/robust-mnist.onnx'), path.join(consumer, 'model.onnx'));
  fs.writeFileSync(path.join(consumer, 'first.mjs'), program);
  const isBuilt = fs.existsSync(path.join(root, 'build/Release/gdws.node'));
  const env = { GDWS_ADDON: isBuilt ? '' : path.join(builtFolder(machine), 'gdws.node') };
  ofCheckout = (JSON.parse(run(process.execPath, ['first.mjs'], consumer, env)) as Printed).scores;
  return ofCheckout;
}
