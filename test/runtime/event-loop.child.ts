// Prints the longest stalls of the event loop, in milliseconds, without and with an inference.
import fs from 'node:fs';
import { setTimeout as later } from 'node:timers/promises';
import { InferenceSession, Tensor } from '../../src/session';
import { numbers } from './models';

export interface Plan {
  readonly model: string;
  readonly channels: number;
  readonly size: number;
  readonly milliseconds: number;
}

/** By what went on. */
export interface Stalls {
  readonly idle: number;
  /** `create` from a file and the first run, which compiles. */
  readonly made: number;
  readonly bytes: number;
  readonly run: number;
  /** How long the inference of `run` took. */
  readonly milliseconds: number;
}

async function longestStall(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let before = performance.now();
  let ended = false;
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - before);
    before = now;
    if (!ended) setTimeout(turn, 1);
  };
  setTimeout(turn, 1);
  await work();
  ended = true;
  return Math.max(longest, performance.now() - before);
}

async function main(): Promise<void> {
  const { model, channels, size, milliseconds } = JSON.parse(process.argv[2]!) as Plan;
  const idle = await longestStall(() => later(milliseconds));
  const file = new Uint8Array(fs.readFileSync(model));
  const image = (batch: number) =>
    new Tensor('float32', numbers(batch * channels * size * size), [batch, channels, size, size]);
  const one = image(1);
  let session: InferenceSession | undefined;
  // One processor is left to this thread: what is measured is whether the addon blocks it.
  const options = { intraOpNumThreads: 1 };
  const made = await longestStall(async () => {
    session = await InferenceSession.create(model, options);
    await session.run({ x: one });
  });
  const bytes = await longestStall(async () => (await InferenceSession.create(file, options)).release());
  const begun = performance.now();
  await session!.run({ x: one });
  const batch = Math.max(1, Math.ceil(milliseconds / (performance.now() - begun)));
  const x = image(batch);
  await session!.run({ x });
  const start = performance.now();
  const run = await longestStall(() => session!.run({ x }));
  const stalls: Stalls = { idle, made, bytes, run, milliseconds: performance.now() - start };
  process.stdout.write(JSON.stringify(stalls));
}

void main();
