// Makes, runs and ends sessions over and over as its argument says, and prints what it holds after each round.
import fs from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { counters } from '../../src/addon/introspection';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { GradientSession } from '../../src/gradient/gradient-session';
import { numbers } from './models';

export interface Plan {
  readonly model: string;
  readonly kind: 'inference' | 'gradient';
  /** From the file, or from its bytes. */
  readonly bytes: boolean;
  /** Whether sessions are released, or dropped for the collector. */
  readonly release: boolean;
  readonly rounds: number;
  readonly perRound: number;
  readonly dims: readonly number[];
}

export interface Held {
  readonly resident: number;
  readonly external: number;
  readonly weights: number;
  readonly arenas: number;
  readonly files: number;
  readonly threads: number;
}

const plan = JSON.parse(process.argv[2]!) as Plan;
const dims = [...plan.dims];
const x = new Tensor('float32', numbers(dims.reduce((a, b) => a * b)), dims);
const source = plan.bytes ? new Uint8Array(fs.readFileSync(plan.model)) : plan.model;

async function once(): Promise<void> {
  if (plan.kind === 'inference') {
    const session = await InferenceSession.create(source as string);
    await session.run({ x });
    if (plan.release) await session.release();
  } else {
    const session = await GradientSession.create(source);
    await session.lossGradient(
      { x },
      Array.from({ length: dims[0]! }, () => 1),
    );
    if (plan.release) await session.release();
  }
}

async function held(): Promise<Held> {
  // Finalizers run in turns of the event loop, and some of what they free holds more.
  for (let i = 0; i < 4; i++) {
    globalThis.gc!();
    await turn();
  }
  const { rss, external } = process.memoryUsage();
  const { weightBytes, arenaBytes } = counters();
  return {
    resident: rss,
    external,
    weights: weightBytes,
    arenas: arenaBytes,
    files: fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0,
    threads: fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task').length : 0,
  };
}

async function main(): Promise<void> {
  const rounds: Held[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    for (let i = 0; i < plan.perRound; i++) await once();
    rounds.push(await held());
  }
  process.stdout.write(JSON.stringify(rounds));
}

void main();
