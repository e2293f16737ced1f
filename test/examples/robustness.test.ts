import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { readImages } from '../../src';
import { root } from '../package/npm';
import { InstalledExamples } from './installed';

let examples: InstalledExamples;
beforeAll(() => void (examples = new InstalledExamples()));
afterAll(() => examples.remove());

const count = 20;
const digits = path.join(root, 'examples/mnist-test-images-idx3-ubyte');

/** The share of the images that onnxruntime names rightly. */
async function rightly(): Promise<number> {
  const set = (await readImages(digits)).first(count);
  const { images, labels } = set.batch(0, count);
  const session = await ort.InferenceSession.create(path.join(root, 'examples/robust-mnist.onnx'));
  const feeds = { [session.inputNames[0]!]: new ort.Tensor('float32', images.data as Float32Array, images.dims) };
  const logits = (await session.run(feeds))[session.outputNames[0]!]!.data as Float32Array;
  const right = labels.filter((label, image) => {
    const row = logits.subarray(10 * image, 10 * image + 10);
    return row.indexOf(Math.max(...row)) === label;
  });
  return right.length / count;
}

const rowsOf = (stdout: string) =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
const sharesOf = (stdout: string) => rowsOf(stdout).map(([, ...cells]) => cells.map((cell) => parseFloat(cell)));

const small = ['--count', String(count), '--calib-count', '8', '--steps', '5', '--queries', '10'];

test('a row for each form, the dense one with the accuracy of onnxruntime', async () => {
  const { code, stdout } = await examples.run('robustness/main.mjs', ...small);
  expect(code).toBe(0);
  expect(rowsOf(stdout).map(([name]) => name)).toEqual([
    'dense',
    'GDWS, without images',
    'GDWS, calibrated under attack',
    'the same in int8',
  ]);
  const shares = sharesOf(stdout);
  expect(shares[0]![0]).toBe(100);
  expect(shares[0]![1]).toBeCloseTo(100 * (await rightly()), 1);
  for (const [macs, natural, robust] of shares.slice(1)) {
    expect(macs).toBeCloseTo(50, 0);
    expect(natural).toBeGreaterThan(80);
    expect(robust).toBeLessThanOrEqual(natural!);
  }
}, 180_000);

test('a bound that no network withstands leaves nothing', async () => {
  const { code, stdout } = await examples.run('robustness/main.mjs', ...small, '--eps', '1', '--steps', '10');
  expect(code).toBe(0);
  for (const [, , robust] of sharesOf(stdout)) expect(robust).toBe(0);
}, 180_000);

test.each([
  [['model.onnx'], 'needs data of its own'],
  [['model.onnx', 'data'], 'give --calib'],
  [['model.onnx', 'data', '--calib', 'data'], 'model.onnx'],
  [['--count', 'x'], 'count'],
])('%j is refused', async (args, text) => {
  const { code, stdout, stderr } = await examples.run('robustness/main.mjs', ...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toContain(text);
});
