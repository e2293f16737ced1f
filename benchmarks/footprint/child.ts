// Run by `measureFootprint` in a process of its own: makes one session, runs it once, and reports what that took.
import fs from 'node:fs';
import { engineNames, openSession, type EngineName } from '../engines';
import { seededFeeds } from '../feeds';
import type { Footprint } from '.';

/** MiB. Linux hands the highest resident set of the parent on to `resourceUsage`, but not to /proc. */
function peakResidentMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
}

async function main([engine, file, threads]: string[]): Promise<void> {
  if (!engineNames.includes(engine as EngineName)) throw new Error(`there is no engine '${engine}'.`);
  const before = peakResidentMemory();
  const begin = performance.now();
  const session = await openSession(engine as EngineName, file!, { threads: Number(threads) });
  const created = performance.now();
  const afterCreation = peakResidentMemory();
  await session.run(seededFeeds(session));
  const footprint: Footprint = {
    creation: created - begin,
    firstRun: performance.now() - created,
    libraryMemory: before,
    creationMemory: afterCreation,
    peakMemory: peakResidentMemory(),
  };
  process.send!(footprint);
  process.disconnect();
}

void main(process.argv.slice(2));
