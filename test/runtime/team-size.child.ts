// Prints how many threads a session of two uses for maps of some sizes, and a digest of the results.
import { createHash } from 'node:crypto';
import { InferenceSession, Tensor } from '../../src/engine/session';
import type { Network } from '../../src/engine/network';
import { numbers } from './models';

export interface Plan {
  readonly model: string;
  readonly channels: number;
  readonly sizes: readonly number[];
  readonly sessionThreads: number;
}

export interface Outcome {
  readonly threads: number;
  readonly digest: string;
}

async function main({ model, channels, sizes, sessionThreads }: Plan): Promise<void> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: sessionThreads });
  const outcomes: Outcome[] = [];
  for (const size of sizes) {
    const x = new Tensor('float32', numbers(channels * size * size), [1, channels, size, size]);
    const { y } = await session.run({ x });
    const { network } = session as unknown as { network: Network };
    const { native } = network.programFor(new Map([['x', { type: 'float32', dims: x.dims }]]), { x })!;
    const digest = createHash('sha256')
      .update(new Uint8Array((y!.data as Float32Array).buffer))
      .digest('hex');
    outcomes.push({ threads: native.threads, digest });
  }
  process.stdout.write(JSON.stringify(outcomes));
}

void main(JSON.parse(process.argv[2]!) as Plan);
