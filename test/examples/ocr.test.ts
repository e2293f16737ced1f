import fs from 'node:fs';
import path from 'node:path';
import { root } from '../package/npm';

const example = path.join(root, 'examples/ocr');
const read = (file: string) => fs.readFileSync(path.join(example, file), 'utf8');

test('the settings are those of docs/onnxruntime.md, which are tested with npm', () => {
  const document = fs.readFileSync(path.join(root, 'docs/onnxruntime.md'), 'utf8');
  const section = /^### A package in the project\n([^]*?)^### /m.exec(document)![1]!;
  const [manifest, script, settings] = [...section.matchAll(/^```\w+\n([^]*?)^```$/gm)].map(([, code]) => code!);
  expect(JSON.parse(read('onnxruntime-node/package.json'))).toEqual(JSON.parse(manifest!));
  expect(read('onnxruntime-node/index.js')).toBe(script);
  const { dependencies, ...wanted } = JSON.parse(settings!) as { dependencies: Record<string, string> };
  expect(JSON.parse(read('package.json'))).toMatchObject({
    ...wanted,
    dependencies: { ...dependencies, '@gutenye/ocr-node': '1.4.8' },
  });
});
