import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { platformPackages } from '../../src/addon/platform-packages';
import { npm as npmIn, pack, root, run as runIn, sizeOf, type Packed } from './npm';

const model = path.join(root, 'examples/robust-mnist.onnx');
let temporary: string;
let folder: string;
let contents: string[];
let packed: Packed;

/** Runs a program in the folder where the package is installed; its output, or an error with what it said. */
function run(program: string, args: string[], { cwd = folder, env = {} } = {}): string {
  return runIn(program, args, cwd, env);
}

function npm(args: string[], cwd = folder): string {
  return npmIn(args, cwd);
}

function write(name: string, text: string): void {
  fs.writeFileSync(path.join(folder, name), text);
}

/** Runs the bundled network on an empty image, compresses it, and runs that. */
const body = `
  const input = () => ({ image: new Tensor('float32', new Float32Array(784), [1, 1, 28, 28]) });
  const feed = (session) => ({ [session.inputNames[0]]: input().image });
  const dense = await InferenceSession.create(${JSON.stringify(model)});
  const output = (await dense.run(feed(dense)))[dense.outputNames[0]];
  const { summary, bytes } = await compress(${JSON.stringify(model)}, { macs: 0.5 });
  const small = await InferenceSession.create(bytes());
  const other = (await small.run(feed(small)))[small.outputNames[0]];
  console.log(JSON.stringify({
    dims: output.dims, otherDims: other.dims, finite: [...other.data].every(Number.isFinite), macs: summary.macs,
  }));`;

const firstResult = `
  import { InferenceSession, Tensor } from 'gdws';
  const session = await InferenceSession.create(${JSON.stringify(model)});
  const image = new Tensor('float32', new Float32Array(784), [1, 1, 28, 28]);
  console.log((await session.run({ [session.inputNames[0]]: image }))[session.outputNames[0]].size);`;

function expectResults(printed: string): void {
  const { dims, otherDims, finite, macs } = JSON.parse(printed) as {
    dims: number[];
    otherDims: number[];
    finite: boolean;
    macs: { before: number; after: number };
  };
  expect(dims).toEqual([1, 10]);
  expect(otherDims).toEqual([1, 10]);
  expect(finite).toBe(true);
  expect(macs.after).toBeLessThanOrEqual(macs.before / 2);
}

/** The package of this machine's addon. */
let platform: Packed;
let addons: string;
beforeAll(() => {
  temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-package-'));
  folder = path.join(temporary, 'with');
  fs.mkdirSync(folder);
  const [ofMachine, main] = pack(folder) as [Packed, Packed];
  [platform, packed] = [ofMachine, main];
  contents = packed.files.map((file) => file.path);
  write('package.json', '{ "name": "consumer", "private": true }');
  install(folder);
  addons = path.join(folder, 'node_modules', platform.name);
}, 600_000);
afterAll(() => fs.rmSync(temporary, { recursive: true, force: true }));

function install(where: string, optional = '--include=optional'): void {
  const tarballs = [packed, platform].map(({ filename }) => path.join(folder, filename));
  npm(['install', '--ignore-scripts', optional, ...tarballs], where);
}

