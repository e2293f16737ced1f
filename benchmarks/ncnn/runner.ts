import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { FeatureMap } from '../networks';

/** Compiles `runner.cpp` against an installed ncnn; returns the program. */
export function buildRunner(prefix: string, folder: string): string {
  const program = path.join(folder, 'ncnn-runner');
  const headers = path.join(prefix, 'include/ncnn');
  const library = path.join(prefix, 'lib/libncnn.a');
  const source = path.join(__dirname, 'runner.cpp');
  execFileSync('c++', ['-std=c++20', '-O2', '-I', headers, source, library, '-fopenmp', '-o', program]);
  return program;
}

/** A network in ncnn, in a process of its own. */
export class NcnnRunner {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: Interface;
  readonly #end: Promise<never>;

  constructor(
    program: string,
    param: string,
    { threads, winograd, input }: { threads: number; winograd: boolean; input: FeatureMap },
  ) {
    const { channels, height, width } = input;
    this.#process = spawn(program, [param, threads, Number(winograd), channels, height, width].map(String));
    this.#answers = createInterface(this.#process.stdout);
    this.#end = once(this.#process, 'exit').then(([code]) => {
      throw new Error(`the ncnn runner ended with code ${code}.`);
    });
    // Its end is an error only to who waits for an answer.
    this.#end.catch(() => undefined);
  }

  /** Runs the network `count` times; milliseconds of one run on average. */
  async run(count: number): Promise<number> {
    const answer = once(this.#answers, 'line');
    this.#process.stdin.write(`${count}\n`);
    const [line] = (await Promise.race([answer, this.#end])) as [string];
    return Number(line);
  }

  release(): void {
    this.#process.stdin.end();
  }
}
