import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compiledTree } from '../compiled-tree';

// What the loader finds, and what it says where there is nothing, in a node_modules that was made for the test.

const tree = compiledTree('src');
const addon = path.resolve(process.env.GDWS_ADDON ?? path.join(__dirname, '../../build/Release/gdws.node'));
let folder: string;
beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-missing-')));
  fs.cpSync(path.join(tree, 'src'), at('gdws/dist'), { recursive: true });
  write('gdws/package.json', '{ "name": "gdws", "version": "1.2.3", "main": "dist/index.js" }');
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));
afterAll(() => fs.rmSync(tree, { recursive: true, force: true }));

/** A file of node_modules. */
const at = (file: string) => path.join(folder, 'node_modules', file);

function write(file: string, content: string | Buffer): void {
  fs.mkdirSync(path.dirname(at(file)), { recursive: true });
  fs.writeFileSync(at(file), content);
}

/** An installed package of a platform, whose addon, as a rule, cannot be loaded. */
function platformPackage(name: string, { version = '1.2.3', content = Buffer.from('none') } = {}): void {
  write(`@gdws/${name}/package.json`, JSON.stringify({ name: `@gdws/${name}`, version }));
  write(`@gdws/${name}/gdws.node`, content);
}

const linux = (glibc: string | undefined) => `
  Object.defineProperty(process, 'platform', { value: 'linux' });
  Object.defineProperty(process, 'arch', { value: 'x64' });
  process.report.getReport = () => ({ header: { glibcVersionRuntime: ${JSON.stringify(glibc)} }, sharedObjects: [] });`;
/** Node as it is with musl, which names another loader. */
const musl = `${linux(undefined)} process.execPath = 'EXECUTABLE';`;
const system = (platform: string, arch: string) => `
  Object.defineProperty(process, 'platform', { value: '${platform}' });
  Object.defineProperty(process, 'arch', { value: '${arch}' });`;

/** The error of loading the addon, or its file where it loads, in a process that `prepare` has changed. */
function load(prepare: string, environment: NodeJS.ProcessEnv = {}) {
  write('executable', '\x7fELF /lib/ld-musl-x86_64.so.1\0');
  const program = `
    ${prepare.replace("'EXECUTABLE'", JSON.stringify(at('executable')))}
    const { native } = require('gdws/dist/addon/native.js');
    try {
      native();
      const { sharedObjects } = process.report.getReport();
      console.log(JSON.stringify({ loaded: sharedObjects.find((file) => file.endsWith('gdws.node')) }));
    } catch ({ code, message, remedy, file }) {
      console.log(JSON.stringify({ code, message, remedy, file }));
    }`;
  const env = { ...process.env, GDWS_ADDON: '', ...environment };
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { cwd: folder, encoding: 'utf8', env });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Record<'loaded' | 'code' | 'message' | 'remedy' | 'file', string | undefined>;
}

const searched = () => [at('gdws/dist/addon/gdws.node'), at('gdws/build/Release/gdws.node'), at('gdws/dist/addon')];

function expectMissing(found: ReturnType<typeof load>, { words, remedy }: { words: string[]; remedy: string }): void {
  expect(found).toMatchObject({ code: 'ADDON_MISSING', remedy });
  for (const word of [process.version, ...words]) expect(found.message).toContain(word);
}

test('without a package for the platform, the error names it, all places and the command that installs it', () => {
  expectMissing(load(linux('2.36')), {
    words: ['linux-x64 (glibc 2.36, Node ', '@gdws/linux-x64', ...searched()],
    remedy: 'Install it: npm install --save-optional @gdws/linux-x64@1.2.3',
  });
});

test('with musl it asks for the package for musl, although that for glibc is there', () => {
  expectMissing(load(musl), {
    words: ['linux-x64 (musl of unknown version, Node ', '@gdws/linuxmusl-x64'],
    remedy: 'Install it: npm install --save-optional @gdws/linuxmusl-x64@1.2.3',
  });
  platformPackage('linux-x64');
  expectMissing(load(musl), {
    words: ['with @gdws/linux-x64'],
    remedy: expect.stringContaining('npm install --os=linux --cpu=x64 --libc=musl') as string,
  });
});

test.each(['win32-x64', 'win32-arm64', 'darwin-arm64', 'darwin-x64'])('%s has a package', (name) => {
  const [platform, arch] = name.split('-') as [string, string];
  expectMissing(load(system(platform, arch)), {
    words: [`${name} (Node `],
    remedy: `Install it: npm install --save-optional @gdws/${name}@1.2.3`,
  });
});

