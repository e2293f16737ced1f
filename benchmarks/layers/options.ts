import { Command, InvalidArgumentError, Option } from 'commander';
import { networkNames, type NetworkName } from '../networks';
import { listOf, parseCount, parseNetwork, parseSeconds } from '../options';

/** A form of a network: kernels a channel, or `undefined` for the dense form; in floats, or quantized to bytes. */
export interface LayerForm {
  readonly kernels: number | undefined;
  readonly isQuantized: boolean;
}

export interface LayerBenchmarkOptions {
  networks: NetworkName[];
  forms: LayerForm[];
  threads: number[];
  batch: number[];
  layer: string;
  kernel?: string;
  weights: 'cold' | 'warm';
  /** Seconds for one layer with one number of threads. */
  budget: number;
  from?: string;
  json?: string;
  svg?: string;
}

/** The options of `benchmarks/layers/main.ts`; prints help or what is wrong, and ends the process, where there is nothing to run. */
export function parseLayerOptions(argv: readonly string[]): LayerBenchmarkOptions {
  return new Command('npm run bench:layers --')
    .description('Times every convolution and GDWS shape of the networks on every kernel that can run it.')
    .option('--networks <names>', `of ${networkNames.join(', ')}`, listOf(parseNetwork), networkNames)
    .option(
      '--forms <forms>',
      'dense, or kernels a channel of the GDWS forms; with int8 before it, quantized: int8-dense, int8-2',
      listOf(parseForm),
      ['dense', '1', '2'].map(parseForm),
    )
    .option('--threads <counts>', 'threads of a run', listOf(parseCount), [1, 2])
    .option('--batch <sizes>', 'images a run', listOf(parseCount), [1, 16])
    .option(
      '--layer <part>',
      "only layers with this in their name, as '3×3 64→64' ('x' and '>' will do)",
      plainName,
      '',
    )
    .option('--kernel <name>', 'only this kernel; the only way to time a reference')
    .addOption(
      new Option('--weights <state>', 'cold: in no second-level cache, as in a network; warm: used just before')
        .choices(['cold', 'warm'])
        .default('cold'),
    )
    .option('--budget <seconds>', 'time for each layer and number of threads', parseSeconds, 0.3)
    .option('--from <file>', 'show the figures of that JSON file and measure nothing')
    .option('--json <file>', 'write all figures there')
    .option('--svg <file>', 'write a roofline plot there')
    .parse(argv)
    .opts<LayerBenchmarkOptions>();
}

/** A layer's name as a keyboard has it. */
export function plainName(name: string): string {
  return name.replaceAll('×', 'x').replaceAll('→', '>');
}

function parseForm(text: string): LayerForm {
  const [, quantized, form] = /^(int8-)?(dense|[1-9]\d*)$/.exec(text) ?? [];
  if (form === undefined) throw new InvalidArgumentError(`'${text}' is neither 'dense' nor a number of kernels.`);
  return { kernels: form === 'dense' ? undefined : Number(form), isQuantized: quantized !== undefined };
}
