import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { platformPackages } from '../../src/addon/platform-packages';
import { npm, pack, root, run, type Packed } from './npm';
import { machine, published, targets } from './targets';

// The packages of all platforms: as addons bytes that say which libraries would be in them; for this machine its own addon.

const main = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as Record<string, unknown>;

const wasmModules = ['gdws.cjs', 'gdws.mjs', 'gdws.d.mts', 'browser.mjs', 'browser.d.mts'];

let folder: string;
let packed: Packed[];
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-platforms-'));
  for (const { name } of targets) {
    if (name === machine) continue;
    fs.mkdirSync(path.join(folder, 'addons', name), { recursive: true });
    // libc++ as compilers of LLVM link it; for ARM64 as GCC does, which has its OpenMP runtime beside it.
    const isGcc = name === 'linux-arm64';
    const content = isGcc
      ? 'GCC: (Debian 12.2.0-14) 12.2.0\0GLIBC_2.17\0GLIBC_2.9\0libgomp.so.1'
      : 'NSt3__112basic_stringE';
    fs.writeFileSync(path.join(folder, 'addons', name, 'gdws.node'), content);
    if (isGcc) fs.writeFileSync(path.join(folder, 'addons', name, 'libgomp.so.1'), 'libgomp');
  }
  fs.mkdirSync(path.join(folder, 'addons/wasm32'));
  fs.writeFileSync(path.join(folder, 'addons/wasm32/gdws.wasm'), 'NSt3__112basic_stringE');
  const bundle = `import { bundleWasm } from './scripts/platforms/wasm.mjs'; bundleWasm(process.argv[1]);`;
  run(process.execPath, ['--input-type=module', '-e', bundle, path.join(folder, 'addons/wasm32')], root);
  packed = pack(path.join(folder, 'out'), { addons: path.join(folder, 'addons') });
}, 600_000);
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

test('the loader knows the packages that are published', () => {
  expect(platformPackages).toEqual(targets.map(({ name }) => name));
});

test('all ten are packed, gdws last', () => {
  expect(packed.map(({ name }) => name)).toEqual([...published.map(({ name }) => `@gdws/${name}`), 'gdws']);
});

const always = ['LICENSE', 'README.md', 'gdws.node', 'package.json'].concat(
  ['COPYING.APACHE', 'COPYING.MPL2', 'node-addon-api.txt'].map((name) => `licences/${name}`),
);
const gcc = ['libgomp.so.1', 'licences/COPYING.RUNTIME', 'licences/COPYING3'];
const llvm = ['licences/LLVM.txt', 'licences/Zig.txt'];

test.each(targets)('$name has its addon, the licences of what is in it, and nothing else', ({ name, ...target }) => {
  const { files } = packed.find((one) => one.name === `@gdws/${name}`)!;
  const staged = path.join(folder, 'out', name);
  const addon = fs.readFileSync(path.join(staged, 'gdws.node'), 'latin1');
  const wanted = [
    ...always,
    ...(addon.includes('libgomp.so.1') ? gcc : []),
    ...(addon.includes('St3__1') ? llvm : []),
    ...(target.os === 'win32' ? ['licences/mingw-w64.txt'] : []),
  ];
  expect(files.map((file) => file.path).sort()).toEqual(wanted.sort());
  for (const file of wanted) expect(fs.statSync(path.join(staged, file)).size).toBeGreaterThan(0);

  const manifest = JSON.parse(fs.readFileSync(path.join(staged, 'package.json'), 'utf8')) as Record<string, unknown>;
  const { version, engines, repository } = main;
  expect(manifest).toMatchObject({ name: `@gdws/${name}`, version, engines, repository });
  expect(manifest).toMatchObject({ os: [target.os], cpu: [target.cpu] });
  expect(manifest.libc).toEqual(target.libc && [target.libc]);
  for (const absent of ['scripts', 'dependencies', 'devDependencies']) expect(manifest).not.toHaveProperty(absent);
  expect(manifest.license).toMatch(/^MIT AND MPL-2\.0 AND Apache-2\.0/);
  expect(String(manifest.license).includes('LLVM-exception')).toBe(addon.includes('St3__1'));
});

