import fs from 'node:fs';
import os from 'node:os';
import { native } from '../src/addon/native';
import { describe, type Contestant } from '../src/measure';

/** What the processor can do at most with the instruction set in use; the best of several trials. */
export interface Limits {
  readonly threads: number;
  /** Multiply-adds on registers, counted as two operations. */
  readonly gflops: number;
  /** The same of bytes. */
  readonly byteGops: number;
  /** Reading, nearest memory first. */
  readonly memories: readonly MemoryLimit[];
}

export interface MemoryLimit {
  readonly memory: string;
  /** Size of what was read again and again. */
  readonly bytes: number;
  readonly gigabytesPerSecond: number;
}

/** Multiply-adds each thread makes in one call of {@link peakWork}, on the order of half a millisecond. */
const rounds = 200_000;

/** What numbers a peak is of. */
export type PeakOf = 'floats' | 'bytes';

/** The work whose time is that of the peak, to be raced against kernels, and how many operations it is. */
export function peakWork(threads: number, of: PeakOf = 'floats'): { contestant: Contestant; operations: number } {
  const { multiplyAdds, multiplyAddsOfBytes } = native();
  const work = () => (of === 'bytes' ? multiplyAddsOfBytes : multiplyAdds)(threads, rounds);
  return { contestant: { name: 'multiply-adds', run: work }, operations: 2 * work() };
}

/** Operations in nanoseconds (GFLOP/s of floats) that `threads` threads reach on registers. */
export function measurePeak(threads: number, of: PeakOf = 'floats'): number {
  const { contestant, operations } = peakWork(threads, of);
  return operations / best(() => contestant.run(), 0.5) / 1e6;
}

export function measureLimits(threads: number): Limits {
  return {
    threads,
    gflops: measurePeak(threads),
    byteGops: measurePeak(threads, 'bytes'),
    memories: readings(threads).map((one) => measureReading(one, threads)),
  };
}

interface Reading {
  memory: string;
  bytes: number;
}

function measureReading({ memory, bytes }: Reading, threads: number): MemoryLimit {
  // What was never written is one page of zeros, however much of it is read.
  const data = new Float32Array(bytes / Float32Array.BYTES_PER_ELEMENT).fill(1);
  const passes = Math.max(1, Math.ceil(1e8 / bytes));
  const milliseconds = best(() => native().readMemory(threads, data, passes), 0.5);
  return { memory, bytes, gigabytesPerSecond: (bytes * passes) / milliseconds / 1e6 };
}

/** Sizes that stay in one memory and are far beyond the one before it. */
function readings(threads: number): Reading[] {
  const { second, third } = cacheSizes();
  // A machine that shares its third-level cache may report more of it than this process ever gets.
  const main = Math.min(Math.max(4 * third, 2 ** 26), 2 ** 30, os.freemem() / 4);
  return [
    { memory: 'L2', bytes: (second / 2) * threads },
    ...(third > 0 ? [{ memory: 'L3', bytes: Math.min(third / 2, 8 * second * threads) }] : []),
    { memory: 'DRAM', bytes: Math.floor(main / 4) * 4 },
  ];
}

/** Bytes of the second-level cache of one core and of the third-level one, 0 where there is none; typical ones where the system does not tell. */
export function cacheSizes(): { second: number; third: number } {
  const folder = '/sys/devices/system/cpu/cpu0/cache';
  if (!fs.existsSync(folder)) return { second: 2 ** 20, third: 2 ** 25 };
  const sizes = new Map<string, number>();
  for (const index of fs.readdirSync(folder).filter((name) => name.startsWith('index'))) {
    const read = (file: string): string => fs.readFileSync(`${folder}/${index}/${file}`, 'utf8').trim();
    if (read('type') === 'Instruction') continue;
    const [, number, unit] = /^(\d+)([KM]?)$/.exec(read('size')) ?? [];
    sizes.set(read('level'), Number(number) * { K: 2 ** 10, M: 2 ** 20, '': 1 }[unit as 'K' | 'M' | '']);
  }
  return { second: sizes.get('2') ?? 2 ** 20, third: sizes.get('3') ?? 0 };
}

/** Milliseconds of the fastest call, made again for `seconds` and at least five times. */
function best(work: () => unknown, seconds: number): number {
  const times: number[] = [];
  for (const begin = performance.now(); times.length < 5 || performance.now() - begin < 1000 * seconds;) {
    const start = performance.now();
    work();
    times.push(performance.now() - start);
  }
  return describe(times).minimum;
}
