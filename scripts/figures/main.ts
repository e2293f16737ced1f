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
  drawSweep(root);
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

/** The first chart of a sweep of the bundled network. */
function drawSweep(root: string): void {
  const digits = (kind: string) => `examples/mnist-${kind}-images-idx3-ubyte`;
  const files = ['-o', 'build/sweep.html', '--svg', 'docs/sweep.svg'];
  const images = ['--data', digits('test'), '--calib', digits('calib'), '--calib-count', '256'];
  const settings = ['--int8', '--run-threads', '1', '--budgets', '0.06,0.1,0.15,0.25,0.35,0.5,0.7', '--time', '20'];
  const args = ['dist/cli/main.js', 'sweep', 'examples/robust-mnist.onnx', ...files, ...images, ...settings];
  execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}

void main();
