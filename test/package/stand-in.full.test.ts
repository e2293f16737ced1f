import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startRegistry, type LocalRegistry } from './local-registry';
import { root, run } from './npm';

// The settings of docs/onnxruntime.md by which programs that import onnxruntime-node get gdws, as they stand there.

const document = fs.readFileSync(path.join(root, 'docs/onnxruntime.md'), 'utf8');
const section = /^## Without changing imports\n([^]*?)^## /m.exec(document)![1]!;
const recipes = new Map(
  section
    .split(/^### /m)
    .slice(1)
    .map((text) => [text.split('\n')[0]!, [...text.matchAll(/^```\w+\n([^]*?)^```$/gm)].map(([, code]) => code!)]),
);

let temporary: string;
let registry: LocalRegistry;
beforeAll(async () => {
  temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-stand-in-'));
  write('library/package.json', {
    name: 'library',
    version: '1.0.0',
    exports: { import: './index.mjs', require: './index.cjs' },
    // Exactly this, so that nothing but an override gives it another.
    dependencies: { 'onnxruntime-node': '1.20.1' },
  });
  write('library/index.cjs', "exports.ort = require('onnxruntime-node');");
  write('library/index.mjs', "export * as ort from 'onnxruntime-node';");
  // What the library gets where no setting says otherwise.
  write('original/package.json', { name: 'onnxruntime-node', version: '1.20.1', main: 'index.js' });
  write('original/index.js', "throw new Error('this is the original');");
  const others = ['library', 'original'].map((name) => path.join(temporary, name));
  registry = await startRegistry(path.join(temporary, 'registry'), { others });
}, 600_000);
afterAll(() => {
  registry.stop();
  fs.rmSync(temporary, { recursive: true, force: true });
});

function write(file: string, content: unknown): void {
  const target = path.join(temporary, file);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, typeof content === 'string' ? content : JSON.stringify(content));
}

const model = JSON.stringify(path.join(root, 'examples/robust-mnist.onnx'));
/** Runs a network by a package `ort`, and says whether that is gdws, which has a method that the other has not. */
const body = `
  async function classOf(ort) {
    const session = await ort.InferenceSession.create(${model});
    const image = new ort.Tensor('float32', new Float32Array(784), [1, 1, 28, 28]);
    const { [session.outputNames[0]]: logits } = await session.run({ [session.inputNames[0]]: image });
    return [logits.dims, typeof session.runSync, ort.env.versions.common];
  }`;
const program = `
  import * as ort from 'onnxruntime-node';
  import { InferenceSession, Tensor, env } from 'onnxruntime-node';
  import byDefault from 'onnxruntime-node';
  import { createRequire } from 'node:module';
  ${body}
  const given = [ort, { InferenceSession, Tensor, env }, byDefault];
  LIBRARY
  const results = [];
  for (const one of given) results.push(await classOf(one));
  console.log(JSON.stringify(results));`;
/** The same, and what a dependency is given, by `import` and by `require`. */
const withLibrary = program.replace(
  'LIBRARY',
  `const require = createRequire(import.meta.url);
   given.push((await import('library')).ort, require('library').ort, require('onnxruntime-node'));`,
);
const withoutLibrary = program.replace('LIBRARY', '').replace("import { createRequire } from 'node:module';", '');
const { version } = JSON.parse(
  fs.readFileSync(path.join(root, 'node_modules/onnxruntime-common/package.json'), 'utf8'),
) as { version: string };

function expectResults(printed: string, packages: number): void {
  expect(JSON.parse(printed)).toEqual(Array(packages).fill([[1, 10], 'function', version]));
}

/** A project with these dependencies besides those of its settings, installed. */
function project(name: string, dependencies: Record<string, string>, settings: object = {}): string {
  const given = settings as { dependencies?: Record<string, string> };
  write(`${name}/package.json`, {
    private: true,
    ...settings,
    dependencies: { ...dependencies, ...given.dependencies },
  });
  const folder = path.join(temporary, name);
  registry.install(folder);
  return folder;
}

/** Without the overrides, npm installs for the library what it asks for. */
function expectNeeded(name: string, settings: string): void {
  const { overrides, ...rest } = JSON.parse(settings) as { overrides: object };
  expect(overrides).toBeDefined();
  const folder = project(`${name}-plain`, { library: '1.0.0' }, rest);
  expect(() => run('node', ['-e', "require('library')"], folder)).toThrow(/this is the original/);
}

const withGdws = { gdws: '^0.1.0' };