describe('the tarball', () => {
  test('has what it needs', () => {
    expect(contents).toEqual(
      expect.arrayContaining([
        'dist/index.js',
        'dist/index.d.ts',
        'dist/cli/main.js',
        'native.tar.xz',
        'CMakeLists.txt',
        'LICENSE',
        'README.md',
        'CHANGELOG.md',
      ]),
    );
  });

  test('has nothing else: no binding.gyp, no tests, no build', () => {
    const top = new Set(contents.map((file) => file.split('/')[0]));
    expect([...top].sort()).toEqual(
      [
        'CHANGELOG.md',
        'CMakeLists.txt',
        'LICENSE',
        'README.md',
        'benchmarks',
        'dist',
        'docs',
        'native.tar.xz',
        'package.json',
      ].sort(),
    );
    // The README links to the figures.
    expect(contents.filter((file) => file.startsWith('benchmarks/')).sort()).toEqual([
      'benchmarks/README.md',
      'benchmarks/paper/README.md',
    ]);
  });

  test('has every source file compiled, and nothing compiled from one that is gone', () => {
    const sources = fs.readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' });
    const wanted = sources.filter((file) => file.endsWith('.ts')).map((file) => `dist/${file.replace(/\.ts$/, '.js')}`);
    // What draws the charts of a sweep's page is copied there by the build.
    wanted.push('dist/sweep/page/echarts.min.js');
    expect(contents.filter((file) => /^dist\/.*\.js$/.test(file)).sort()).toEqual(wanted.sort());
    expect(contents).toEqual(
      expect.arrayContaining(['dist/sweep/page/echarts.LICENSE', 'dist/sweep/page/echarts.NOTICE']),
    );
  });

  test('installs no script and only the packages it names', () => {
    const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'node_modules/gdws/package.json'), 'utf8')) as Record<
      string,
      Record<string, unknown>
    >;
    expect(manifest).not.toHaveProperty('scripts');
    expect(manifest).not.toHaveProperty('private');
    const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    const wanted = Object.fromEntries(platformPackages.map((name) => [`@gdws/${name}`, version]));
    expect(manifest.optionalDependencies).toMatchObject(wanted);
    for (const name of Object.keys(manifest.dependencies!)) {
      expect(fs.existsSync(path.join(folder, 'node_modules', name))).toBe(true);
    }
    expect(fs.existsSync(path.join(folder, 'node_modules/onnxruntime-node'))).toBe(false);
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('of the addon has the OpenMP runtime beside it, if it is not linked in, and the addon finds it there', () => {
    const linked = /libgomp\.so\.1 => (.+) \(0x/.exec(run('ldd', [path.join(addons, 'gdws.node')]));
    const beside = path.join(addons, 'libgomp.so.1');
    expect(fs.existsSync(beside)).toBe(linked !== null);
    if (linked) expect(fs.realpathSync(linked[1]!)).toBe(fs.realpathSync(beside));
  });

  test('of the addon has no paths of the machine that built it', () => {
    const text = fs.readFileSync(path.join(addons, 'gdws.node'), 'latin1');
    for (const place of [root, '/home/', '/work/', '/tmp/', '/root/', '/Users/', 'node_modules']) {
      expect(text).not.toContain(place);
    }
  });
});

describe('the installed package', () => {
  test('is small, with all that it needs', () => {
    const lean = path.join(temporary, 'lean');
    fs.mkdirSync(lean);
    fs.writeFileSync(path.join(lean, 'package.json'), '{ "name": "consumer", "private": true }');
    const began = performance.now();
    install(lean, '--omit=optional');
    fs.writeFileSync(path.join(lean, 'first.mjs'), firstResult);
    expect(run('node', ['first.mjs'], { cwd: lean })).toBe('10\n');
    console.log(`From npm install to the first result: ${((performance.now() - began) / 1000).toFixed(1)} s.`);
    expect(packed.size + platform.size).toBeLessThan(5e6);
    // At most 12 MB with an addon of build:platforms, as installed.full.test.ts asks. One of this machine's compiler
    // is larger.
    const modules = path.join(lean, 'node_modules');
    const addon = path.join('@gdws', path.basename(platform.name), 'gdws.node');
    expect(sizeOf(modules) - fs.statSync(path.join(modules, addon)).size).toBeLessThan(8e6);
    expect(sizeOf(modules)).toBeLessThan(13.5e6);
  });

  test('works from an ES module', () => {
    write('consumer.mjs', `import { InferenceSession, Tensor, compress } from 'gdws';${body}`);
    expectResults(run('node', ['consumer.mjs']));
  });

  test('works from CommonJS', () => {
    write('consumer.cjs', `const { InferenceSession, Tensor, compress } = require('gdws');(async () => {${body}})();`);
    expectResults(run('node', ['consumer.cjs']));
  });

  test.each([
    ['nodenext', 'nodenext', 'consumer.mts', 'consumer.mjs'],
    ['commonjs', 'node10', 'consumer.cts', 'consumer.cjs'],
  ])('works from TypeScript: module %s', (module, moduleResolution, source, compiled) => {
    const typed = body
      .replace('(session)', '(session: InferenceSession)')
      .replace('[...other.data]', '[...(other!.data as Float32Array)]');
    write(
      source,
      `import { InferenceSession, Tensor, compress, type CompressionSummary, type GdwsError } from 'gdws';
       export type { CompressionSummary, GdwsError };
       async function main(): Promise<void> {${typed.replace('output.dims', 'output!.dims').replace('other.dims', 'other!.dims')}}
       void main();`,
    );
    const options = ['--strict', '--target', 'es2023', '--module', module, '--moduleResolution', moduleResolution];
    const types = ['--types', 'node', '--typeRoots', path.join(root, 'node_modules/@types')];
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    run('node', [tsc, ...options, ...types, '--outDir', `out-${module}`, source]);
    expectResults(run('node', [path.join(`out-${module}`, compiled)]));
  });

  test('has the command line', () => {
    const description = JSON.parse(run('npx', ['--no-install', 'gdws', 'inspect', model, '--json'])) as {
      runs: boolean;
    };
    expect(description.runs).toBe(true);
  });

  test('works without its optional packages; the command line says what it lacks', () => {
    const without = path.join(temporary, 'without');
    fs.mkdirSync(without);
    fs.writeFileSync(path.join(without, 'package.json'), '{ "name": "consumer", "private": true }');
    install(without, '--omit=optional');
    expect(fs.existsSync(path.join(without, 'node_modules/commander'))).toBe(false);
    fs.writeFileSync(
      path.join(without, 'consumer.mjs'),
      `import { InferenceSession, Tensor, compress } from 'gdws';${body}`,
    );
    expectResults(run('node', ['consumer.mjs'], { cwd: without }));
    expect(() => run('node', ['node_modules/gdws/dist/cli/main.js', '--help'], { cwd: without })).toThrow(
      /error\[DEPENDENCY_MISSING\]: the package 'commander' is not installed\. Install it: npm install commander/,
    );
  });
});

