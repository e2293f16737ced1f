// A process that ends while networks run, in the way that it is told.
import { InferenceSession } from '../../src/engine/session';
import { randomNetwork } from '../networks/random-network';

async function main([way, seed]: string[]): Promise<void> {
  const { bytes, feeds } = randomNetwork(Number(seed));
  const session = await InferenceSession.create(bytes);
  for (let run = 0; run < 50; run++) void session.run(feeds(4));
  if (way === 'exit') process.exit(3);
  if (way === 'throw') setImmediate(() => void JSON.parse('{'));
  if (way === 'reject') void Promise.reject(new Error('nobody waits for this'));
  if (way === 'SIGTERM') {
    process.kill(process.pid, 'SIGTERM');
    setInterval(() => undefined, 1000);
  }
}

void main(process.argv.slice(2));
