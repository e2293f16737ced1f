// Prints a digest of what each of some models gives with some numbers of threads, the same feeds every time.
import { createHash } from 'node:crypto';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { numbers } from './models';

/** Images of 28 × 28 where the model leaves their size open. */
function feedsOf({ inputMetadata }: InferenceSession): Record<string, Tensor> {
  return Object.fromEntries(
    inputMetadata.map((input) => {
      const shape = input.isTensor ? input.shape : [];
      const dims = shape.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? 3 : 28));
      const count = dims.reduce((product, dim) => product * dim, 1);
      return [input.name, new Tensor('float32', numbers(count), dims)];
    }),
  );
}

async function main(models: readonly string[]): Promise<void> {
  const digests: string[] = [];
  for (const model of models) {
    for (const intraOpNumThreads of [1, 2, 3]) {
      const session = await InferenceSession.create(model, { intraOpNumThreads });
      const feeds = feedsOf(session);
      const results = await Promise.all(Array.from({ length: 6 }, () => session.run(feeds)));
      for (const result of [...results, session.runSync(feeds)]) {
        const hash = createHash('sha256');
        for (const name of session.outputNames) hash.update(Buffer.from((result[name]!.data as Float32Array).buffer));
        digests.push(`${model} ${intraOpNumThreads} ${hash.digest('hex')}`);
      }
      await session.release();
    }
  }
  process.stdout.write(JSON.stringify([...new Set(digests)]));
}

void main(JSON.parse(process.argv[2]!) as string[]);
