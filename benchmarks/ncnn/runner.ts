import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { FeatureMap } from '../networks';
import { PeerProcess } from '../peer-process';

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
  readonly #process: PeerProcess;

  constructor(
    program: string,
    param: string,
    { threads, winograd, input }: { threads: number; winograd: boolean; input: FeatureMap },
  ) {
    const { channels, height, width } = input;
    this.#process = new PeerProcess(program, [param, threads, Number(winograd), channels, height, width].map(String));
  }

  /** Runs the network `count` times; milliseconds of one run on average. */
  async run(count: number): Promise<number> {
    return Number(await this.#process.ask(`${count}`));
  }

  release(): void {
    this.#process.release();
  }
}
