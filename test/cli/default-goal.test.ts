import fs from 'node:fs/promises';
import { Tensor } from 'onnxruntime-common';
import { writeNpy } from '../../src';
import { adviceForTime, isNoFaster } from '../../src/cli/run-time';
import { floats } from '../graph/small-network';
import { ownCacheFolder } from '../latency/cache-folder';
import { withKnownTimes } from '../latency/known-times';
import { temporaryFolder } from '../onnx/temporary-folder';
import { inProcess } from './in-process';
import { classifier, spreadOver } from './small-classifier';

// What `compress` does where images are given and no budget.
const cache = ownCacheFolder();
const folder = temporaryFolder();
const count = 64;
const [model, output] = [folder.file('model.onnx'), folder.file('fast.onnx')];
const images = ['--calib', folder.file('images.npy')];
const labelled = ['--data', folder.file('images.npy'), '--labels', folder.file('labels.npy')];

interface Report {
  readonly output?: string;
  readonly runTime?: { before: number; after: number; threads: number; batch: number };
  readonly search?: {
    readonly format: string;
    readonly trials: readonly { format: string; natural: { trials: number; gained: number } }[];
    readonly heldOut: { readonly natural: { trials: number } };
  };
}

beforeAll(async () => {
  const pixels = (floats([count, 3, 64], 5).data as Float32Array).map(
    (value, at) => (Math.abs(value) * ((Math.floor(at / 64) * 7919) % 13)) / 13,
  );
  const made = await spreadOver(pixels, 8);
  await fs.writeFile(model, made.model);
  await writeNpy(folder.file('images.npy'), new Tensor('float32', pixels, [count, 3, 8, 8]));
  await writeNpy(folder.file('labels.npy'), new Tensor('int32', Int32Array.from(made.labels), [count]));
}, 120_000);

const searched = (...args: readonly string[]) =>
  withKnownTimes(cache(), () => inProcess('compress', model, '-o', output, ...args));

async function compressed(...args: readonly string[]): Promise<Report> {
  const { stdout, stderr, code } = await searched(...args, '--json');
  if (code !== 0 && code !== 3) throw new Error(stderr);
  return JSON.parse(stdout) as Report;
}

test('images without labels: half to calibrate with, a quarter to search with, a quarter to report on', async () => {
  const { search } = await compressed(...images, '--max-drop', '50%', '--fastest');
  expect(search!.heldOut.natural.trials).toBe(16);
  expect(search!.trials.map(({ natural }) => natural.trials)).toEqual(search!.trials.map(() => 16));
  // The dense network is always right.
  expect(search!.trials.every(({ natural }) => natural.gained === 0)).toBe(true);
  expect(search!.trials.some(({ format }) => format === 'int8')).toBe(true);
  const few = await compressed(...images, '--max-drop', '50%', '--calib-count', '8');
  expect(few.search!.heldOut.natural.trials).toBe(4);
}, 240_000);

test('images alone search for the fastest within one point, in integers and floats', async () => {
  const { stdout } = await searched(...images, '--calib-count', '24');
  expect(stdout).toMatch(/numbers +time kept +% changed/);
}, 240_000);

test('labelled images alone search for the least time in floats', async () => {
  const { search } = await compressed(...labelled, '--max-drop', '60%', '--save', 'latency');
  expect(search!.heldOut.natural.trials).toBe(32);
  // One point of 32 images is none.
  const { stdout, stderr } = await searched(...labelled);
  expect(stdout + stderr).toMatch(/time kept +points lost|only the dense network is within/);
}, 240_000);

test('where nothing in floats is faster on this machine, that is said, and what finds a faster one', async () => {
  const args = ['compress', model, '-o', output, ...labelled, '--max-drop', '100%'];
  const search = (...more: readonly string[]) => withKnownTimes(cache(), () => inProcess(...args, ...more), 2);
  const { code, stderr } = await search('--save', 'latency');
  expect(code).toBeGreaterThan(0);
  expect(stderr).toContain('no network in floats is faster on this machine');
  expect(stderr).toContain('--fastest in place of --save, with images: --calib');
  expect((await search('--fastest', ...images)).code).toBe(0);
}, 240_000);

test('where the layers to replace have hardly any of the multiply-accumulates, that is said', async () => {
  await fs.writeFile(folder.file('stem.onnx'), classifier({ kernels: [63, 3] }));
  const args = ['compress', folder.file('stem.onnx'), '-o', output, ...labelled, '--max-drop', '100%'];
  for (const [saved, named] of [
    ['macs', 'multiply-accumulates'],
    ['params', 'weights'],
  ] as const) {
    const { code, stderr } = await inProcess(...args, '--save', saved);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(`no network has less than 99 % of the ${named}`);
    expect(stderr).toContain('--first-layer');
    expect((await inProcess(...args, '--save', saved, '--first-layer')).code).toBe(0);
  }
}, 240_000);

test('the times of both networks are measured, with the threads and the batch that are asked for', async () => {
  const args = ['compress', model, '-o', output, '--macs', '0.6', '--run-threads', '1', '--batch', '3', '--json'];
  const { runTime } = JSON.parse((await inProcess(...args)).stdout) as Report;
  expect(runTime).toMatchObject({ threads: 1, batch: 3 });
  expect(Math.min(runTime!.before, runTime!.after)).toBeGreaterThan(0);
  const { stdout } = await inProcess('compress', model, '-o', output, '--macs', '0.6', '--batch', '3');
  expect(stdout).toMatch(/^time: .* → .* a run, measured in turn with \d+ threads? and a batch of 3$/m);
}, 120_000);

test.each([
  [1, 0.9, false],
  [1, 0.96, false],
  [1, 0.98, true],
  [1, 1.2, true],
])('%p ms → %p ms is no faster: %p', (before, after, expected) => {
  expect(isNoFaster({ before, after, threads: 1, batch: 1 })).toBe(expected);
});

test.each([
  [{}, '--calib'],
  [{ calib: 'photos' }, '--fastest'],
  [{ calib: 'photos', fastest: true }, 'a larger --max-drop'],
])('what may make a network of %j faster is %s', (options, way) => {
  expect(adviceForTime(options)).toContain(way);
});
