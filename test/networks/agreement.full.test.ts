import { fork } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Tensor, type InferenceSession } from 'onnxruntime-common';
import { demandAgreement, disagreement, tolerance } from '../../benchmarks/agreement';
import { openSession, type EngineName } from '../../benchmarks/engines';
import { seededFeeds } from '../../benchmarks/feeds';
import { networks } from '../../benchmarks/networks';
import { native } from '../../src/addon/native';
import { compress } from '../../src/compress/compress';
import { encodeModel, writeModel } from '../../src/onnx/write';
import { typescriptLoader } from '../typescript-loader';
import type { ChildResult } from './child';
import { subjects } from './subjects';

async function outputsOf(engine: EngineName, model: string | Uint8Array, batch: number, threads: number) {
  const session = await openSession(engine, model, { threads });
  try {
    return await session.run(seededFeeds(session, { batch }));
  } finally {
    await session.release();
  }
}

describe.each(subjects)('$name: the engine agrees with onnxruntime-node', ({ model, macs, batch, threads }) => {
  const forms: { original?: Uint8Array; compressed?: Uint8Array } = {};

  beforeAll(async () => {
    forms.original = encodeModel(await model());
    if (macs === undefined) return;
    const compression = await compress(forms.original, { macs });
    expect(compression.summary.layers.some(({ status }) => status === 'gdws')).toBe(true);
    forms.compressed = compression.bytes();
  }, 300_000);

  const runs = (macs === undefined ? (['original'] as const) : (['original', 'compressed'] as const)).flatMap((form) =>
    batch.flatMap((images) => threads.map((count) => [form, images, count] as const)),
  );
  test.each(runs)(
    '%s, batch %i, %i thread(s)',
    async (form, images, count) => {
      const expected = await outputsOf('onnxruntime', forms[form]!, images, 1);
      const actual = await outputsOf('gdws', forms[form]!, images, count);
      expect(disagreement(actual, expected).relative).toBeLessThanOrEqual(tolerance);
    },
    300_000,
  );
});

describe('every instruction set agrees with onnxruntime-node', () => {
  const present = native().instructionSets;
  let folder = '';
  beforeAll(async () => (folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-agreement-'))));
  afterAll(() => fs.rm(folder, { recursive: true }));

  const cases = present.flatMap((instructionSet) =>
    [undefined, 2].map((kernels) => [instructionSet, kernels] as const),
  );
  test.each(cases)('%s, WRN-28-4 of half width, kernels a channel: %s', async (instructionSet, kernels) => {
    const file = path.join(folder, `${instructionSet}-${kernels}.onnx`);
    await writeModel(networks['wrn28-4-cifar']({ width: 0.5, kernels }).model, file);
    const result = await runInChild(file, 3, instructionSet);
    expect(result.instructionSet).toBe(instructionSet);
    const actual = Object.fromEntries(
      Object.entries(result.outputs).map(([name, { dims, data }]) => [name, new Tensor('float32', data, dims)]),
    );
    const expected = await outputsOf('onnxruntime', file, 3, 1);
    expect(disagreement(actual, expected).relative).toBeLessThanOrEqual(tolerance);
  });
});

function runInChild(file: string, batch: number, instructionSet: string): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const child = fork(path.join(__dirname, 'child.ts'), [file, String(batch)], {
      execArgv: [...typescriptLoader],
      env: { ...process.env, GDWS_MAX_ISA: instructionSet },
      serialization: 'advanced',
    });
    let result: ChildResult | undefined;
    child.on('message', (message) => (result = message as ChildResult));
    child.on('error', reject);
    child.on('exit', (code) => (result ? resolve(result) : reject(new Error(`the child ended with code ${code}.`))));
  });
}

describe('the comparison itself', () => {
  const outputs = (numbers: number[], dims = [numbers.length]): InferenceSession.ReturnType => ({
    y: new Tensor('float32', Float32Array.from(numbers), dims),
  });

  test('is relative to the largest magnitude of the output', () => {
    expect(disagreement(outputs([10, 0.5]), outputs([10, 1])).relative).toBeCloseTo(0.05);
    expect(disagreement(outputs([0, 0]), outputs([0, 0])).relative).toBe(0);
  });

  test.each([
    ['another number', outputs([1, 2.001]), outputs([1, 2])],
    ['NaN', outputs([1, NaN]), outputs([1, 2])],
    ['infinity', outputs([1, Infinity]), outputs([1, Infinity])],
    ['another shape', outputs([1, 2], [2, 1]), outputs([1, 2])],
    ['a missing output', {}, outputs([1, 2])],
    ['an output too many', { ...outputs([1]), z: outputs([1]).y! }, outputs([1])],
    ['something where nothing is expected', outputs([1e-9]), outputs([0])],
  ])('notices %s', (_, actual, expected) => {
    expect(() => demandAgreement('a test', actual, expected)).toThrow(/a test: output/);
  });
});
