import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { writeWhole } from '../../src/onnx/write';
import { describeMachine } from '../machine';
import type { ModelFile } from '../model-files';
import { measureOverhead, type Overhead } from '../overhead';
import { machineLines, overheadTable } from '../report';
import { writeForms, writeSmallForms } from './forms';
import { measureMemory, type FormMemory } from './memory';
import { parseOptions } from './options';
import { raceInt8, type Int8Race } from './race';
import { memoryTable, raceTables } from './report';

async function main(): Promise<void> {
  const options = parseOptions(process.argv);
  const machine = describeMachine();
  console.log(machineLines(machine));
  const races: Int8Race[] = [];
  const overheads: Overhead[] = [];
  const memories: FormMemory[] = [];
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-benchmarks-'));
  try {
    const smallFiles = options.memory ? await writeSmallForms(options.kernels, folder) : [];
    for (const network of options.networks) {
      if (options.races) {
        const race = await raceInt8(network, options);
        races.push(race);
        console.log(raceTables(race, options));
      }
      if (!options.overhead && !options.memory) continue;
      const forms = await writeForms(network, options.kernels, folder);
      if (options.overhead) overheads.push(...(await overheadOfAll(forms, options.threads)));
      if (options.memory) {
        const memory = await measureMemory(forms, smallFiles);
        memories.push(...memory);
        console.log(memoryTable(memory));
      }
      // ImageNet's are large.
      for (const { file } of forms) await fs.rm(file);
    }
  } finally {
    await fs.rm(folder, { recursive: true });
  }
  if (options.json !== undefined) {
    const figures = { machine, options, races, overheads, memories };
    await writeWhole(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  }
}

async function overheadOfAll(forms: readonly ModelFile[], threads: number): Promise<Overhead[]> {
  const overheads: Overhead[] = [];
  for (const form of forms) overheads.push(await measureOverhead(form, threads));
  console.log(overheadTable(overheads));
  return overheads;
}

void main();
