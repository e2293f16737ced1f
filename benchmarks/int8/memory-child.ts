// Run by `measureMemory` in a process of its own: makes one session of gdws, runs it, and reports what it holds.
import fs from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { counters } from '../../src/addon/introspection';
import { InferenceSession } from '../../src/engine/session';
import { seededFeeds } from '../feeds';
import type { HeldMemory } from './memory';

/** MiB of the process, once what nobody uses is collected, and V8 has returned its pages. */
async function residentMemory(): Promise<number> {
  for (let i = 0; i < 5; ++i) {
    globalThis.gc!();
    await setTimeout(100);
  }
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
}

async function openAndRun(file: string): Promise<InferenceSession> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
  await session.run(seededFeeds(session));
  return session;
}

async function main([file, ...smallFiles]: string[]): Promise<void> {
  // The first session of a process also loads and compiles code, which is not the session's.
  for (const small of smallFiles) await (await openAndRun(small)).release();
  const before = await residentMemory();
  const session = await openAndRun(file!);
  const resident = (await residentMemory()) - before;
  const { weightBytes, arenaBytes } = counters();
  await session.release();
  const memory: HeldMemory = { resident, weights: weightBytes / 2 ** 20, arena: arenaBytes / 2 ** 20 };
  process.send!(memory);
  process.disconnect();
}

void main(process.argv.slice(2));
