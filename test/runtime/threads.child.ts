// Runs sessions of one and of two threads before, while and after new threads are refused (refuse_threads.cpp).
import fs from 'node:fs';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { numbers } from './models';

export interface Plan {
  readonly model: string;
  /** While it exists, there are no new threads. */
  readonly refusal: string;
  /** Whether a session has run before threads are refused. */
  readonly warm: boolean;
}

/** How a run ended: the first number of its result, or the code of the error. */
export type Ending = number | string;

/** Of a run of one thread, and of one of two. */
export interface Outcome {
  readonly refused: readonly [Ending, Ending];
  readonly granted: readonly [Ending, Ending];
}

const { model, refusal, warm } = JSON.parse(process.argv[2]!) as Plan;
const x = new Tensor('float32', numbers(8 * 16 * 16), [1, 8, 16, 16]);

async function end(intraOpNumThreads: number): Promise<Ending> {
  try {
    const session = await InferenceSession.create(model, { intraOpNumThreads });
    const { y } = await session.run({ x });
    await session.release();
    return (y!.data as Float32Array)[0]!;
  } catch (error) {
    return (error as { code?: string }).code ?? `${error as Error}`;
  }
}

async function main(): Promise<void> {
  if (warm) await end(1);
  // Node's own pool, of which files are read, starts with the first reading.
  await fs.promises.readFile(model);
  fs.writeFileSync(refusal, '');
  const refused = [await end(1), await end(2)] as const;
  fs.rmSync(refusal);
  const outcome: Outcome = { refused, granted: [await end(1), await end(2)] };
  process.stdout.write(JSON.stringify(outcome));
}

void main();
