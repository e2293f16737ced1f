import path from 'node:path';
import Table from 'cli-table3';
import { Command } from 'commander';
import type { Tensor } from 'onnxruntime-common';
import { compress } from '../../../src/compress/compress';
import { readImages } from '../../../src/data/read-images';
import type { ImageSet } from '../../../src/data/image-set';
import { InferenceSession } from '../../../src/engine/session';
import type { ModelProto } from '../../../src/onnx/onnx_pb';
import { readModel } from '../../../src/onnx/read';
import { encodeModel, writeWhole } from '../../../src/onnx/write';
import { seededFeeds } from '../../feeds';
import { describeMachine } from '../../machine';
import { networks, type NetworkName } from '../../networks';
import { listOf, parseCount, parseNetwork } from '../../options';
import { machineLines, plain } from '../../report';
import { quantize } from '../quantize';
import { compare, peers, type Agreement, type ByteDifferences } from './compare';

interface Options {
  networks: NetworkName[];
  models: string[];
  kernels: number;
  data?: string;
  images: number;
  json?: string;
}

const batchSize = 8;

function parseOptions(): Options {
  return new Command('npm run bench:int8-agreement --')
    .description('Compares what gdws and onnxruntime-node make of the same quantized networks, byte by byte.')
    .option('--networks <names>', 'as of npm run bench, with seeded weights', listOf(parseNetwork), [
      'resnet18-cifar',
      'vgg16-cifar',
    ])
    .option(
      '--models <files>',
      'trained networks instead, of which the GDWS form has half the MACs',
      listOf(String),
      [],
    )
    .option('--kernels <count>', 'kernels a channel of the GDWS forms of networks with seeded weights', parseCount, 2)
    .option('--data <file>', 'images as of gdws evaluate, in place of seeded noise')
    .option('--images <count>', 'number of images', parseCount, 1000)
    .option('--json <file>', 'write all figures there')
    .parse(process.argv)
    .opts<Options>();
}

async function main(): Promise<void> {
  const options = parseOptions();
  const machine = describeMachine();
  console.log(machineLines(machine));
  const images = options.data === undefined ? undefined : await readImages(options.data);
  const table = new Table({
    head: [
      'network',
      'onnxruntime',
      'bytes',
      'off by one',
      'by more',
      'from the image on',
      'by more',
      'logits',
      'same class',
      'lead',
    ],
    colAligns: ['left', 'left', ...Array<'right'>(8).fill('right')],
    ...plain,
  });
  const agreements: (Agreement & { network: string })[] = [];
  for await (const { name, model } of forms(options)) {
    const batches = await batchesFor(model, images, options.images);
    const quantized = await quantize(model, { feeds: images && batches[0] });
    for (const peer of peers) {
      const agreement = await compare(quantized, batches, peer);
      agreements.push({ network: name, ...agreement });
      table.push([name, ...cellsOf(agreement)]);
    }
  }
  console.log(table.toString());
  if (options.json !== undefined)
    await writeWhole(options.json, `${JSON.stringify({ machine, options, agreements }, undefined, 2)}\n`);
}

async function* forms({
  networks: names,
  models,
  kernels,
}: Options): AsyncGenerator<{ name: string; model: ModelProto }> {
  for (const file of models) {
    const name = path.basename(file, '.onnx');
    yield { name, model: await readModel(file) };
    yield { name: `${name} GDWS`, model: (await compress(file, { macs: 0.5 })).model };
  }
  if (models.length > 0) return;
  for (const name of names) {
    yield { name, model: networks[name]().model };
    yield { name: `${name} GDWS g = ${kernels}`, model: networks[name]({ kernels }).model };
  }
}

/** Feeds of a few images each: those of a set, or seeded ones. */
async function batchesFor(model: ModelProto, images: ImageSet | undefined, count: number): Promise<Feeds[]> {
  const session = await InferenceSession.create(encodeModel(model));
  const [name] = session.inputNames;
  const batches: Feeds[] = [];
  for (let begin = 0; begin < count; begin += batchSize) {
    const size = Math.min(batchSize, count - begin);
    batches.push(
      images
        ? { [name!]: images.batch(begin, begin + size).images }
        : seededFeeds(session, { batch: size, seed: begin + 1 }),
    );
  }
  await session.release();
  return batches;
}

type Feeds = Readonly<Record<string, Tensor>>;

function cellsOf({ peer, alone, through, images, logits, sameClass, largestLead }: Agreement): (string | number)[] {
  const share = (count: number) => `${((100 * count) / alone.count).toFixed(4)} %`;
  const byMore = ({ offByMore, largest, where }: ByteDifferences) =>
    offByMore === 0 ? '0' : `${share(offByMore)}, at most ${largest} (${where})`;
  return [
    peer,
    alone.count,
    share(alone.offByOne),
    byMore(alone),
    share(through.offByOne),
    byMore(through),
    logits.toFixed(2),
    `${sameClass} of ${images}`,
    largestLead.toFixed(2),
  ];
}

void main();
