import { Command, InvalidArgumentError } from 'commander';
import { networkNames, type NetworkName } from './networks';

export interface BenchmarkOptions {
  networks: NetworkName[];
  kernels: number[];
  threads: number[];
  batch: number[];
  spinning: boolean[];
  /** Seconds a race takes. */
  budget: number;
  json?: string;
  races: boolean;
  scaling: boolean;
  overhead: boolean;
  footprint: boolean;
  compression: boolean;
  peak: boolean;
}

/** The options of `benchmarks/main.ts`; prints help or what is wrong, and ends the process, where there is nothing to run. */
export function parseOptions(argv: readonly string[]): BenchmarkOptions {
  return new Command('npm run bench --')
    .description('Races gdws and onnxruntime-node in turn on the same model files and prints medians and ratios.')
    .option('--networks <names>', `of ${networkNames.join(', ')}`, listOf(parseNetwork), [
      'resnet18-cifar',
      'vgg16-cifar',
    ])
    .option('--kernels <counts>', 'kernels a channel of the GDWS forms', listOf(parseCount), [2])
    .option('--threads <counts>', 'threads of each engine', listOf(parseCount), [1])
    .option('--batch <sizes>', 'images a run', listOf(parseCount), [1])
    .option('--spinning <on|off>', "whether onnxruntime's idle threads spin (its default)", listOf(parseSwitch), [true])
    .option('--budget <seconds>', 'time for each race', parseSeconds, 5)
    .option('--json <file>', 'write all figures there')
    .option('--no-races', 'leave out the times of runs')
    .option('--no-scaling', 'leave out two threads against one')
    .option('--no-overhead', 'leave out the time of a run outside its operations')
    .option('--no-footprint', 'leave out session creation and memory')
    .option('--no-compression', 'leave out the time of compressing ResNet-18')
    .option('--no-peak', "leave out the machine's peak")
    .parse(argv)
    .opts<BenchmarkOptions>();
}

export function listOf<T>(parse: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(',').map((part) => parse(part.trim()));
}

export function parseNetwork(text: string): NetworkName {
  const name = networkNames.find((known) => known === text);
  if (!name) throw new InvalidArgumentError(`There is no network '${text}'.`);
  return name;
}

export function parseCount(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError(`'${text}' is not a whole number above 0.`);
  return Number(text);
}

function parseSwitch(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new InvalidArgumentError(`'${text}' is neither on nor off.`);
  return text === 'on';
}

export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new InvalidArgumentError(`'${text}' is not a number of seconds above 0.`);
  return seconds;
}
