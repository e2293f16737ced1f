// Prints the longest stalls of the event loop, in milliseconds, without the time in which its thread had no processor.
import fs from 'node:fs';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { longestStall } from './longest-stall';
import { numbers } from './models';

export interface Plan {
  readonly model: string;
  /** Much work for small feeds, which are copied by the thread that is measured. */
  readonly deep: string;
  /** A small model of one channel. */
  readonly warmUp: string;
  readonly channels: number;
  readonly size: number;
  readonly milliseconds: number;
}

/** By what went on. */
export interface Stalls {
  /** `create` from a file and the first run, which compiles. */
  readonly made: number;
  readonly bytes: number;
  /** Without the time of two copies of its feeds, as of feeds and results. */
  readonly run: number;
  /** How long the inference of `run` took. */
  readonly milliseconds: number;
}

async function main(): Promise<void> {
  const { model, deep, warmUp, channels, size, milliseconds } = JSON.parse(process.argv[2]!) as Plan;
  const file = new Uint8Array(fs.readFileSync(model));
  const image = (batch: number) =>
    new Tensor('float32', numbers(batch * channels * size * size), [batch, channels, size, size]);
  const one = image(1);
  let session: InferenceSession | undefined;
  // One processor is left to this thread: what is measured is whether the addon blocks it.
  const options = { intraOpNumThreads: 1 };
  // The first session of a process waits for JavaScript that was never run before.
  const first = await InferenceSession.create(warmUp, options);
  await first.run({ x: new Tensor('float32', numbers(64), [1, 1, 8, 8]) });
  const { own: made } = await longestStall(async () => {
    session = await InferenceSession.create(model, options);
    await session.run({ x: one });
  });
  const { own: bytes } = await longestStall(async () => (await InferenceSession.create(file, options)).release());
  session = await InferenceSession.create(deep, options);
  await session.run({ x: one });
  const begun = performance.now();
  await session.run({ x: one });
  const batch = Math.max(1, Math.ceil((1.5 * milliseconds) / (performance.now() - begun)));
  const x = image(batch);
  // A program's first runs are where the memory for feeds is touched for the first time.
  for (let i = 0; i < 2; i++) await session.run({ x });
  // Feeds and results are copied here, into memory that a virtual machine may first have to ask its host for.
  const { own: ofCopies } = await longestStall(() => {
    for (const { data } of [x, x]) data.slice();
    return Promise.resolve();
  });
  const start = performance.now();
  const { own } = await longestStall(() => session!.run({ x }));
  const run = Math.max(0, own - ofCopies);
  const stalls: Stalls = { made, bytes, run, milliseconds: performance.now() - start };
  process.stdout.write(JSON.stringify(stalls));
}

void main();
