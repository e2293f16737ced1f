import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { Tensor } from 'onnxruntime-common';
import { compress } from '../../src/compress/compress';
import { GradientSession } from '../../src/gradient/gradient-session';
import { crossEntropy } from '../../src/gradient/loss';
import { rows } from '../../src/gradient/rows';
import { attack } from '../../src/robustness/attack';
import { predictedClass } from '../../src/robustness/classifier';
import { distance, normOf, norms, type Norm } from '../../src/robustness/norm';
import { sessionClassifier } from '../../src/robustness/session-classifier';
import { writeNetwork } from '../model-files';
import { networkNames, type NetworkName } from '../networks';
import { listOf, parseCount } from '../options';
import { imagesFor } from './images';
import { askPytorch, stepPixels, type AgreementRequest } from './pytorch-answers';

interface Options {
  models: string[];
  data?: string;
  compressed?: number;
  python: string;
  kernel?: string;
  images: number;
  attacks: boolean;
  steps: number;
  eps: string;
}

const command = new Command('npm run bench:agreement --')
  .description('Compares gradients, and what PGD reaches, with those of PyTorch on the same network and images.')
  .option('--models <files>', `ONNX classifiers, or of ${networkNames.join(', ')}`, listOf(String), [
    path.join(__dirname, '../../examples/robust-mnist.onnx'),
    'resnet18-cifar',
  ])
  .option('--data <file>', "images for all models; by default seeded noise with the network's own labels")
  .option('--compressed <share>', 'compare the GDWS form that keeps this share of the multiply-accumulates', Number)
  .option('--python <program>', 'a Python with torch, onnx and numpy', 'python3')
  .option('--kernel <name>', "kernels of gdws, as 'reference', which add up in double precision")
  .option('--images <count>', 'images', parseCount, 4)
  .option('--attacks', 'compare PGD in all norms too', false)
  .option('--steps <count>', 'its steps', parseCount, 20)
  .option('--eps <linf,l2,l1>', 'its bounds', '0.031372549,0.5,12');

async function main(options: Options): Promise<void> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-agreement-'));
  try {
    for (const name of options.models) {
      const known = networkNames.find((network): network is NetworkName => network === name);
      let model = known ? (await writeNetwork(known, undefined, folder)).file : path.resolve(name);
      if (options.compressed !== undefined) {
        const smaller = path.join(folder, `${path.basename(model, '.onnx')} at ${options.compressed}.onnx`);
        await (await compress(model, { macs: options.compressed })).write(smaller);
        model = smaller;
      }
      await compare(model, folder, options);
    }
  } finally {
    await fs.rm(folder, { recursive: true });
  }
}

