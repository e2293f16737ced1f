import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { writeNetwork, type ModelFile } from '../../benchmarks/model-files';
import { networks } from '../../benchmarks/networks';
import { measureOverhead } from '../../benchmarks/overhead';
import { memoryTable } from '../../benchmarks/int8/report';
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
    form = {
      network: 'resnet18-cifar',
      kernels: 2,
      isQuantized: false,
      file,
      megabytes: 0,
      macs,
      weightBytes: 4 * parameters,
    };
  });
  afterAll(() => fs.rm(folder, { recursive: true }));

  test.each([1, 2])('spends part of a run outside its operations, %i thread(s)', async (threads) => {
    const overhead = await measureOverhead(form, threads, 0.05);
    const { run, outside, outsideSync } = overhead;
    expect(outside.count).toBe(run.count);
    expect(outsideSync.minimum).toBeGreaterThan(0);
    expect(outsideSync.minimum).toBeLessThan(run.minimum);
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

test('what a quantized session holds is compared with that of the same form in fp32', () => {
  const dense = { network: 'resnet18-cifar', kernels: undefined };
  const gdws = { network: 'resnet18-cifar', kernels: 2 };
  const table = memoryTable([
    { ...dense, isQuantized: false, resident: 80, weights: 60, arena: 4 },
    { ...dense, isQuantized: true, resident: 20, weights: 14, arena: 2 },
    { ...gdws, isQuantized: false, resident: 10, weights: 8, arena: 2 },
    { ...gdws, isQuantized: true, resident: 4, weights: 2, arena: 1 },
  ]);
  const cells = table.split('\n').map((line) => line.split('│').map((cell) => cell.trim()));
  const rowOf = (label: string) => cells.find((row) => row[1] === label)?.slice(2, 7);
  expect(rowOf('resnet18-cifar dense')).toEqual(['80.0', '', '60.0', '4.0', '']);
  expect(rowOf('resnet18-cifar dense int8')).toEqual(['20.0', '0.25', '14.0', '2.0', '0.25']);
  expect(rowOf('resnet18-cifar GDWS g = 2 int8')).toEqual(['4.0', '0.40', '2.0', '1.0', '0.30']);
});
