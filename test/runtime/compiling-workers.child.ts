// Workers that are terminated, one after the other and ever later, while they compile; prints how many.
import fs from 'node:fs';
import { setTimeout as later } from 'node:timers/promises';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { InferenceSession } from '../../src/engine/session';

export interface Plan {
  readonly model: string;
  /** Milliseconds between the beginning and the end of each. */
  readonly delays: readonly number[];
}

/** From bytes, which lie in memory of another kind than those of a file. */
async function compile(model: string): Promise<void> {
  const bytes = new Uint8Array(fs.readFileSync(model));
  parentPort!.postMessage('begun');
  for (;;) await (await InferenceSession.create(bytes, { kernel: 'winograd4', intraOpNumThreads: 1 })).release();
}

async function main({ model, delays }: Plan): Promise<void> {
  for (const delay of delays) {
    const worker = new Worker(__filename, { workerData: model });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await later(delay);
    await worker.terminate();
  }
  process.stdout.write(JSON.stringify(delays.length));
}

if (isMainThread) void main(JSON.parse(process.argv[2]!) as Plan);
else void compile(workerData as string);