async function compare(model: string, folder: string, options: Options): Promise<void> {
  const session = await GradientSession.create(model, { intraOpNumThreads: 1, kernel: options.kernel });
  try {
    const { dims, images, labels: given } = await imagesFor(model, options.data, options.images);
    const count = options.images;
    const classifier = await sessionClassifier(session, dims);
    const all = [count, ...dims];
    const feeds = { [session.inputNames[0]!]: new Tensor('float32', images, all) };
    const labels =
      given ?? Int32Array.from(rows(await classifier.logits(images, count), classifier.classes), predictedClass);
    const cotangent = (logits: Float32Array) => {
      const directions = logits.slice();
      rows(directions, classifier.classes).forEach((row, image) => crossEntropy(row.slice(), labels[image]!, row, -1));
      return directions;
    };
    const { losses, inputs } = await session.lossGradient(feeds, labels);
    const { weights } = await session.weightGradients(feeds, cotangent);
    const single = (await session.weightGradients(feeds, cotangent, { perImage: true })).weights;

    const settings = options.attacks ? attacksOf(options) : [];
    const shapes = Object.fromEntries(Object.entries(weights).map(([name, { dims: shape }]) => [name, shape]));
    const request = { model, dims: all, images, labels, weights: shapes, attacks: settings };
    const theirs = await askPytorch(options.python, folder, request);

    const ours = [inputs[session.inputNames[0]!]!, ...Object.values(weights)].map(({ data }) => data as Float32Array);
    console.log(`\n${path.basename(model)}: ${count} images, ${ours.length - 1} weights`);
    print('losses', [losses], [theirs.double.losses], [theirs.single.losses]);
    print('by images', ours.slice(0, 1), theirs.double.gradients.slice(0, 1), theirs.single.gradients.slice(0, 1));
    printImages(ours[0]!, theirs.double.gradients[0]!, count);
    print('by weights', ours.slice(1), theirs.double.gradients.slice(1), theirs.single.gradients.slice(1));
    const sums = Object.values(single).map(({ data, dims: shape }) => summed(data as Float32Array, shape[0]!));
    print('by weights, image by image', sums, theirs.double.gradients.slice(1), theirs.single.gradients.slice(1));
    for (const [i, setting] of settings.entries()) {
      const { images: made, standing } = await attack(classifier, images, labels, setting);
      // Images that are wrong already are not attacked.
      const correct = (await attack(classifier, images, labels, { attack: 'fgsm', norm: 'linf', eps: 1e-9 })).correct;
      const logits = rows(await classifier.logits(made, count), classifier.classes);
      const reached = logits.map((row, n) => crossEntropy(row, labels[n]!, new Float32Array(row.length), -1));
      const kept = reached.flatMap((_, n) => (correct[n] ? [n] : []));
      const peer = theirs.attacks[i]!;
      const mean = (values: ArrayLike<number>) => kept.reduce((sum, n) => sum + values[n]!, 0) / kept.length;
      const furthest = Math.max(...kept.map((n) => Math.abs(reached[n]! - peer.losses[n]!)));
      const differ = kept.filter((n) => standing[n] !== peer.standing[n]).length;
      console.log(
        `  PGD ${setting.norm}, eps ${setting.eps}: mean loss ${mean(reached).toFixed(4)} and ${mean(peer.losses).toFixed(4)}` +
          `, furthest apart ${furthest.toFixed(4)}; standing ${kept.filter((n) => standing[n]).length} and ` +
          `${kept.filter((n) => peer.standing[n]).length} of ${kept.length}, ${differ} differ`,
      );
    }
  } finally {
    await session.release();
  }
}

function attacksOf({ steps, eps }: Options): AgreementRequest['attacks'] {
  const bounds = eps.split(',').map(Number);
  return norms.map((norm: Norm, i) => {
    const bound = bounds[i]!;
    return {
      attack: 'pgd',
      norm,
      eps: bound,
      steps,
      stepSize: (2.5 * bound) / steps,
      randomStart: false,
      earlyStop: false,
      sparsity: [stepPixels, stepPixels],
    };
  });
}

function summed(data: Float32Array, images: number): Float64Array {
  const parts = rows(data, data.length / images);
  return Float64Array.from(parts[0]!, (_, at) => parts.reduce((sum, part) => sum + part[at]!, 0));
}

/** The worst of several tensors: largest difference by largest element, and norm of the difference by norm. */
function print(title: string, ours: ArrayLike<number>[], double: Float64Array[], single: Float64Array[]): void {
  const worst = (these: ArrayLike<number>[], those: ArrayLike<number>[]) =>
    norms
      .filter((norm) => norm !== 'l1')
      .map((norm) => Math.max(...these.map((one, i) => distance(one, those[i]!, norm) / normOf(those[i]!, norm))))
      .map((error) => error.toExponential(1))
      .join(', ');
  console.log(
    `  ${title}: from PyTorch in double precision ${worst(ours, double)}; in single precision ${worst(ours, single)}` +
      ` (which is ${worst(single, double)} from its double)`,
  );
}

/** A ReLU whose argument is nearer to 0 than rounding may be on either side: the gradients of few images differ so. */
function printImages(ours: Float32Array, theirs: Float64Array, count: number): void {
  const size = ours.length / count;
  const errors = Array.from({ length: count }, (_, n) => {
    const [one, other] = [ours, theirs].map((all) => all.subarray(n * size, (n + 1) * size));
    return distance(one!, other!, 'linf') / normOf(other!, 'linf');
  }).sort((a, b) => a - b);
  const above = errors.filter((error) => error > 1e-4).length;
  console.log(
    `    of single images: median ${errors[Math.floor(count / 2)]!.toExponential(1)}, largest ` +
      `${errors.at(-1)!.toExponential(1)}, ${above} of ${count} above 1e-4`,
  );
}

main(command.parse().opts<Options>()).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
