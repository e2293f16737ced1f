import { compress } from '../src/compress/compress';
import { describe, type Distribution } from '../src/measure';

export interface CompressionTime {
  readonly file: string;
  /** Fraction of the dense network's multiply-accumulates asked for. */
  readonly macs: number;
  /** Milliseconds from the dense file's path to the compressed model in memory. */
  readonly time: Distribution;
}

/** Compresses a model file `rounds` times. */
export async function timeCompression(file: string, macs = 0.35, rounds = 3): Promise<CompressionTime> {
  const times: number[] = [];
  for (let round = 0; round < rounds; ++round) {
    const begin = performance.now();
    (await compress(file, { macs })).bytes();
    times.push(performance.now() - begin);
  }
  return { file, macs, time: describe(times) };
}
