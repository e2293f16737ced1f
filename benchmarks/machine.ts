import fs from 'node:fs';
import os from 'node:os';
import { native } from '../src/addon/native';

/** What a figure depends on besides the code. */
export interface Machine {
  readonly processor: string;
  /** Processors that this process may use. */
  readonly cores: number;
  readonly memoryGiB: number;
  /** Instruction set that gdws took. */
  readonly instructionSet: string;
  readonly system: string;
  readonly node: string;
  readonly gdws: string;
  readonly onnxruntime: string;
  /** Mean number of processes that wanted to run in the last minute: well below 1, or the machine was not idle. */
  readonly load: number;
}

export function describeMachine(): Machine {
  return {
    processor: os.cpus()[0]?.model ?? 'unknown',
    cores: native().concurrency,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    instructionSet: native().instructionSet,
    system: `${os.type()} ${os.release()} ${process.arch}`,
    node: process.version,
    gdws: versionIn('../package.json'),
    onnxruntime: versionIn('onnxruntime-node/package.json'),
    load: os.loadavg()[0]!,
  };
}

function versionIn(manifest: string): string {
  return (JSON.parse(fs.readFileSync(require.resolve(manifest), 'utf8')) as { version: string }).version;
}