test('@gdws/wasm32 is for every platform, has what loads it, and its licences', () => {
  const { files } = packed.find((one) => one.name === '@gdws/wasm32')!;
  const licences = llvm.concat(
    ['emnapi', 'wasi-libc', 'protobuf-es', 'onnxruntime-common'].map((name) => `licences/${name}.txt`),
  );
  const common = always.filter((name) => name !== 'gdws.node');
  expect(files.map((file) => file.path).sort()).toEqual([...common, 'gdws.wasm', ...wasmModules, ...licences].sort());
  const staged = path.join(folder, 'out/wasm32');
  const manifest = JSON.parse(fs.readFileSync(path.join(staged, 'package.json'), 'utf8')) as Record<string, unknown>;
  for (const absent of ['os', 'cpu', 'libc', 'dependencies']) expect(manifest).not.toHaveProperty(absent);
  expect(manifest.license).toMatch(/BSD-2-Clause/);
  // It is installed by who wants it, of the same version.
  const gdws = JSON.parse(fs.readFileSync(path.join(folder, 'out/gdws/package.json'), 'utf8')) as typeof main;
  expect(gdws.optionalDependencies).not.toHaveProperty('@gdws/wasm32');
  expect(gdws.peerDependencies).toMatchObject({ ...(main.peerDependencies as object), '@gdws/wasm32': main.version });
  expect(gdws.peerDependenciesMeta).toMatchObject({ '@gdws/wasm32': { optional: true } });
});

test('gdws/browser is in @gdws/wasm32, for bundlers and for TypeScript', () => {
  const consumer = path.join(folder, 'consumer');
  const modules = path.join(consumer, 'node_modules');
  for (const name of ['gdws', '@gdws/wasm32'])
    fs.cpSync(path.join(folder, 'out', path.basename(name)), path.join(modules, name), { recursive: true });
  fs.mkdirSync(path.join(modules, '@bufbuild'));
  for (const name of Object.keys(main.dependencies as object))
    fs.symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name));
  fs.writeFileSync(
    path.join(consumer, 'program.mts'),
    `import { load } from '@gdws/wasm32';
     import { compress, InferenceSession, simd, start, Tensor, type SessionOptions } from 'gdws/browser';
     import * as same from '@gdws/wasm32/browser';
     export const begin = async (bytes: Uint8Array, options: SessionOptions) => {
       start(await load());
       return [await InferenceSession.create(bytes, options), (await compress(bytes, { macs: 0.5 })).bytes()] as const;
     };
     // @ts-expect-error: a share is a number
     void ((bytes: Uint8Array) => compress(bytes, { macs: 'half' }));
     console.log(same.start === start, same.Tensor === Tensor, typeof simd);
     process.exit();`,
  );
  const bin = (name: string) => path.join(root, 'node_modules/.bin', name);
  const types = ['--types', 'node', '--typeRoots', path.join(root, 'node_modules/@types')];
  const strict = ['--noEmit', '--strict', '--target', 'es2023', ...types, 'program.mts'];
  run(bin('tsc'), ['--module', 'nodenext', ...strict], consumer);
  run(bin('tsc'), ['--module', 'esnext', '--moduleResolution', 'bundler', ...strict], consumer);
  const esbuild = ['program.mts', '--bundle', '--format=esm', '--platform=browser', '--outfile=bundle.mjs'];
  run(bin('esbuild'), esbuild, consumer);
  expect(run(process.execPath, ['bundle.mjs'], consumer)).toBe('true true function\n');
  // The code is there once.
  expect(fs.statSync(path.join(modules, 'gdws/dist/browser.mjs')).size).toBeLessThan(100);
}, 300_000);

test('the README of a package says which glibc and which compiler', () => {
  const readme = fs.readFileSync(path.join(folder, 'out/linux-arm64/README.md'), 'utf8');
  expect(readme).toContain('It needs glibc 2.17 or newer.');
  expect(readme).toContain('Compiled by GCC (Debian 12.2.0-14) 12.2.0.');
});

test('npm would publish each', () => {
  for (const { name } of packed) {
    const staged = path.join(folder, 'out', path.basename(name));
    const args = ['publish', '--dry-run', '--access', 'public', '--ignore-scripts', '--loglevel=error', '--json'];
    expect(run('npm', args, staged, { npm_config_json: 'true' })).toContain(`${name}@${String(main.version)}`);
  }
});

test('the repository itself is neither packed nor published', () => {
  expect(() => npm(['pack', '--ignore-scripts=false', '--pack-destination', folder], root)).toThrow(
    /node scripts\/platforms\/pack\.mjs/,
  );
  // A registry that nobody is at: a dry run does not look whether the package is private.
  const registry = ['--registry', 'http://localhost:9', '--//localhost:9/:_authToken=none', '--fetch-retries=0'];
  expect(() => run('npm', ['publish', '--ignore-scripts', ...registry], root)).toThrow(/EPRIVATE/);
});

test('a target whose addon was not built is refused by name', () => {
  const script = path.join(root, 'scripts/platforms/pack.mjs');
  const args = [script, '--addons', path.join(folder, 'none'), '--out', path.join(folder, 'refused')];
  expect(() => run(process.execPath, [...args, '--targets', 'linux-arm64,darwin-x64'], root)).toThrow(
    new RegExp(`There is no addon for ${machine === 'linux-arm64' ? 'darwin-x64' : 'linux-arm64'}`),
  );
  expect(() => run(process.execPath, [...args, '--targets', 'plan9-x64'], root)).toThrow(
    /There is no target plan9-x64/,
  );
});
