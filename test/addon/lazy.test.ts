import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { compiledTree } from '../compiled-tree';

// The addon is loaded for the first session, not by the import.

const folder = compiledTree('src');
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const model = path.join(__dirname, '../../examples/robust-mnist.onnx');

/** Whether a process that has run a script with gdws has loaded the addon. */
function loadsAddon(script: string): boolean {
  const isLoaded = "process.report.getReport().sharedObjects.some((file) => file.endsWith('gdws.node'))";
  return resultOf<boolean>(`${script}; return ${isLoaded};`);
}

/** What a script with gdws returns in a process of its own, as JSON. */
function resultOf<Result>(script: string, environment: NodeJS.ProcessEnv = {}): Result {
  const program = `
    const gdws = require(${JSON.stringify(path.join(folder, 'src/index.js'))});
    (async () => { ${script} })().then((result) => console.log(JSON.stringify(result)), (error) => console.error(error));`;
  const env = { ...process.env, ...environment };
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', env });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Result;
}

test('the import of gdws loads no addon', () => {
  expect(loadsAddon('')).toBe(false);
});

test('reading images loads no addon', () => {
  const images = path.join(__dirname, '../../examples/mnist-test-images-idx3-ubyte');
  expect(loadsAddon(`await gdws.readImages(${JSON.stringify(images)})`)).toBe(false);
});

test('a session loads it', () => {
  expect(loadsAddon(`await gdws.InferenceSession.create(${JSON.stringify(model)})`)).toBe(true);
});

test.each([
  'InferenceSession.create(model)',
  'InferenceSession.create(bytes)',
  'GradientSession.create(model)',
  'GradientSession.create(bytes)',
  'compress(model, { macs: 0.5 })',
  'measureLatency(model)',
  'simd()',
  'counters()',
])('where there is no addon, %s says so, and blames no model', (call) => {
  const script = `
    const model = ${JSON.stringify(model)};
    const bytes = require('node:fs').readFileSync(model);
    try { await gdws.${call}; } catch ({ code, file }) { return { code, file }; }`;
  const addon = path.join(folder, 'absent.node');
  expect(resultOf(script, { GDWS_ADDON: addon })).toEqual({ code: 'ADDON_MISSING', file: addon });
});
