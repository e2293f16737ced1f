import { native } from '../../src/addon/native';
import { ours, type Feeds, type OurResults } from './comparison';

const operationOf = (kernel: string): string => kernel.slice(0, kernel.indexOf('.'));

/**
 * As {@link ours}, with one kernel wherever it is supported: of all in the table that then run other operations than
 * `usual`, which ran by themselves, the one whose turn a number says. `undefined` where there is none.
 */
export async function forced(
  bytes: Uint8Array,
  threads: number,
  usual: readonly string[],
  turn: number,
  ...all: Feeds[]
): Promise<(OurResults & { readonly kernel: string }) | undefined> {
  const operations = new Set(usual.map(operationOf));
  const candidates = native().kernels.filter((kernel) => operations.has(operationOf(kernel)));
  for (let i = 0; i < candidates.length; i++) {
    const kernel = candidates[(turn + i) % candidates.length]!;
    const found = await ours(bytes, { intraOpNumThreads: threads, kernel }, ...all);
    if (found.kernels.join() !== usual.join()) return { ...found, kernel };
  }
  return undefined;
}
