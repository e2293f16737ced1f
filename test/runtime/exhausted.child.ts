// Makes and runs a session under the limit that the parent has set, prints how each step ended, and goes on with a small one.
import { InferenceSession, Tensor } from '../../src/engine/session';
import { numbers } from './models';

export interface Plan {
  readonly small: string;
  readonly large: string;
  readonly dims: readonly number[];
  readonly threads: number;
}

export interface Outcome {
  /** Of making, running once and running several at once: "ok", or the code of the error. */
  readonly steps: readonly string[];
  /** Whether the small session gave afterwards what it gave before. */
  readonly recovered: boolean;
}

const { small, large, dims, threads } = JSON.parse(process.argv[2]!) as Plan;
const elements = dims.reduce((a, b) => a * b);

async function step(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'ok';
  } catch (error) {
    return (error as { code?: string }).code ?? `${error as Error}`;
  }
}

async function main(): Promise<void> {
  const first = await InferenceSession.create(small, { intraOpNumThreads: 1 });
  const feeds = { x: new Tensor('float32', numbers(8 * 16 * 16), [1, 8, 16, 16]) };
  const before = (await first.run(feeds)).y!.data as Float32Array;
  // What the test itself needs is there before.
  const x = new Tensor('float32', new Float32Array(elements).fill(1), [...dims]);
  process.stderr.write('limit\n');
  await new Promise((resolve) => process.once('message', resolve));
  const steps: string[] = [];
  let session: InferenceSession | undefined;
  steps.push(await step(async () => (session = await InferenceSession.create(large, { intraOpNumThreads: threads }))));
  const run = async () => {
    await session!.run({ x });
  };
  if (session) {
    steps.push(await step(run));
    steps.push(...(await Promise.all(Array.from({ length: 4 }, () => step(run)))));
    await session.release();
  }
  const again = await InferenceSession.create(small, { intraOpNumThreads: 1 });
  const after = (await again.run(feeds)).y!.data as Float32Array;
  const outcome: Outcome = { steps, recovered: after.every((value, i) => value === before[i]) };
  process.stdout.write(JSON.stringify(outcome));
  process.disconnect();
}

void main();
