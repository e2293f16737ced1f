import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { writeNetwork, type ModelFile } from '../../benchmarks/model-files';
import { networks } from '../../benchmarks/networks';
import { measureOverhead } from '../../benchmarks/overhead';
import { footprintTable, labelOf, overheadTable, scalingTable } from '../../benchmarks/report';
import { measureScaling } from '../../benchmarks/scaling';
import { writeModel } from '../../src/onnx/write';

describe('one network', () => {
  let folder = '';
  let form: ModelFile;
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-scaling-'));
    const { model, macs, parameters } = networks['resnet18-cifar']({ width: 1 / 16, kernels: 2 });
    const file = path.join(folder, 'small.onnx');
    await writeModel(model, file);
    form = { network: 'resnet18-cifar', kernels: 2, file, megabytes: 0, macs, weightBytes: 4 * parameters };
  });
  afterAll(() => fs.rm(folder, { recursive: true }));

  test.each([1, 2])('spends part of a run outside its operations, %i thread(s)', async (threads) => {
    const overhead = await measureOverhead(form, threads, 0.05);
    const { run, outside } = overhead;
    expect(outside.count).toBe(run.count);
    expect(outside.minimum).toBeGreaterThan(0);
    expect(outside.minimum).toBeLessThan(run.minimum);
    expect(outside.median).toBeLessThan(run.median);
    expect(overheadTable([overhead])).toContain('resnet18-cifar GDWS g = 2');
  });

  test('is timed with one thread and with two', async () => {
    const scaling = await measureScaling(form, 3, 0);
    expect(scaling.batch).toBe(3);
    expect(scaling.speedup.ofMedians).toBeCloseTo(scaling.times[0].median / scaling.times[1].median, 9);
    expect(scalingTable([scaling])).toContain(scaling.speedup.ofMedians.toFixed(2));
  });

  test('is written with the bytes of its weights', async () => {
    const { weightBytes, megabytes } = await writeNetwork('resnet18-cifar', 2, folder);
    // The rest of a file are names and shapes.
    expect(weightBytes / 1e6).toBeLessThan(megabytes);
    expect(weightBytes / 1e6).toBeGreaterThan(0.98 * megabytes);
  });
});

test('memory beyond the weights is compared with that of onnxruntime on the same network', () => {
  const footprint = { creation: 1, firstRun: 1, libraryMemory: 100, creationMemory: 140 };
  const label = labelOf({ network: 'resnet18-cifar', kernels: undefined });
  const both = { file: 'dense.onnx', label, weightMemory: 40 };
  const table = footprintTable(
    [
      { engine: 'gdws', ...both },
      { engine: 'onnxruntime', ...both },
    ],
    [
      { ...footprint, peakMemory: 170 },
      { ...footprint, peakMemory: 200 },
    ],
  );
  expect(table).toMatch(/gdws +│ resnet18-cifar dense.* 30 │ +0\.50 │/);
  expect(table).toMatch(/onnxruntime +│ resnet18-cifar dense.* 60 │ +│/);
});
