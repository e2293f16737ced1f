import fs from 'node:fs';
import path from 'node:path';
import { compress } from '../../src/compress/compress';
import { randomNetwork } from '../networks/random-network';
import { Children } from './children';
import { convolutionStack } from './models';

const children = new Children();
afterAll(() => children.remove());

test('results are the same, bit for bit, in every run, at once, in every session and process, for a number of threads', async () => {
  const digits = path.join(__dirname, '..', '..', 'examples', 'robust-mnist.onnx');
  const models = [
    digits,
    children.file('gdws.onnx', (await compress(digits, { macs: 0.5 })).bytes()),
    children.file('stack.onnx', convolutionStack({ channels: 32, layers: 4 })),
    ...Array.from({ length: 12 }, (_, seed) => children.file(`random-${seed}.onnx`, randomNetwork(seed).bytes)),
  ];
  expect(models.every((model) => fs.existsSync(model))).toBe(true);
  const processes = await Promise.all([1, 2, 3].map(() => children.result<string[]>('reproducible', models)));
  // One digest for each model and number of threads.
  expect(processes[0]).toHaveLength(3 * models.length);
  for (const digests of processes) expect(digests).toEqual(processes[0]);
});
