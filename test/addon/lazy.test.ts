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
  const program = `
    const gdws = require(${JSON.stringify(path.join(folder, 'src/index.js'))});
    const isLoaded = () => process.report.getReport().sharedObjects.some((file) => file.endsWith('gdws.node'));
    (async () => { ${script}; })().then(() => console.log(isLoaded()), (error) => console.log(error));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  if (!/^(true|false)\n$/.test(stdout)) throw new Error(stdout + stderr);
  return stdout === 'true\n';
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
