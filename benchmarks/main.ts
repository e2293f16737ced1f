import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { native } from '../src/addon/native';
import { writeWhole } from '../src/onnx/write';
import { timeCompression, type CompressionTime } from './compression';
import { engineNames } from './engines';
import { measureFootprints, type Footprint, type FootprintCase } from './footprint';
import { measurePeak } from './limits';
import { describeMachine } from './machine';
import { writeNetwork, type ModelFile } from './model-files';
import { parseOptions, type BenchmarkOptions } from './options';
import { measureOverhead, type Overhead } from './overhead';
import { race, type RaceResult } from './race';
import {
  compressionLine,
  footprintTable,
  labelOf,
  machineLines,
  overheadTable,
  peakLine,
  raceTable,
  scalingTable,
} from './report';
import { measureScaling, type Scaling } from './scaling';

async function main(options: BenchmarkOptions): Promise<void> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-benchmarks-'));
  try {
    const machine = describeMachine();
    console.log(machineLines(machine));
    const peak = options.peak ? new Map(options.threads.map((count) => [count, measurePeak(count)])) : undefined;
    for (const [threads, gflops] of peak ?? []) console.log(peakLine(threads, gflops));

    const races: RaceResult[] = [];
    const scalings: Scaling[] = [];
    const overheads: Overhead[] = [];
    const footprints: (FootprintCase & Footprint)[] = [];
    for (const network of options.networks) {
      const dense = await writeNetwork(network, undefined, folder);
      const forms = [dense];
      for (const kernels of options.kernels) forms.push(await writeNetwork(network, kernels, folder));
      if (options.races) races.push(...(await raceAll(forms, options, peak)));
      if (options.scaling) scalings.push(...(await scaleAll(forms, options)));
      if (options.overhead) overheads.push(...(await overheadOfAll(forms, options)));
      if (options.footprint) footprints.push(...(await measureAll(forms)));
      // ImageNet's are large.
      for (const { file } of forms) await fs.rm(file);
    }
    const compression = options.compression ? await compressResnet18(folder) : undefined;
    if (options.json !== undefined) {
      const figures = {
        machine,
        peak: Object.fromEntries(peak ?? []),
        races,
        scalings,
        overheads,
        footprints,
        compression,
      };
      await writeWhole(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
    }
  } finally {
    await fs.rm(folder, { recursive: true });
  }
}

async function raceAll(
  [dense, ...forms]: readonly ModelFile[],
  options: BenchmarkOptions,
  peak: ReadonlyMap<number, number> | undefined,
): Promise<RaceResult[]> {
  const results: RaceResult[] = [];
  for (const gdws of forms) {
    for (const threads of options.threads) {
      for (const spinning of options.spinning) {
        // One thread has nobody to wait for.
        if (threads === 1 && spinning !== options.spinning[0]) continue;
        for (const batch of options.batch) {
          const result = await race({ dense: dense!, gdws, threads, batch, spinning }, 1000 * options.budget);
          console.log(raceTable(result, peak?.get(threads)));
          results.push(result);
        }
      }
    }
  }
  return results;
}

async function scaleAll(forms: readonly ModelFile[], { budget }: BenchmarkOptions): Promise<Scaling[]> {
  if (native().concurrency < 2) return [];
  const scalings: Scaling[] = [];
  for (const form of forms) {
    for (const batch of [1, 16]) scalings.push(await measureScaling(form, batch, 500 * budget));
  }
  console.log(scalingTable(scalings));
  return scalings;
}

async function overheadOfAll(forms: readonly ModelFile[], { threads }: BenchmarkOptions): Promise<Overhead[]> {
  const overheads: Overhead[] = [];
  for (const form of forms) {
    for (const count of threads) overheads.push(await measureOverhead(form, count));
  }
  console.log(overheadTable(overheads));
  return overheads;
}

async function measureAll(forms: readonly ModelFile[]): Promise<(FootprintCase & Footprint)[]> {
  const cases = forms.flatMap((form) =>
    engineNames.map((engine) => ({
      engine,
      file: form.file,
      label: labelOf(form),
      weightMemory: form.weightBytes / 2 ** 20,
    })),
  );
  const footprints = await measureFootprints(cases, 1);
  console.log(footprintTable(cases, footprints));
  return cases.map((one, index) => ({ ...one, file: path.basename(one.file), ...footprints[index]! }));
}

async function compressResnet18(folder: string): Promise<CompressionTime> {
  const { file } = await writeNetwork('resnet18-cifar', undefined, folder);
  const result = await timeCompression(file);
  console.log(compressionLine(result));
  return { ...result, file: path.basename(file) };
}

main(parseOptions(process.argv)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
