// Measures the figures of README and writes them there: npm run docs:figures, on a machine that does nothing else.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { raceInt8 } from '../../benchmarks/int8/race';
import { describeMachine } from '../../benchmarks/machine';
import { blocksOf, digestOfMeasured, figuresFile, readme, withBlocks, type Figures } from './figures';

const networks = ['resnet18-cifar', 'vgg16-cifar'] as const;

async function main(): Promise<void> {
  const machine = describeMachine();
  const root = path.dirname(readme);
  const printed = execFileSync(process.execPath, ['examples/demo.mjs'], { cwd: root, encoding: 'utf8' });
  const demo = printed.split('\n').filter((line) => line.startsWith('|'));
  const options = { networks: [...networks], kernels: 2, threads: 1, batch: 1, budget: 20 };
  const races: Figures['races'][number][] = [];
  for (const network of networks) {
    const { entries } = await raceInt8(network, { ...options, races: true, overhead: false, memory: false });
    races.push({ network, entries });
  }
  const date = new Date().toISOString().slice(0, 10);
  const figures: Figures = { date, machine, measured: digestOfMeasured(), demo, races };
  fs.writeFileSync(figuresFile, `${JSON.stringify(figures, undefined, 2)}\n`);
  fs.writeFileSync(readme, withBlocks(fs.readFileSync(readme, 'utf8'), blocksOf(figures)));
}

void main();