test('a platform that has no package is told how to build', () => {
  expectMissing(load(system('freebsd', 'x64')), {
    words: ['gdws has no package for freebsd-x64', ...searched().slice(0, 2)],
    remedy:
      'Build the addon (needs CMake and GCC or Clang for C++20): npm install cmake-js node-addon-api node-api-headers && cd node_modules/gdws && npx cmake-js compile',
  });
});

test('node_modules of another platform is recognized', () => {
  platformPackage('darwin-arm64');
  expectMissing(load(linux('2.36')), {
    words: ['installed for another platform, with @gdws/darwin-arm64', 'linux-x64 (glibc 2.36', ...searched()],
    remedy:
      'Do not copy node_modules from one platform to another: install where the program runs, or for it: npm install --os=linux --cpu=x64 --libc=glibc',
  });
});

test('an addon of another version is not loaded', () => {
  platformPackage('linux-x64', { version: '1.2.2' });
  const found = load(linux('2.36'));
  expect(found).toMatchObject({
    code: 'ADDON_MISSING',
    file: at('@gdws/linux-x64/gdws.node'),
    remedy: 'Install the addon that belongs to it: npm install --save-optional @gdws/linux-x64@1.2.3',
  });
  expect(found.message).toContain('version 1.2.3, and its addon of version 1.2.2');
});

test('in a checkout the remedy is to build', () => {
  write('gdws/package.json', '{ "name": "gdws", "version": "1.2.3", "private": true }');
  expectMissing(load(linux('2.36')), {
    words: ['in this checkout', ...searched().slice(0, 2)],
    remedy: 'Build it: npm run build:native',
  });
});

test('GDWS_ADDON that names nothing says so', () => {
  expect(load('', { GDWS_ADDON: 'absent.node' })).toMatchObject({ code: 'ADDON_MISSING', file: 'absent.node' });
});

test('an addon that cannot be loaded is named, with what the system says', () => {
  platformPackage('linux-x64');
  const found = load(linux('2.36'));
  expect(found).toMatchObject({ code: 'ADDON_MISSING', file: at('@gdws/linux-x64/gdws.node') });
  expect(found.message).toMatch(/the addon cannot be loaded: .+ npx cmake-js compile$/s);
});

const isGlibc = process.platform === 'linux' && fs.readFileSync(addon).includes('GLIBC_2.');
(isGlibc ? test : test.skip)('a glibc that is too old is recognized, with both versions', () => {
  const content = fs.readFileSync(addon);
  const versions = [...content.toString('latin1').matchAll(/\0GLIBC_2\.\d\d\0/g)];
  for (const { index } of versions) content.write('\0GLIBC_2.99\0', index, 'latin1');
  platformPackage('linux-x64', { content });
  const found = load(linux('2.17'));
  expect(found).toMatchObject({ code: 'ADDON_MISSING', file: at('@gdws/linux-x64/gdws.node') });
  expect(found.message).toContain('the addon needs glibc 2.99 or newer, and this system has glibc 2.17');
  expect(found.remedy).toMatch(/^Run it on a newer system, or build the addon on this one/);
});

test('the order: GDWS_ADDON, beside a bundle, the build of this machine, the package of the platform', () => {
  const content = fs.readFileSync(addon);
  const { report } = process as unknown as { report: { getReport(): { header: { glibcVersionRuntime?: string } } } };
  const isMusl = process.platform === 'linux' && !report.getReport().header.glibcVersionRuntime;
  const name = `${process.platform}${isMusl ? 'musl' : ''}-${process.arch}`;
  const own = path.dirname(addon);
  // The OpenMP runtime, where the addon has brought it with it.
  const places = [`@gdws/${name}`, 'gdws/build/Release', 'gdws/dist/addon', 'elsewhere'];
  for (const place of places) {
    if (place.startsWith('@')) platformPackage(name, { content });
    else write(`${place}/gdws.node`, content);
    const runtime = path.join(own, 'libgomp.so.1');
    if (fs.existsSync(runtime)) fs.copyFileSync(runtime, at(`${place}/libgomp.so.1`));
    const environment = place === 'elsewhere' ? { GDWS_ADDON: at('elsewhere/gdws.node') } : {};
    expect(load('', environment).loaded).toBe(at(`${place}/gdws.node`));
  }
});
