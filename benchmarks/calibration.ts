import { Command } from 'commander';
import type { CalibrationProgress } from '../src/calibrate/calibration';
import { compress } from '../src/compress/compress';
import { readCifar10 } from '../src/data/cifar-binary';
import { ImageSet } from '../src/data/image-set';
import { RandomStream } from '../src/robustness/random-stream';
import { networks } from './networks';
import { parseNetwork } from './options';

interface Options {
  network: keyof typeof networks;
  robust?: string;
  data?: string;
  images: number;
  macs: number;
  threads?: number;
}

const command: Command = new Command('npm run bench:calibration --')
  .description(
    'Compresses a network by calibration images: time of each step, and peak resident memory of the process.',
  )
  .option('--network <name>', 'with seeded weights', parseNetwork, 'resnet18-cifar')
  .option('--robust <model>', 'instead, a robust CIFAR-10 network, which is to stay so: with PGD, eps 8/255')
  .option('--data <file>', 'images, CIFAR-10 in its binary version; random ones by default')
  .option('--images <count>', 'how many', Number, 512)
  .option('--macs <share>', 'of the multiply-accumulates to keep', Number, 0.35)
  .option('--threads <count>', 'default: all processors', Number);

async function main({ network: name, robust, data, images: count, macs, threads }: Options): Promise<void> {
  const { model, input } = networks[name]();
  const { channels, height, width } = robust === undefined ? input : { channels: 3, height: 32, width: 32 };
  const images = data ? (await readCifar10(data)).first(count) : randomImages([channels, height, width], count);
  const attack = robust === undefined ? undefined : ({ attack: 'pgd', norm: 'linf', eps: '8/255' } as const);
  const begin = performance.now();
  const seconds = () => ((performance.now() - begin) / 1000).toFixed(1);
  // Others may use the processors too: their time is not counted here.
  const processorSeconds = () => {
    const { user, system } = process.cpuUsage();
    return ((user + system) / 1e6).toFixed(1);
  };
  let step = '';
  const onProgress = (progress: CalibrationProgress) => {
    if (progress.step === step) return;
    console.log(`${seconds()} s, of processors ${processorSeconds()} s: ${(step = progress.step)}`);
  };
  const { summary } = await compress(robust ?? model, { macs, threads, calibration: { images, attack, onProgress } });
  const replaced = summary.layers.filter(({ status }) => status === 'gdws').length;
  console.log(
    `${robust ?? name}, ${images.length} images, ${100 * macs} % of the MACs: ${seconds()} s, ` +
      `${processorSeconds()} s of processors, ` +
      `peak ${(process.resourceUsage().maxRSS / 1e6).toFixed(2)} GB resident, ` +
      `${replaced} of ${summary.layers.length} convolutions replaced`,
  );
}

function randomImages(dims: [number, number, number], count: number): ImageSet {
  const random = new RandomStream(1);
  const length = count * dims[0] * dims[1] * dims[2];
  const pixels = Uint8Array.from({ length }, () => random.integer(0, 255));
  return new ImageSet(dims, pixels, new Uint8Array(count));
}

main(command.parse(process.argv).opts<Options>()).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