const tests: Readonly<Record<string, (name: string, codes: readonly string[]) => void>> = {
  npm(name, [settings]) {
    const folder = project(name, { library: '1.0.0' }, JSON.parse(settings!) as object);
    write(`${name}/program.mjs`, withLibrary);
    expectResults(run('node', ['program.mjs'], folder), 6);
    // One copy for the program and its dependency.
    expect(fs.existsSync(path.join(folder, 'node_modules/library/node_modules'))).toBe(false);
    expect(fs.existsSync(path.join(folder, 'node_modules/onnxruntime-node/dist/engine'))).toBe(true);
    expectNeeded(name, settings!);
  },
  'A package in the project'(name, [manifest, script, settings]) {
    write(`${name}/onnxruntime-node/package.json`, manifest);
    write(`${name}/onnxruntime-node/index.js`, script);
    const folder = project(name, { library: '1.0.0' }, JSON.parse(settings!) as object);
    write(`${name}/program.mjs`, withLibrary);
    expectResults(run('node', ['program.mjs'], folder), 6);
    expect(fs.existsSync(path.join(folder, 'node_modules/library/node_modules'))).toBe(false);
    fs.cpSync(path.join(folder, 'onnxruntime-node'), path.join(temporary, `${name}-plain/onnxruntime-node`), {
      recursive: true,
    });
    expectNeeded(name, settings!);
  },
  Node(name, [script]) {
    const folder = project(name, withGdws);
    // Its dependency is there, and what that depends on is not.
    fs.cpSync(path.join(temporary, 'library'), path.join(folder, 'node_modules/library'), { recursive: true });
    write(`${name}/stand-in.mjs`, script);
    write(`${name}/program.mjs`, withLibrary);
    expectResults(run('node', ['--import', './stand-in.mjs', 'program.mjs'], folder), 6);
    expect(() => run('node', ['program.mjs'], folder)).toThrow(/onnxruntime-node/);
  },
  esbuild(name, [command]) {
    const folder = project(name, withGdws);
    // A bundle of CommonJS waits for nothing at its top.
    write(`${name}/program.mjs`, inFunction(withoutLibrary));
    const [tool, ...args] = command!.trim().split(' ');
    run(path.join(root, 'node_modules/.bin', tool!), args, folder);
    expectResults(run('node', ['bundle.cjs'], folder), 3);
  },
  webpack(name, [configuration]) {
    const folder = project(name, withGdws);
    write(`${name}/program.mjs`, inFunction(withoutLibrary));
    write(`${name}/webpack.config.cjs`, configuration);
    const script =
      "require('webpack')(require('./webpack.config.cjs'), (error, stats) => { if (error ?? stats.hasErrors()) throw error ?? new Error(String(stats)); });";
    run('node', ['-e', script.replace("'webpack'", JSON.stringify(path.join(root, 'node_modules/webpack')))], folder);
    expectResults(run('node', ['bundle.cjs'], folder), 3);
  },
  Jest(name, [settings]) {
    const folder = project(name, withGdws, JSON.parse(settings!) as object);
    write(
      `${name}/program.test.js`,
      `${body}
       test('gdws', async () => {
         const [dims, method] = await classOf(require('onnxruntime-node'));
         expect([dims, method]).toEqual([[1, 10], 'function']);
       });`,
    );
    run('node', [path.join(root, 'node_modules/jest/bin/jest.js'), '--rootDir', '.'], folder);
  },
  TypeScript(name, [settings]) {
    const folder = project(name, withGdws);
    const { compilerOptions } = JSON.parse(settings!) as { compilerOptions: object };
    const common = {
      strict: true,
      noEmit: true,
      types: ['node'],
      typeRoots: [path.join(root, 'node_modules/@types')],
      target: 'es2023',
    };
    write(
      `${name}/program.ts`,
      `import * as ort from 'onnxruntime-node';
       import { InferenceSession, type Tensor } from 'onnxruntime-node';
       const options: InferenceSession.SessionOptions = { graphOptimizationLevel: 'all' };
       export const session: Promise<InferenceSession> = InferenceSession.create('model.onnx', options);
       export const tensor: Tensor = new ort.Tensor('float32', [1, 2, 3]);`,
    );
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    for (const module of ['nodenext', 'commonjs']) {
      const given = { ...common, module, ...(module === 'commonjs' ? { moduleResolution: 'node10' } : {}) };
      write(`${name}/tsconfig.json`, { compilerOptions: { ...given, ...compilerOptions }, files: ['program.ts'] });
      run('node', [tsc, '-p', '.'], folder);
    }
    write(`${name}/tsconfig.json`, { compilerOptions: { ...common, module: 'nodenext' }, files: ['program.ts'] });
    expect(() => run('node', [tsc, '-p', '.'], folder)).toThrow();
  },
};

function inFunction(program: string): string {
  const imports = program.split('\n').filter((line) => /^\s*import /.test(line));
  const rest = program.split('\n').filter((line) => !/^\s*import /.test(line));
  return `${imports.join('\n')}\nvoid (async () => {${rest.join('\n')}})();`;
}

test('each setting of the document is tested, and no other', () => {
  expect([...recipes.keys()]).toEqual(Object.keys(tests));
});

test.each(Object.keys(tests))(
  '%s',
  (name) => tests[name]!(name.toLowerCase().replaceAll(' ', '-'), recipes.get(name)!),
  300_000,
);

test('gdws/onnxruntime-node exports what onnxruntime-node exports, and nothing else, in both kinds of modules', () => {
  const folder = project('exports', withGdws);
  const wanted = run('node', ['-p', "JSON.stringify(Object.keys(require('onnxruntime-node')).sort())"], root);
  const required = run('node', ['-p', "JSON.stringify(Object.keys(require('gdws/onnxruntime-node')).sort())"], folder);
  expect(JSON.parse(required)).toEqual(JSON.parse(wanted));
  const imported = (name: string, cwd: string) => {
    const script = `import * as ort from '${name}'; console.log(JSON.stringify([Object.keys(ort).sort(), Object.keys(ort.default).sort()]));`;
    return JSON.parse(run('node', ['--input-type=module', '-e', script], cwd)) as unknown;
  };
  expect(imported('gdws/onnxruntime-node', folder)).toEqual(imported('onnxruntime-node', root));
  // Without a setting, and from CommonJS of TypeScript as it was before `exports`.
  write(
    'exports/program.ts',
    "import { InferenceSession } from 'gdws/onnxruntime-node';\nexport const one: InferenceSession | undefined = undefined;",
  );
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const types = ['--types', 'node', '--typeRoots', path.join(root, 'node_modules/@types')];
  for (const options of [
    ['--module', 'nodenext'],
    ['--module', 'commonjs', '--moduleResolution', 'node10'],
  ]) {
    run('node', [tsc, '--noEmit', '--strict', '--target', 'es2023', ...options, ...types, 'program.ts'], folder);
  }
});
