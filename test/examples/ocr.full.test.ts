import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startRegistry, type LocalRegistry } from '../package/local-registry';
import { root, run } from '../package/npm';

/** A package of that name and version, which says by which engine it runs a network of its own. */
const stub = `
  import { createRequire } from 'node:module';
  import * as ort from 'onnxruntime-node';
  const model = ${JSON.stringify(path.join(root, 'examples/robust-mnist.onnx'))};
  export default {
    async create() {
      const sessions = await Promise.all(
        [ort, createRequire(import.meta.url)('onnxruntime-node')].map((one) => one.InferenceSession.create(model)),
      );
      return {
        async detect(picture) {
          const feeds = { [sessions[0].inputNames[0]]: new ort.Tensor('float32', new Float32Array(784), [1, 1, 28, 28]) };
          return Promise.all(sessions.map(async (session) => {
            const { [session.outputNames[0]]: { dims } } = await session.run(feeds);
            // gdws has a method that onnxruntime-node has not.
            return { text: picture + ' ' + dims.join('x') + ' ' + typeof session.runSync, mean: 0.875 };
          }));
        },
      };
    },
  };`;

let temporary: string;
let registry: LocalRegistry | undefined;
beforeAll(async () => {
  temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-ocr-'));
  const stubFolder = path.join(temporary, 'stub');
  fs.mkdirSync(stubFolder);
  const manifest = {
    name: '@gutenye/ocr-node',
    version: '1.4.8',
    exports: './index.mjs',
    // Another version than the stand-in's, so that nothing but the override can give it that.
    dependencies: { 'onnxruntime-node': '1.17.3' },
  };
  fs.writeFileSync(path.join(stubFolder, 'package.json'), JSON.stringify(manifest));
  fs.writeFileSync(path.join(stubFolder, 'index.mjs'), stub);
  registry = await startRegistry(path.join(temporary, 'registry'), { others: [stubFolder] });

  const folder = path.join(temporary, 'ocr');
  fs.cpSync(path.join(root, 'examples/ocr'), folder, { recursive: true });
  registry.install(folder);
  fs.writeFileSync(path.join(folder, 'page.png'), '');
}, 600_000);
afterAll(() => {
  registry?.stop();
  fs.rmSync(temporary, { recursive: true, force: true });
});

test('the dependency gets gdws, by import and by require, from one copy', () => {
  const folder = path.join(temporary, 'ocr');
  const line = ' 88 %  page.png 1x10 function\n';
  expect(run('node', ['main.mjs', 'page.png'], folder)).toBe(line + line);
  expect(fs.existsSync(path.join(folder, 'node_modules/@gutenye/ocr-node/node_modules'))).toBe(false);
});

test('a picture that is not there is an error in a line', () => {
  expect(() => run('node', ['main.mjs', 'none.png'], path.join(temporary, 'ocr'))).toThrow(/error: ENOENT.*none\.png/);
});
