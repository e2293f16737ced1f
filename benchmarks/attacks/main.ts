import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { GradientSession } from '../../src/gradient/gradient-session';
import { crossEntropy } from '../../src/gradient/loss';
import { rows } from '../../src/gradient/rows';
import { measureInterleaved, untilIdle } from '../../src/measure';
import { attack } from '../../src/robustness/attack';
import { predictedClass } from '../../src/robustness/classifier';
import { sessionClassifier } from '../../src/robustness/session-classifier';
import { describeMachine } from '../machine';
import { writeNetwork } from '../model-files';
import { networkNames, type NetworkName } from '../networks';
import { listOf, parseCount, parseSeconds } from '../options';
import { machineLines } from '../report';
import { imagesFor } from './images';
import { PytorchAttack, type AttackedImages } from './pytorch';

interface Options {
  models: string[];
  data?: string;
  python: string;
  images: number;
  batch: number;
  pytorchBatch?: number;
  steps: number;
  threads: number[];
  budget: number;
}

const [eps, stepSize] = [8 / 255, 1 / 255];
const bundled = path.join(__dirname, '../../examples/robust-mnist.onnx');

const command = new Command('npm run bench:attacks --')
  .description('Races PGD of gdws and of PyTorch in turn: the same network, images, steps and threads.')
  .option('--models <files>', `ONNX classifiers, or of ${networkNames.join(', ')}`, listOf(String), [
    bundled,
    'resnet18-cifar',
  ])
  .option('--data <file>', "images for all models; by default seeded noise with the network's own labels")
  .option('--python <program>', 'a Python with torch, onnx and numpy', 'python3')
  .option('--images <count>', 'images', parseCount, 50)
  .option('--batch <count>', 'images that go through gdws at once', parseCount, 32)
  .option('--pytorch-batch <count>', 'images that go through PyTorch at once; all by default', parseCount)
  .option('--steps <count>', 'steps of PGD, without early stop', parseCount, 20)
  .option('--threads <counts>', 'threads of each', listOf(parseCount), [1])
  .option('--budget <seconds>', 'time for each race', parseSeconds, 20);

async function main(options: Options): Promise<void> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-attacks-'));
  try {
    console.log(machineLines(describeMachine()));
    for (const name of options.models) {
      const known = networkNames.find((network): network is NetworkName => network === name);
      const model = known ? (await writeNetwork(known, undefined, folder)).file : path.resolve(name);
      for (const threads of options.threads) await race(model, threads, folder, options);
    }
  } finally {
    await fs.rm(folder, { recursive: true });
  }
}

async function race(model: string, threads: number, folder: string, options: Options): Promise<void> {
  const { images: count, batch, steps, budget, python, data } = options;
  const session = await GradientSession.create(model, { intraOpNumThreads: threads });
  let peer: PytorchAttack | undefined;
  try {
    const { dims, images } = await imagesFor(model, data, count);
    const classifier = await sessionClassifier(session, dims);
    const labels = Int32Array.from(rows(await classifier.logits(images, count), classifier.classes), predictedClass);
    const attacked: AttackedImages = { model, images, dims, labels };
    const setting = { threads, batch: options.pytorchBatch ?? count, eps, stepSize };
    peer = await PytorchAttack.create(python, folder, attacked, setting);
    const ours = async () => {
      const settings = {
        attack: 'pgd',
        norm: 'linf',
        eps,
        stepSize,
        steps,
        randomStart: false,
        earlyStop: false,
      } as const;
      return (await attack(classifier, images, labels, settings, { batchSize: batch })).images;
    };
    // The attack of gdws looks at the outcome of the last step too: one forward pass more than PyTorch's here.
    const lossOfOurs = meanLoss(await classifier.logits(await ours(), count), labels);
    const lossOfPeer = await peer.run(steps);
    const theirs = peer;
    const comparison = await measureInterleaved(
      [
        { name: 'gdws', run: ours },
        { name: `PyTorch ${peer.version}`, run: () => theirs.run(steps) },
      ],
      { budget: 1000 * budget, minRounds: 3, settlingCalls: 0, rest: threads > 1 ? () => untilIdle() : undefined },
    );
    console.log(
      `\n${path.basename(model)}, PGD of ${steps} steps on ${count} images, ${threads} thread${threads === 1 ? '' : 's'}` +
        ` (${comparison.rounds} rounds; mean loss ${lossOfOurs.toFixed(4)} and ${lossOfPeer.toFixed(4)})`,
    );
    for (const { name, time } of comparison.measurements) {
      const perSecond = (1000 * count * steps) / time.median;
      console.log(`  ${name}: median ${time.median.toFixed(0)} ms, ${perSecond.toFixed(0)} images × steps per second`);
    }
    const { ofMedians, ofPairs } = comparison.ratio(comparison.measurements[1]!.name, 'gdws');
    console.log(
      `  gdws is ${ofMedians.toFixed(2)} times as fast by medians, ${ofPairs.median.toFixed(2)} by the median of pairs ` +
        `(${ofPairs.lowerQuartile.toFixed(2)}–${ofPairs.upperQuartile.toFixed(2)})`,
    );
  } finally {
    peer?.release();
    await session.release();
  }
}

function meanLoss(logits: Float32Array, labels: Int32Array): number {
  const classes = logits.length / labels.length;
  const direction = new Float32Array(classes);
  const losses = rows(logits, classes).map((row, image) => crossEntropy(row, labels[image]!, direction, -1));
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

main(command.parse().opts<Options>()).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
