/** A cache of the most recently used items, by key, within a bound of their sizes; the last one set is kept whatever its size. */
export class RecentlyUsed<Item> {
  private readonly items = new Map<string, { readonly item: Item; readonly size: number }>();
  private total = 0;

  /** @param most sum of the sizes */
  constructor(private readonly most: number) {}

  get(key: string): Item | undefined {
    const known = this.items.get(key);
    if (known === undefined) return undefined;
    // The last in the order of a map is the one set last.
    this.items.delete(key);
    this.items.set(key, known);
    return known.item;
  }

  set(key: string, item: Item, size = 1): void {
    this.remove(key);
    this.items.set(key, { item, size });
    this.total += size;
    for (const oldest of this.items.keys()) {
      if (this.total <= this.most || this.items.size === 1) return;
      this.remove(oldest);
    }
  }

  /** From the one used longest ago. */
  values(): Item[] {
    return [...this.items.values()].map(({ item }) => item);
  }

  clear(): void {
    this.items.clear();
    this.total = 0;
  }

  private remove(key: string): void {
    const known = this.items.get(key);
    if (known === undefined) return;
    this.items.delete(key);
    this.total -= known.size;
  }
}
