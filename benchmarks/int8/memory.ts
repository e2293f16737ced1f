import { fork } from 'node:child_process';
import path from 'node:path';
import { describe } from '../../src/measure';
import type { ModelFile } from '../model-files';

/** What a session of gdws holds after runs of one image, in MiB. */
export interface HeldMemory {
  /** Resident memory of the process beyond that before the session. */
  readonly resident: number;
  /** Weights as the engine counts them: packed for kernels, or plain. */
  readonly weights: number;
  /** Working memory of a run, likewise. */
  readonly arena: number;
}

/** What a session of one form of a network holds. */
export interface FormMemory extends HeldMemory {
  readonly network: string;
  readonly kernels: number | undefined;
  readonly isQuantized: boolean;
}

/**
 * Medians over `rounds` processes for each form, taken in turn. Linux only.
 *
 * @param smallFiles of small models, of which a process opens and releases a session each before it measures
 */
export async function measureMemory(
  forms: readonly ModelFile[],
  smallFiles: readonly string[],
  rounds = 3,
): Promise<FormMemory[]> {
  const found = forms.map((): HeldMemory[] => []);
  for (let round = 0; round < rounds; ++round) {
    for (const [index, { file }] of forms.entries()) found[index]!.push(await memoryOf(file, smallFiles));
  }
  return forms.map(({ network, kernels, isQuantized }, index) => {
    const median = (key: keyof HeldMemory): number => describe(found[index]!.map((sample) => sample[key])).median;
    const held = { resident: median('resident'), weights: median('weights'), arena: median('arena') };
    return { network, kernels, isQuantized, ...held };
  });
}

function memoryOf(file: string, smallFiles: readonly string[]): Promise<HeldMemory> {
  return new Promise((resolve, reject) => {
    // The parent's loader of TypeScript is passed on with its arguments. Pages of V8's young generation stay with it after a
    // collection, so that it must be small.
    const execArgv = [...process.execArgv, '--expose-gc', '--max-semi-space-size=1'];
    const child = fork(path.join(__dirname, 'memory-child.ts'), [file, ...smallFiles], { execArgv });
    let memory: HeldMemory | undefined;
    child.on('message', (message) => (memory = message as HeldMemory));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (memory) resolve(memory);
      else reject(new Error(`${file}: the process that measures its memory ended with code ${code}.`));
    });
  });
}
