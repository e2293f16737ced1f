import { InvalidArgumentError, Option } from 'commander';
import type { Shard } from '../robustness/shards/shard';

/** `--shard`. */
export function shardOption(): Option {
  return new Option(
    '--shard <i/n>',
    'evaluate only the i-th of n parts of the images, from 1 on, as 3/16; takes --json with a file, and goes on where it was interrupted',
  ).argParser(shardOf);
}

function shardOf(text: string): Shard {
  const [, number, of] = (/^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? []).map(Number);
  if (number !== undefined && of !== undefined && number >= 1 && number <= of) return { number, of };
  throw new InvalidArgumentError(`'${text}' is not of the form 3/16; the first is 1/16, the last 16/16.`);
}
