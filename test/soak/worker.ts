// A thread that runs networks until it is terminated.
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession } from '../../src/engine/session';
import { randomNetwork } from '../networks/random-network';

async function main(seed: number): Promise<never> {
  for (let number = seed; ; number++) {
    const { bytes, feeds } = randomNetwork(number % 2 ** 31);
    const session = await InferenceSession.create(bytes, { intraOpNumThreads: 2 });
    const runs = Array.from({ length: 10 }, () => session.run(feeds(4)));
    parentPort!.postMessage('running');
    await Promise.all(runs);
    if (number % 2) await session.release();
  }
}

void main(workerData as number);
