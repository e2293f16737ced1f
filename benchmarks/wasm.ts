import path from 'node:path';
import { pathToFileURL } from 'node:url';
import Table from 'cli-table3';
import { Command } from 'commander';
import type { InferenceSession, InferenceSessionFactory } from 'onnxruntime-common';
import { native } from '../src/addon/native';
import { measureInterleaved } from '../src/measure';
import { encodeModel } from '../src/onnx/write';
import { demandAgreement } from './agreement';
import { openSession } from './engines';
import { seededFeeds } from './feeds';
import { describeMachine } from './machine';
import { networks, networkNames, type NetworkName } from './networks';
import { listOf, parseCount, parseNetwork, parseSeconds } from './options';
import { quantize } from './quantized/quantize';
import { steady } from './race';
import { labelOf, machineLines, plain } from './report';

interface Options {
  readonly web: string;
  readonly wasm: string;
  readonly networks: NetworkName[];
  readonly kernels: number;
  readonly budget: number;
}

/** What is used of onnxruntime-web, which is not among the dependencies. */
interface OnnxruntimeWeb {
  readonly env: { readonly wasm: { numThreads: number; proxy: boolean }; readonly versions: { readonly web?: string } };
  readonly InferenceSession: InferenceSessionFactory;
}

const command = new Command('npm run bench:wasm --')
  .description(
    'gdws in WebAssembly beside onnxruntime-web with its WASM provider, both with one thread and one image, in turn in one process.',
  )
  .requiredOption(
    '--web <folder>',
    'of the package onnxruntime-web: npm install --no-save onnxruntime-web somewhere; then node_modules/onnxruntime-web there',
  )
  .option('--wasm <file>', 'what npm run build:platforms -- --targets wasm32 built', 'build/platforms/wasm32/gdws.wasm')
  .option('--networks <names>', `of ${networkNames.join(', ')}`, listOf(parseNetwork), [
    'resnet18-cifar',
    'resnet18-imagenet',
  ])
  .option('--kernels <count>', 'kernels a channel of the GDWS forms', parseCount, 3)
  .option('--budget <seconds>', 'time for each race', parseSeconds, 20);

async function main({ web, wasm, networks: names, kernels, budget }: Options): Promise<void> {
  process.env.GDWS_ADDON = path.resolve(wasm);
  const { instructionSet } = native();
  if (instructionSet !== 'wasm') throw new Error(`${wasm} is an addon for ${instructionSet}.`);
  const { default: peer } = (await import(pathToFileURL(path.resolve(web, 'dist/ort.wasm.min.mjs')).href)) as {
    default: OnnxruntimeWeb;
  };
  Object.assign(peer.env.wasm, { numThreads: 1, proxy: false });
  console.log(`${machineLines(describeMachine())}\nonnxruntime-web ${peer.env.versions.web}`);
  const table = new Table({
    head: ['network', 'gdws ms', 'onnxruntime-web ms', 'median of pairs', 'quartiles', 'rounds'],
    colAligns: ['left', ...Array<'right'>(5).fill('right')],
    ...plain,
  });
  for (const network of names) {
    for (const isQuantized of [false, true]) {
      for (const count of [undefined, kernels]) {
        const { model } = networks[network]({ kernels: count });
        const bytes = encodeModel(isQuantized ? await quantize(model) : model);
        const label = labelOf({ network, kernels: count, isQuantized });
        table.push([label, ...(await race(label, bytes, peer, { isQuantized, budget }))]);
      }
    }
  }
  console.log(table.toString());
}

/** Cells of the table. */
async function race(
  label: string,
  model: Uint8Array,
  peer: OnnxruntimeWeb,
  { isQuantized, budget }: { readonly isQuantized: boolean; readonly budget: number },
): Promise<(string | number)[]> {
  const own = await openSession('gdws', model, { threads: 1 });
  const others: InferenceSession = await peer.InferenceSession.create(model, { executionProviders: ['wasm'] });
  try {
    const feeds = seededFeeds(own);
    // Engines round integers in different places: a step more or less is no error.
    if (!isQuantized) demandAgreement(label, await own.run(feeds), await others.run(feeds));
    const comparison = await measureInterleaved(
      [
        { name: 'gdws', run: () => own.run(feeds) },
        { name: 'onnxruntime-web', run: () => others.run(feeds) },
      ],
      { budget: 1000 * budget, ...steady },
    );
    const [first, second] = comparison.measurements.map(({ time }) => time.median.toFixed(2));
    const { median, lowerQuartile, upperQuartile } = comparison.ratio('gdws', 'onnxruntime-web').ofPairs;
    return [
      ...[first!, second!, median.toFixed(2)],
      ...[`${lowerQuartile.toFixed(2)}–${upperQuartile.toFixed(2)}`, comparison.rounds],
    ];
  } finally {
    await own.release();
    await others.release();
  }
}

main(command.parse().opts<Options>()).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
