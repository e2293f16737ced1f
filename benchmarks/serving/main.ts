import path from 'node:path';
import autocannon from 'autocannon';
import Table from 'cli-table3';
import { Command } from 'commander';
import { InferenceSession, type Tensor } from '../../src/engine/session';
import { bytesOfElements } from '../../src/protocol/elements-bytes';
import { seededFeeds } from '../feeds';
import { describeMachine } from '../machine';
import { parseCount, parseSeconds } from '../options';
import { machineLines, plain } from '../report';
import { startServer, type StartedServer } from './start-server';

interface Options {
  readonly against: string;
  readonly clients: number;
  readonly maxBatch: number;
  readonly maxDelay: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly free: number;
}

/** A server that is measured. */
interface Contestant extends StartedServer {
  readonly name: string;
  readonly measured: { readonly perSecond: number; readonly p50: number; readonly p99: number }[];
}

const command = new Command('npm run bench:serving --')
  .description(
    'Requests a second of gdws serve, and of the same server with onnxruntime-node and without batching, in turn, over loopback: ' +
      'binary tensors of one row, from clients that ask again as soon as they are answered. They share the processors with the server. ' +
      'Beside them, the rows a second of each model in full batches without any server, and the first model by a bare node:http that does nothing else.',
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
  const server = await startServer(engine, file, maxBatch, maxDelay);
  return { ...server, name: `${engine}, ${path.basename(file)}`, measured: [] };
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
  const json = JSON.stringify({ inputs, parameters: { binary_data_output: true } });
  // As the client of gdws does.
  const head = Buffer.from(json.padEnd(8 * Math.ceil(json.length / 8)));
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

/** A session without a server, and full batches one after the other. */
class Alone {
  /** Rows a second. */
  readonly measured: number[] = [];

  private constructor(
    private readonly session: InferenceSession,
    private readonly feeds: Record<string, Tensor>,
    private readonly rows: number,
  ) {}

  static async open(file: string, { maxBatch, free }: Options): Promise<Alone> {
    const session = await InferenceSession.create(file);
    const feeds = seededFeeds(session, { batch: maxBatch, free });
    return new Alone(session, feeds, maxBatch);
  }

  async measure(seconds: number): Promise<void> {
    await this.session.run(this.feeds);
    const began = performance.now();
    let rows = 0;
    while (performance.now() - began < 1000 * seconds) {
      await this.session.run(this.feeds);
      rows += this.rows;
    }
    this.measured.push((1000 * rows) / (performance.now() - began));
  }
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;

async function main(models: readonly string[], options: Options): Promise<void> {
  console.log(machineLines(describeMachine()));
  const request = await requestFor(options.against, options.free);
  const contestants = [await start('onnxruntime', options.against, options)];
  for (const model of models) contestants.push(await start('gdws', model, options));
  contestants.push(await start('bare', models[0]!, options));
  const engines = new Map<string, Alone>();
  for (const model of models) engines.set(`gdws, ${path.basename(model)}`, await Alone.open(model, options));
  for (const one of contestants) await measure(one, request, { ...options, seconds: 1 });
  for (let round = 0; round < options.rounds; round++) {
    for (const one of contestants) one.measured.push(await measure(one, request, options));
    for (const engine of engines.values()) await engine.measure(options.seconds);
  }
  for (const one of contestants) one.process.stdin.end();
  const table = new Table({
    ...plain,
    head: ['server', 'requests/s', 'against the first', 'p50, ms', 'p99, ms', 'rows/s without a server', 'share'],
  });
  const first = median(contestants[0]!.measured.map(({ perSecond }) => perSecond));
  for (const { name, measured } of contestants) {
    const of = (key: 'perSecond' | 'p50' | 'p99') => median(measured.map((one) => one[key]));
    const figures = [of('perSecond').toFixed(0), (of('perSecond') / first).toFixed(2), of('p50').toFixed(1)];
    const engine = engines.get(name);
    const rows = engine ? median(engine.measured) : undefined;
    const share = rows === undefined ? ['', ''] : [rows.toFixed(0), (of('perSecond') / rows).toFixed(2)];
    table.push([name, ...figures, of('p99').toFixed(1), ...share]);
  }
  console.log(table.toString());
}

command.action((models: string[], options: Options) => main(models, options)).parse();
