// Rounds of eight workers that are terminated while they run, beside runs here; prints what the process holds after each.
import fs from 'node:fs';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { numbers } from './models';

export interface Plan {
  readonly model: string;
  readonly rounds: number;
}

export interface Round {
  readonly resident: number;
  readonly threads: number;
  readonly files: number;
}

const x = new Tensor('float32', numbers(16 * 32 * 32), [1, 16, 32, 32]);

async function runForEver(model: string, worker: number): Promise<void> {
  const bytes = new Uint8Array(fs.readFileSync(model));
  for (let i = 0; ; i++) {
    const options = { intraOpNumThreads: 1 + (worker % 2) };
    // What is compiled lies in memory of another kind where a file is read.
    const session = await (worker % 4 < 2
      ? InferenceSession.create(model, options)
      : InferenceSession.create(bytes, options));
    await session.run({ x });
    if (i === 0) parentPort!.postMessage('running');
    await Promise.all([session.run({ x }), session.run({ x }), session.run({ x })]);
    // Some leave by themselves, in the middle of it.
    if (worker === 7) {
      void session.run({ x });
      process.exit(0);
    }
    if (i % 2) await session.release();
  }
}

async function main({ model, rounds }: Plan): Promise<void> {
  const held: Round[] = [];
  const session = await InferenceSession.create(model);
  const wanted = (await session.run({ x })).y!.data as Float32Array;
  for (let round = 0; round < rounds; round++) {
    const workers = Array.from(
      { length: 8 },
      (_, i) => new Worker(__filename, { workerData: [model, i], resourceLimits: { maxYoungGenerationSizeMb: 2 } }),
    );
    await Promise.all(
      workers.map(async (worker) => {
        await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
        const { y } = await session.run({ x });
        if (!wanted.every((value, i) => (y!.data as Float32Array)[i] === value)) throw new Error('results differ');
        await worker.terminate();
      }),
    );
    globalThis.gc!();
    held.push({
      resident: process.memoryUsage().rss,
      threads: fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task').length : 0,
      files: fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0,
    });
  }
  process.stdout.write(JSON.stringify(held));
}

if (isMainThread) void main(JSON.parse(process.argv[2]!) as Plan);
else void runForEver(...(workerData as [string, number]));
