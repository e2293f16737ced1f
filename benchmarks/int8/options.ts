import { Command } from 'commander';
import type { NetworkName } from '../networks';
import { listOf, parseCount, parseNetwork, parseSeconds } from '../options';

export interface Int8Options {
  networks: NetworkName[];
  kernels: number;
  threads: number;
  batch: number;
  /** Seconds a race takes. */
  budget: number;
  json?: string;
  races: boolean;
  overhead: boolean;
  memory: boolean;
}

/** The options of `benchmarks/int8/main.ts`; prints help or what is wrong, and ends the process, where there is nothing to run. */
export function parseOptions(argv: readonly string[]): Int8Options {
  return new Command('npm run bench:int8 --')
    .description(
      'Races networks in int8 and in fp32, dense and as GDWS, in gdws and onnxruntime-node, in turn; and measures what gdws needs beside its kernels.',
    )
    .option('--networks <names>', 'as of npm run bench', listOf(parseNetwork), ['resnet18-cifar', 'vgg16-cifar'])
    .option('--kernels <count>', 'kernels a channel of the GDWS forms', parseCount, 2)
    .option('--threads <count>', 'threads of each engine', parseCount, 1)
    .option('--batch <size>', 'images a run', parseCount, 1)
    .option('--budget <seconds>', 'time for each race', parseSeconds, 20)
    .option('--json <file>', 'write all figures there')
    .option('--no-races', 'leave out the times of runs')
    .option('--no-overhead', 'leave out the time of a run outside its operations')
    .option('--no-memory', 'leave out the memory of sessions')
    .parse(argv)
    .opts<Int8Options>();
}
