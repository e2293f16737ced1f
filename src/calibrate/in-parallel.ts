/** Numbers `begin` to `end` in batches of `size`; the last may be smaller. */
export function batchesOf(begin: number, end: number, size: number): [first: number, last: number][] {
  return Array.from({ length: Math.ceil((end - begin) / size) }, (_, batch) => {
    const first = begin + batch * size;
    return [first, Math.min(end, first + size)];
  });
}

/**
 * Works on items, at most `workers` at once, and passes the results to `take` in the order of the items. The first failure is
 * thrown once all work has ended.
 */
export async function inParallel<Item, Result>(
  workers: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  take: (result: Result) => void,
): Promise<void> {
  const results = new Map<number, Result>();
  const failures: unknown[] = [];
  let next = 0;
  let taken = 0;
  const worker = async () => {
    while (next < items.length && failures.length === 0) {
      const item = next++;
      results.set(item, await work(items[item]!));
      for (; results.has(taken); ++taken) {
        take(results.get(taken)!);
        results.delete(taken);
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, () => worker().catch((error: unknown) => failures.push(error))));
  if (failures.length > 0) throw failures[0];
}
