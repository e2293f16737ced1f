import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** GFLOP/s that the machine reaches on registers, for each number of threads; `undefined` without a C++ compiler. */
export function measurePeak(threads: readonly number[], folder: string): Map<number, number> | undefined {
  const program = path.join(folder, 'peak');
  const source = path.join(__dirname, 'peak.cpp');
  try {
    execFileSync('c++', [
      '-std=c++20',
      '-O3',
      '-march=native',
      '-ffp-contract=fast',
      '-pthread',
      source,
      '-o',
      program,
    ]);
  } catch {
    return undefined;
  }
  const peak = new Map(
    threads.map((count) => [count, Number(execFileSync(program, [String(count)], { encoding: 'utf8' }))]),
  );
  fs.rmSync(program);
  return peak;
}
