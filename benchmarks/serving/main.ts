import { spawn, type ChildProcessByStdio } from 'node:child_process';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import autocannon from 'autocannon';
import Table from 'cli-table3';
import { Command } from 'commander';
import { InferenceSession } from '../../src/engine/session';
import { bytesOfElements } from '../../src/protocol/elements-bytes';
import { seededFeeds } from '../feeds';
import { describeMachine } from '../machine';
import { parseCount, parseSeconds } from '../options';
import { machineLines, plain } from '../report';

interface Options {
  readonly against: string;
  readonly clients: number;
  readonly maxBatch: number;
  readonly maxDelay: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly free: number;
}

/** A server of one model in a process of its own. */
interface Contestant {
  readonly name: string;
  readonly address: string;
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  readonly measured: { readonly perSecond: number; readonly p50: number; readonly p99: number }[];
}

const command = new Command('npm run bench:serving --')
  .description(
    'Requests a second of gdws serve, and of the same server with onnxruntime-node and without batching, in turn, over loopback: ' +
      'binary tensors of one row, from clients that ask again as soon as they are answered. They share the processors with the server.',
  )
  .argument('<models...>', 'ONNX files, each served by gdws')
  .requiredOption('--against <model>', 'an ONNX file, served by onnxruntime-node')
  .option('--clients <count>', 'connections', parseCount, 64)
  .option('--max-batch <rows>', 'rows of a run of gdws', parseCount, 16)
  .option('--max-delay <milliseconds>', 'as batched takes it', Number, 1)
  .option('--seconds <seconds>', 'of each server and round', parseSeconds, 5)
  .option('--rounds <count>', 'turns of each server', parseCount, 5)
  .option('--free <size>', 'of dims that a model leaves open', parseCount, 224);

async function start(engine: string, file: string, { maxBatch, maxDelay }: Options): Promise<Contestant> {
  const words = [path.join(__dirname, 'server.ts'), engine, file, String(maxBatch), String(maxDelay)];
  const child = spawn(process.execPath, ['--import', 'tsx', ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) => resolve(line.toString().trim()));
    child.once('exit', (code) => reject(new Error(`the server of ${file} ended with ${code}`)));
  });
  return { name: `${engine}, ${path.basename(file)}`, address, process: child, measured: [] };
}

/** A request for one row, as Triton's binary tensors. */
async function requestFor(file: string, free: number): Promise<{ headers: Record<string, string>; body: Buffer }> {
  const session = await InferenceSession.create(file);
  const feeds = Object.entries(seededFeeds(session, { batch: 1, free }));
  await session.release();
  const bytes = feeds.map(([, tensor]) => bytesOfElements(tensor.data as Float32Array));
  const inputs = feeds.map(([name, { dims }], index) => ({
    ...{ name, datatype: 'FP32', shape: dims },
    parameters: { binary_data_size: bytes[index]!.length },
  }));
  const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(head.length),
  };
  return { headers, body: Buffer.concat([head, ...bytes]) };
}

async function measure(one: Contestant, request: Awaited<ReturnType<typeof requestFor>>, options: Options) {
  const load = { ...request, method: 'POST' as const, url: `${one.address}/v2/models/m/infer` };
  const result = await autocannon({ ...load, connections: options.clients, duration: options.seconds });
  if (result.non2xx + result.errors + result.timeouts > 0) {
    throw new Error(`${one.name}: ${result.non2xx} refused, ${result.errors} errors, ${result.timeouts} timeouts`);
  }
  return {
    perSecond: result['2xx'] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
  };
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;

async function main(models: readonly string[], options: Options): Promise<void> {
  console.log(machineLines(describeMachine()));
  const request = await requestFor(options.against, options.free);
  const contestants = [await start('onnxruntime', options.against, options)];
  for (const model of models) contestants.push(await start('gdws', model, options));
  for (const one of contestants) await measure(one, request, { ...options, seconds: 1 });
  for (let round = 0; round < options.rounds; round++) {
    for (const one of contestants) one.measured.push(await measure(one, request, options));
  }
  for (const one of contestants) one.process.stdin.end();
  const table = new Table({ ...plain, head: ['server', 'requests/s', 'against the first', 'p50, ms', 'p99, ms'] });
  const first = median(contestants[0]!.measured.map(({ perSecond }) => perSecond));
  for (const { name, measured } of contestants) {
    const of = (key: 'perSecond' | 'p50' | 'p99') => median(measured.map((one) => one[key]));
    const figures = [of('perSecond').toFixed(0), (of('perSecond') / first).toFixed(2), of('p50').toFixed(1)];
    table.push([name, ...figures, of('p99').toFixed(1)]);
  }
  console.log(table.toString());
}

command.action((models: string[], options: Options) => main(models, options)).parse();
