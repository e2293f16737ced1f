import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { ModelFile } from '../../benchmarks/model-files';
import { networks } from '../../benchmarks/networks';
import { race } from '../../benchmarks/race';
import { raceTable } from '../../benchmarks/report';
import { writeModel } from '../../src/onnx/write';

describe('a race', () => {
  let folder = '';
  beforeAll(async () => (folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-race-'))));
  afterAll(() => fs.rm(folder, { recursive: true }));

  async function small(kernels: number | undefined): Promise<ModelFile> {
    const { model, macs } = networks['resnet18-cifar']({ width: 1 / 16, kernels });
    const file = path.join(folder, `${kernels}.onnx`);
    await writeModel(model, file);
    return { network: 'resnet18-cifar', kernels, isQuantized: false, file, megabytes: 0, macs, weightBytes: 0 };
  }

  test('times both engines on both forms, after their outputs agreed', async () => {
    const setting = { dense: await small(undefined), gdws: await small(2), threads: 1, batch: 2, spinning: true };
    const result = await race(setting, 0);
    expect(result.entries.map(({ engine, form }) => `${engine} ${form}`)).toEqual([
      'gdws gdws',
      'onnxruntime gdws',
      'gdws dense',
      'onnxruntime dense',
    ]);
    expect(result.difference).toBeLessThan(1e-4);
    for (const { form, time, gflops } of result.entries) {
      expect(time.count).toBe(result.rounds);
      expect(gflops).toBeCloseTo((2 * 2 * setting[form].macs) / time.median / 1e6, 9);
    }
    const [own, other] = result.entries;
    expect(result.ratios['gdws GDWS : onnxruntime GDWS'].ofMedians).toBeCloseTo(
      own!.time.median / other!.time.median,
      9,
    );
    expect(raceTable(result, 100)).toContain('GDWS g = 2');
  });

  test('a network that gives no numbers is an error, not a time', async () => {
    const dense = await small(undefined);
    const { model } = networks['resnet18-cifar']({ width: 1 / 16, kernels: 2 });
    new Float32Array(model.graph!.initializer.find(({ name }) => name === 'fc.bias')!.rawData.buffer).fill(NaN);
    const file = path.join(folder, 'nan.onnx');
    await writeModel(model, file);
    const gdws = { ...dense, kernels: 2, file };
    await expect(race({ dense, gdws, threads: 1, batch: 1, spinning: true }, 0)).rejects.toThrow(
      /nan\.onnx: output 'logits'/,
    );
  });
});
