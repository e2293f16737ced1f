/**
 * Orders names with numbers in them by value: 2 before 10. All other characters are compared by code units, the same on every
 * machine.
 */
export function compareNaturally(one: string, other: string): number {
  const [a, b] = [partsOf(one), partsOf(other)];
  for (let part = 0; part < Math.min(a.length, b.length); ++part) {
    // Every other part is a number.
    const order = part % 2 === 1 ? compareNumbers(a[part]!, b[part]!) : compare(a[part]!, b[part]!);
    if (order !== 0) return order;
  }
  return a.length - b.length || compare(one, other);
}

function partsOf(name: string): string[] {
  return name.split(/(\d+)/);
}

function compareNumbers(one: string, other: string): number {
  const [a, b] = [one.replace(/^0+/, ''), other.replace(/^0+/, '')];
  return a.length - b.length || compare(a, b);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
