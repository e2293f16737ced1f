import fs from 'node:fs/promises';
import { Tensor } from 'onnxruntime-common';
import { compressWithinDrop, ImageSet, writeNpy, type WithinDrop } from '../../src';
import { floats } from '../graph/small-network';
import { temporaryFolder } from '../onnx/temporary-folder';
import { inProcess } from './in-process';
import { spreadOver } from './small-classifier';

const folder = temporaryFolder();
const output = folder.file('small.onnx');
const count = 24;
const maxDrop = 0.45;
let args: string[];
/** Of a search that was lucky with its own images. */
let lucky: WithinDrop;

beforeAll(async () => {
  const pixels = (floats([count, 3, 64], 5).data as Float32Array).map(
    (value, at) => (Math.abs(value) * ((Math.floor(at / 64) * 7919) % 13)) / 13,
  );
  const { model, labels } = await spreadOver(pixels, 8);
  const data = new ImageSet([3, 8, 8], pixels, labels);
  let seed = -1;
  for (seed of [2, 0, 1, 3, 4, 5, 6, 7, 8, 9]) {
    lucky = await compressWithinDrop(model, { maxDrop, data, seed });
    if (!lucky.heldOut.isWithin) break;
  }
  await fs.writeFile(folder.file('model.onnx'), model);
  await writeNpy(folder.file('images.npy'), new Tensor('float32', pixels, [count, 3, 8, 8]));
  await writeNpy(folder.file('labels.npy'), new Tensor('int32', Int32Array.from(labels), [count]));
  const labelled = ['--data', folder.file('images.npy'), '--labels', folder.file('labels.npy')];
  args = ['compress', folder.file('model.onnx'), '-o', output, ...labelled, '--seed', String(seed)];
}, 120_000);

test('a network that loses more on images not searched is told apart in the API', () => {
  expect(lucky.compression).toBeDefined();
  expect(lucky.trials.find(({ share }) => share === lucky.share)!.isWithin).toBe(true);
  expect(lucky.heldOut.natural.estimate).toBeGreaterThan(maxDrop);
  expect(lucky.heldOut.isWithin).toBe(false);
});

test('it is not written, the command says so, and has an exit code of its own', async () => {
  await fs.writeFile(output, 'what was there');
  const { code, stdout, stderr } = await inProcess(...args, '--max-drop', '45%');
  expect(code).toBe(3);
  expect(stdout).toMatch(/on 12 images that the search has not seen: accuracy drops by/);
  expect(stderr).toMatch(/^error\[DROP_EXCEEDED\]: .*small\.onnx: .* nothing was written\..*--keep-anyway/m);
  expect(stderr).not.toContain('wrote ');
  expect(await fs.readFile(output, 'utf8')).toBe('what was there');
});

test('--keep-anyway writes it, and the exit code stays; --json says the same', async () => {
  await fs.rm(output, { force: true });
  const { code, stdout, stderr } = await inProcess(...args, '--max-drop', '45%', '--keep-anyway', '--json');
  expect(code).toBe(3);
  expect(stderr).toMatch(/error\[DROP_EXCEEDED\].*it was written all the same/);
  expect(JSON.parse(stdout)).toMatchObject({ output, search: { heldOut: { isWithin: false } } });
  expect(await fs.readFile(output)).toEqual(Buffer.from(lucky.compression!.bytes()));
});

test('with a larger drop, all is well', async () => {
  const { code, stdout } = await inProcess(...args, '--max-drop', '100%', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ output, search: { heldOut: { isWithin: true } } });
});

test('without labels, it is predictions that change', async () => {
  const unlabelled = ['compress', folder.file('model.onnx'), '-o', output, '--calib', folder.file('images.npy')];
  let ended: Awaited<ReturnType<typeof inProcess>> = { code: 0, stdout: '', stderr: '' };
  for (let seed = 0; seed < 10 && ended.code !== 3; ++seed)
    ended = await inProcess(...unlabelled, '--max-drop', '20%', '--seed', String(seed));
  expect(ended.stdout).toMatch(/on 6 images that the search has not seen: the prediction changes on .* %/);
  expect(ended.stderr).toMatch(
    /DROP_EXCEEDED.* the prediction changes on .* % of the images .*20\.0 % are allowed; nothing was written.*more of --calib/,
  );
}, 120_000);
