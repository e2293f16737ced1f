import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.join(__dirname, '../..');
const model = path.join(root, 'examples/robust-mnist.onnx');
let temporary: string;
let folder: string;
let contents: string[];
let packed: { filename: string; size: number; unpackedSize: number; files: { path: string }[] };

/** Runs a program in the folder where the package is installed; its output, or an error with what it said. */
function run(program: string, args: string[], cwd = folder): string {
  return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe', env: { ...process.env, NODE_PATH: '' } });
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

beforeAll(() => {
  temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-package-'));
  folder = path.join(temporary, 'with');
  fs.mkdirSync(folder);
  const json = run('npm', ['pack', '--json', '--pack-destination', folder], root);
  [packed] = JSON.parse(json.slice(json.indexOf('[\n'))) as [typeof packed];
  contents = packed.files.map((file) => file.path);
  write('package.json', '{ "name": "consumer", "private": true }');
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `./${packed.filename}`]);
}, 600_000);
afterAll(() => fs.rmSync(temporary, { recursive: true, force: true }));

describe('the tarball', () => {
  test('has what it needs', () => {
    expect(contents).toEqual(
      expect.arrayContaining([
        'dist/index.js',
        'dist/index.d.ts',
        'dist/cli/main.js',
        `prebuilds/${process.platform}-${process.arch}/gdws.node`,
        'native/addon/addon.cpp',
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
        'native',
        'package.json',
        'prebuilds',
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

  test('is small', () => {
    expect(packed.size).toBeLessThan(4e6);
  });

  test('installs no script and only the packages it names', () => {
    const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'node_modules/gdws/package.json'), 'utf8')) as Record<
      string,
      Record<string, unknown>
    >;
    for (const script of ['preinstall', 'install', 'postinstall']) expect(manifest.scripts).not.toHaveProperty(script);
    for (const name of Object.keys(manifest.dependencies!)) {
      expect(fs.existsSync(path.join(folder, 'node_modules', name))).toBe(true);
    }
    expect(fs.existsSync(path.join(folder, 'node_modules/onnxruntime-node'))).toBe(false);
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('has the OpenMP runtime beside the addon, with its licence, and the addon finds it there', () => {
    const prebuilds = path.join(folder, 'node_modules/gdws/prebuilds', `${process.platform}-${process.arch}`);
    const linked = /libgomp\.so\.1 => (\S+)/.exec(run('ldd', [path.join(prebuilds, 'gdws.node')]));
    expect(fs.realpathSync(linked![1]!)).toBe(fs.realpathSync(path.join(prebuilds, 'libgomp.so.1')));
    expect(fs.existsSync(path.join(prebuilds, 'libgomp.txt'))).toBe(true);
    expect(contents).toEqual(expect.arrayContaining(['native/third_party/libgomp/COPYING3']));
  });
});

describe('the installed package', () => {
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
    const flags = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'];
    run('npm', ['install', ...flags, path.join(folder, packed.filename)], without);
    expect(fs.existsSync(path.join(without, 'node_modules/commander'))).toBe(false);
    fs.writeFileSync(
      path.join(without, 'consumer.mjs'),
      `import { InferenceSession, Tensor, compress } from 'gdws';${body}`,
    );
    expectResults(run('node', ['consumer.mjs'], without));
    expect(() => run('node', ['node_modules/gdws/dist/cli/main.js', '--help'], without)).toThrow(
      /error\[DEPENDENCY_MISSING\]: the package 'commander' is not installed\. Install it: npm install commander/,
    );
  });
});
