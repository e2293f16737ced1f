/** Edit distance of two names, ignoring case; swapping two neighbours is one edit (Damerau, optimal string alignment). */
function changes(one: string, other: string): number {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  let [before, last]: number[][] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; ++i) {
    const row = [i];
    for (let j = 1; j <= b.length; ++j) {
      const isSame = a[i - 1] === b[j - 1];
      row[j] = Math.min(last![j]! + 1, row[j - 1]! + 1, last![j - 1]! + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) row[j] = Math.min(row[j]!, before![j - 2]! + 1);
    }
    [before, last] = [last, row];
  }
  return last![b.length]!;
}

/** Whether a name is probably a misspelling of a known one. */
export function isMisspelt(name: string, known: string): boolean {
  return name !== known && changes(name, known) <= (Math.min(name.length, known.length) < 5 ? 1 : 2);
}

/**
 * The known names that a wrong one may mean, the likeliest first: names of similar spelling, then names that contain it or that it
 * contains.
 *
 * @param most limit of their number
 */
export function nearest(name: string, known: readonly string[], most = 1): string[] {
  const holds = (one: string, other: string) => other.length > 2 && one.toLowerCase().includes(other.toLowerCase());
  return known
    .map((other) => {
      const distance = changes(name, other);
      const isNear = distance <= Math.max(1, Math.floor(Math.max(name.length, other.length) / 3));
      return { other, rank: isNear ? distance : holds(other, name) || holds(name, other) ? 1000 + distance : Infinity };
    })
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ other }) => other);
}
