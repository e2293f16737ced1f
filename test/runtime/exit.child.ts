// Ends in the way that its argument names while runs are in flight and in the queue, or other work is, here or in a
// worker.
import { setTimeout as later } from 'node:timers/promises';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { native } from '../../src/native';
import { InferenceSession, Tensor } from '../../src/session';
import { numbers } from './models';

interface Plan {
  readonly model: string;
  readonly end: string;
  readonly inWorker: boolean;
}

/** Begins to solve equations, which takes seconds. */
function solve(): void {
  const features = 3000;
  const identity = new Float64Array(features * features);
  for (let i = 0; i < features; i++) identity[i * features + i] = 1;
  native()
    .leastSquares(identity, new Float64Array(features), features, 1, 0, 2)
    .catch(() => {});
}

/** Begins to compile a network for several shapes. */
async function compile(model: string): Promise<void> {
  const session = await InferenceSession.create(model);
  for (const size of [40, 48, 56, 64]) {
    session.run({ x: new Tensor('float32', numbers(32 * size * size), [1, 32, size, size]) }).catch(() => {});
  }
}

async function work({ model, end }: Plan): Promise<void> {
  if (end === 'exit while equations are solved' || end === 'exit while a network is compiled') {
    if (end === 'exit while equations are solved') solve();
    else await compile(model);
    process.stdout.write('ready\n');
    await later(2);
    return process.exit(5);
  }
  const session = await InferenceSession.create(model);
  const x = new Tensor('float32', numbers(4 * 32 * 64 * 64), [4, 32, 64, 64]);
  // Compiled first, so that the others run or wait when the end comes.
  await session.run({ x });
  const other = await InferenceSession.create(model);
  const runs = [...Array.from({ length: 20 }, () => session.run({ x })), other.run({ x })];
  process.stdout.write('ready\n');
  if (end !== 'unhandled rejection of a run') for (const run of runs) run.catch(() => {});
  await later(20);
  switch (end) {
    case 'process.exit(3)':
      return process.exit(3);
    case 'exit in SIGTERM':
      process.on('SIGTERM', () => process.exit(7));
      return void process.kill(process.pid, 'SIGTERM');
    case 'exit in finally':
      return void runs[0]!.then(() => process.exit(4));
    case 'uncaught exception':
      return void setImmediate(() => {
        throw new Error('uncaught');
      });
    case 'unhandled rejection':
      return void Promise.reject(new Error('unhandled'));
    case 'unhandled rejection of a run':
      return void session.release();
    case 'return':
      return;
    default:
      // A signal from outside; runs go on until it comes.
      setInterval(() => {}, 1000);
      for (;;) await session.run({ x });
  }
}

const plan = JSON.parse((workerData as string | null) ?? process.argv[2]!) as Plan;
if (isMainThread && plan.inWorker) {
  const worker = new Worker(__filename, { workerData: process.argv[2]! });
  worker.on('error', (error) => {
    console.error(error);
    process.exitCode = 1;
  });
  worker.on('exit', (code) => (process.exitCode ??= code));
} else {
  void work(plan);
}
