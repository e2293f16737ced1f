import { fork } from 'node:child_process';
import path from 'node:path';
import { describe } from '../../src/measure';
import type { EngineName } from '../engines';

/** What one session costs a fresh process. Times in milliseconds, memory in MiB of resident set at its highest. */
export interface Footprint {
  /** From the model file to a session. */
  readonly creation: number;
  /** The first run of batch 1, which may compile, pack and allocate. */
  readonly firstRun: number;
  /** Node and both libraries, before the session. */
  readonly libraryMemory: number;
  /** After the session was made. */
  readonly creationMemory: number;
  /** After its first run. */
  readonly peakMemory: number;
}

export interface FootprintCase {
  readonly engine: EngineName;
  readonly file: string;
}

/** Medians over `rounds` processes for each case, taken in turn. */
export async function measureFootprints(
  cases: readonly FootprintCase[],
  threads: number,
  rounds = 5,
): Promise<Footprint[]> {
  const found = cases.map((): Footprint[] => []);
  for (let round = 0; round < rounds; ++round) {
    for (const [index, one] of cases.entries()) found[index]!.push(await footprintOf(one, threads));
  }
  return found.map((samples) => {
    const median = (key: keyof Footprint): number => describe(samples.map((sample) => sample[key])).median;
    return {
      creation: median('creation'),
      firstRun: median('firstRun'),
      libraryMemory: median('libraryMemory'),
      creationMemory: median('creationMemory'),
      peakMemory: median('peakMemory'),
    };
  });
}

function footprintOf({ engine, file }: FootprintCase, threads: number): Promise<Footprint> {
  return new Promise((resolve, reject) => {
    // The parent's loader of TypeScript is passed on with its arguments.
    const child = fork(path.join(__dirname, 'child.ts'), [engine, file, String(threads)]);
    let footprint: Footprint | undefined;
    child.on('message', (message) => (footprint = message as Footprint));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (footprint) resolve(footprint);
      else reject(new Error(`${engine} on ${file}: the process that measures it ended with code ${code}.`));
    });
  });
}