describe.each([
  ['esbuild, CommonJS', 'program.cjs'],
  ['esbuild, ES modules', 'program.mjs'],
  ['webpack, CommonJS', 'program.cjs'],
  ['rollup, ES modules', 'program.mjs'],
])('a program bundled by %s', (bundler, file) => {
  const bundlingScript = path.join(__dirname, 'bundle.mjs');
  const program = `import { InferenceSession, Tensor, compress, readNpz } from 'gdws';
    async function main() {
      if ((await readNpz(${JSON.stringify(path.join(root, 'test/data/arrays/deflated.npz'))})).size === 0) throw new Error();
      ${body}
    }
    main().catch(({ code, message }) => { console.error(code, message); process.exitCode = 1; });`;
  const source = () => path.join(folder, 'program.mjs');
  beforeAll(() => write('program.mjs', program));

  test('without gdws finds it installed', () => {
    const bundle = path.join(folder, 'out', bundler, file);
    run('node', [bundlingScript, bundler, source(), bundle, 'gdws'], { cwd: root });
    expect(fs.statSync(bundle).size).toBeLessThan(10_000);
    expectResults(run('node', [bundle], { env: { GDWS_ADDON: '' } }));
  });

  test('with gdws in it finds the addon beside it or where the environment says, and tells what is missing', () => {
    const alone = path.join(temporary, 'alone', bundler);
    const bundle = path.join(alone, file);
    run('node', [bundlingScript, bundler, source(), bundle], { cwd: root });
    // The program may be elsewhere than what gdws works without.
    const packages = path.join(alone, 'node_modules');
    fs.mkdirSync(packages);
    fs.symlinkSync(path.join(folder, 'node_modules/fflate'), path.join(packages, 'fflate'));
    const start = (GDWS_ADDON: string) => run('node', [bundle], { cwd: temporary, env: { GDWS_ADDON } });

    expectResults(start(path.join(addons, 'gdws.node')));
    const said = thrownBy(() => start(''));
    for (const word of ['ADDON_MISSING', path.join(alone, 'gdws.node'), '--external:gdws', 'GDWS_ADDON']) {
      expect(said).toContain(word);
    }
    fs.cpSync(addons, alone, { recursive: true });
    expectResults(start(''));
  });
});

function thrownBy(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('Nothing was thrown.');
}
